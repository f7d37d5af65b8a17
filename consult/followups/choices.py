"""Which of the letters that can be switched off a person wants, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from consult.models import Intake, LetterChoice

NOT_WANTED, PAUSED = "not_wanted", "paused"  # why a letter is not sent
LONGEST_PAUSE = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Group:
    """Letters that are switched on and off together. What follows from what the person has
    booked does not wait for the end of a pause."""

    key: str
    words: str
    help: str
    events: frozenset[str]
    is_paused: bool = True


CHECKINS = frozenset(
    f"checkin_day_{day}" for day in (1, 3, 7, 30, 90, 180, 365, 730, 1095, 1460, 1825)
)
GROUPS = (
    Group(
        "form",
        "Reminders of a form that is not finished",
        "Three at most. The last says when the form is erased.",
        frozenset({"intake_nudge_1", "intake_nudge_2", "intake_nudge_3"}),
    ),
    Group(
        "appointments",
        "Reminders of appointments, and earlier times that you asked for",
        "Three days, one day and, by video, two hours before. A pause does not stop these.",
        frozenset({"reminder_72h", "reminder_24h", "reminder_2h", "waitlist_offer"}),
        is_paused=False,
    ),
    Group(
        "afterwards",
        "How you are after a treatment, and one letter a week after a talk",
        "The questions stay on your page. If you do not answer them, we may phone you.",
        CHECKINS | {"checkin_reminder", "time_to_decide"},
    ),
)
GROUP_OF: Mapping[str, Group] = {event: one for one in GROUPS for event in one.events}


def choice_of(intake: Intake) -> LetterChoice | None:
    return LetterChoice.objects.filter(intake=intake).first()


def switched_off(choice: LetterChoice | None) -> frozenset[str]:
    """The keys of the groups that the person does not want."""
    return frozenset(choice.choice.get("off", ())) if choice else frozenset()


def against(choice: LetterChoice | None, event: str, *, at: datetime) -> str:
    """Why the person does not want the letter of this event at this time; "" if they do."""
    group = GROUP_OF.get(event)
    if choice is None or group is None:
        return ""
    if group.key in switched_off(choice):
        return NOT_WANTED
    return PAUSED if group.is_paused and choice.is_paused(at) else ""
