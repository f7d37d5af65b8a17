"""The letter that only says that something waits on the person's own page."""

from datetime import datetime, timedelta
from typing import Final

from consult.followups import actions as followups
from consult.models import Intake, Message, Status

LETTER = "message_waiting"
LETTERS_APART: Final = timedelta(hours=24)  # the plan: at most one in 24 hours


def letters_of(intake: Intake) -> list[Message]:
    rows = Message.objects.about(intake).filter(event=LETTER)
    return list(rows.exclude(status=Status.CANCELLED))


def tell_that_something_waits(intake: Intake, *, about: str, now: datetime) -> None:
    """Write the letter now, or a day after the last one. `about` is the key of what waits."""
    last = max((one.not_before for one in letters_of(intake)), default=None)
    at = now if last is None else max(now, last + LETTERS_APART)
    followups.schedule(LETTER, intake=intake, anchor=about, at=at, now=now)
