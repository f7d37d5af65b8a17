"""When somebody is asked after a treatment: one row for each day of the plan, with its letters.

Each check-in has a letter and one reminder, both written when it is planned: whoever answers, or
is not asked any more, does not get what has not left.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import zip_longest
from zoneinfo import ZoneInfo

from consult.followups import actions as followups
from consult.followups import outbox
from consult.models import AdverseEvent, CheckIn, Intake, Message, Status, Treatment
from consult.models.messages import PENDING
from consult.rules import followups as plan_of_letters
from consult.rules.followups import days_later
from consult.rules.published import load_checkins

REMINDER = "checkin_reminder"


def letter_of(day: int) -> str:
    return f"checkin_day_{day}"


def due_times(treatment: Treatment, days: Iterable[int]) -> dict[int, datetime]:
    """Nine in the morning of each day, by the calendar of where the person lives."""
    zone = ZoneInfo(treatment.zone)
    return {day: days_later(treatment.given_on, day, zone) for day in sorted(days)}


def still_worth_asking(due: dict[int, datetime], *, now: datetime) -> set[int]:
    """Of a treatment recorded late, a day is left out once the next one has come."""
    days = list(due)
    pairs = zip_longest(days, days[1:])
    return {day for day, after in pairs if after is None or due[after] > now}


def plan(treatment: Treatment, *, now: datetime) -> None:
    """Make the check-ins, or after a correction move those that are not answered yet.

    Belongs to the transaction that writes the treatment. Somebody who has taken the form back, or
    has died, is not asked again by a correction. What staff phoned about was another day.
    """
    intake = Intake.objects.select_for_update().get(pk=treatment.intake_id)
    kept = {one.day: one for one in treatment.checkins.select_for_update()}
    due = due_times(treatment, {*load_checkins().days, *kept})
    asked = still_worth_asking(due, now=now) if may_be_asked(intake) else set()
    for day, at in due.items():
        row = kept.get(day)
        if row is None and day in asked:
            add(treatment, day, at, now=now)
        elif row and row.answered_at is None:
            stop_letters(row, now=now)
            row.silence_at = row.silence_at if row.due_at == at else None
            row.due_at, row.cancelled_at = at, None if day in asked else now
            row.save(update_fields=["due_at", "cancelled_at", "silence_at"])
            write_letters(row, now=now)


def add(treatment: Treatment, day: int, due_at: datetime, *, now: datetime) -> CheckIn:
    """One more check-in, asked with the questions of today, with its letters."""
    version = load_checkins().version
    row = CheckIn.objects.create(treatment=treatment, day=day, due_at=due_at, plan=version)
    write_letters(row, now=now)
    return row


def ask_in_a_year(row: CheckIn, *, now: datetime) -> CheckIn | None:
    """The person said that they are welcome to be asked again: the next of the yearly days that is
    still ahead; None after the last of them, or if it is planned already. Belongs to the
    transaction of the answer, which has locked the form."""
    ahead = [day for day in load_checkins().yearly_days if day > row.day]
    due = due_times(row.treatment, ahead)
    coming = next((day for day in ahead if due[day] > now), None)
    if coming is None or not may_be_asked(row.treatment.intake):
        return None
    if row.treatment.checkins.filter(day=coming).exists():
        return None
    return add(row.treatment, coming, due[coming], now=now)


def may_be_asked(intake: Intake) -> bool:
    """Whichever of the treatments a death is recorded with."""
    died = AdverseEvent.objects.filter(treatment__intake=intake, outcome=AdverseEvent.Outcome.DIED)
    return intake.state != Intake.State.WITHDRAWN and not died.exists()


def write_letters(row: CheckIn, *, now: datetime) -> None:
    """The letter of the day, and the reminder for whoever has not answered by then.

    None is written to somebody who has not agreed or has no address: see `silence`. Where both
    are refused for a time, both come back; a reminder alone stops when staff phone.
    """
    if row.cancelled_at is not None or row.silence_at is not None:
        return
    intake, anchor = row.treatment.intake, anchor_of(row)
    asked_at = max(row.due_at, now)
    letter = letter_of(row.day)
    again_at = asked_at + plan_of_letters.delay(plan_of_letters.event(REMINDER), row.day)
    for event, at in ((letter, asked_at), (REMINDER, again_at)):
        followups.schedule(event, intake=intake, at=at, anchor=anchor, now=now, again=True)


def anchor_of(row: CheckIn) -> str:
    """The check-in, and the day it is due: after a correction it has letters of its own."""
    return f"{row.pk.hex}.{row.due_at:%Y%m%d}"


def stop_letters(row: CheckIn, *, now: datetime) -> None:
    for event in (letter_of(row.day), REMINDER):
        key = f"{event}:{row.treatment.intake_id}:{row.pk.hex}."
        rows = Message.objects.filter(idem_key__startswith=key)
        outbox.move(rows, out_of={*PENDING, Status.HELD}, to=Status.CANCELLED, outcome_at=now)


def end(intake: Intake, *, now: datetime) -> int:
    """Ask nothing more of this person; how many check-ins that were.

    Belongs to the transaction of what ends it, which has locked the form and stops the letters.
    """
    rows = CheckIn.objects.unanswered().filter(treatment__intake=intake)
    return rows.update(cancelled_at=now)


def letters() -> frozenset[str]:
    """The events of every letter that a check-in can have."""
    plan = load_checkins()
    return frozenset({REMINDER, *map(letter_of, plan.days + plan.yearly_days)})
