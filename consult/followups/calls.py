"""Letters for which somebody phones instead, where no e-mail can be written."""

from datetime import datetime

from consult.followups import appointments, dead
from consult.models import Intake, Message, StaffTask

RECHECK_CALL, MISSED_CALL = "recheck_call", "staff_call_missed"
INSTEAD = {
    "recheck_72h": RECHECK_CALL,
    "recheck_24h": RECHECK_CALL,
    "missed_appointment": MISSED_CALL,
}
# These are planned even for an address that is stopped: whether it is a letter or a call is decided
# at their time.
AT_THEIR_TIME = frozenset(INSTEAD)


def instead_of(message: Message, *, now: datetime) -> StaffTask | None:
    """The task to phone where this letter cannot be sent; None if the plan asks for none."""
    event = INSTEAD.get(message.event)
    if event is None or message.intake is None:
        return None
    due = dead.due(now)
    if event == RECHECK_CALL:
        due = min(due, appointments.appointment_of(message).starts_at)
    return ask_to_call(event, message.intake, due=due, now=now)


def ask_to_call(event: str, intake: Intake, *, due: datetime, now: datetime) -> StaffTask:
    made = {"made_at": now, "due_at": due}
    return StaffTask.objects.get_or_create(intake=intake, event=event, done_at=None, defaults=made)[
        0
    ]
