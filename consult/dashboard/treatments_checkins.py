"""When somebody is asked after a treatment: one row for each day of the plan, with its letter."""

from datetime import datetime
from itertools import zip_longest
from zoneinfo import ZoneInfo

from consult.followups import actions as followups
from consult.followups import outbox
from consult.followups.letters import LETTERS
from consult.models import CheckIn, Message, Status, Treatment
from consult.models.messages import PENDING
from consult.rules.followups import days_later
from consult.rules.published import load_checkins


def due_times(treatment: Treatment) -> dict[int, datetime]:
    """Nine in the morning of each day, by the calendar of where the person lives."""
    zone = ZoneInfo(treatment.zone)
    days = load_checkins().days
    return {day: days_later(treatment.given_on, day, zone) for day in days}


def still_worth_asking(due: dict[int, datetime], *, now: datetime) -> set[int]:
    """Of a treatment recorded late, a day is left out once the next one has come."""
    days = list(due)
    pairs = zip_longest(days, days[1:])
    return {day for day, after in pairs if after is None or due[after] > now}


def plan(treatment: Treatment, *, now: datetime) -> None:
    """Make the check-ins, or after a correction move those that are not answered yet.

    Belongs to the transaction that writes the treatment.
    """
    due = due_times(treatment)
    asked = still_worth_asking(due, now=now)
    kept = {one.day: one for one in treatment.checkins.select_for_update()}
    for day, at in due.items():
        row = kept.get(day)
        if row is None and day in asked:
            version = load_checkins().version
            row = CheckIn.objects.create(treatment=treatment, day=day, due_at=at, plan=version)
            write_letter(row, now=now)
        elif row and row.answered_at is None:
            row.due_at, row.cancelled_at = at, None if day in asked else now
            row.save(update_fields=["due_at", "cancelled_at"])
            stop_letters(row, now=now)
            write_letter(row, now=now)


def write_letter(row: CheckIn, *, now: datetime) -> None:
    """The letter of this day, if there is one to send."""
    event = f"checkin_day_{row.day}"
    if event in LETTERS and row.cancelled_at is None:
        intake, anchor = row.treatment.intake, anchor_of(row)
        followups.schedule(event, intake=intake, at=row.due_at, anchor=anchor, now=now)


def anchor_of(row: CheckIn) -> str:
    """The check-in, and the day it is due: after a correction it has a letter of its own."""
    return f"{row.pk.hex}.{row.due_at:%Y%m%d}"


def stop_letters(row: CheckIn, *, now: datetime) -> None:
    key = f"checkin_day_{row.day}:{row.treatment.intake_id}:{row.pk.hex}."
    rows = Message.objects.filter(idem_key__startswith=key)
    outbox.move(rows, out_of={*PENDING, Status.HELD}, to=Status.CANCELLED, outcome_at=now)
