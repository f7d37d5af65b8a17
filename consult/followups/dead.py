"""A letter that was given up must not be lost in silence: staff get it to do, once for each case.

Many letters may die of one cause. The log gets one line for it in an hour, not one for each.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings

from consult.models import Message, StaffTask, Status
from consult.rules.promises import add_working_days, closing

LETTER_DEAD = "letter_dead"
NEWS_AGAIN_AFTER = timedelta(hours=1)

log = structlog.get_logger("consult.outbox")


def is_news(error: str, *, now: datetime) -> bool:
    """Nothing died of this lately."""
    died = Message.objects.filter(status=Status.DEAD, last_error=error)
    return not died.filter(outcome_at__gt=now - NEWS_AGAIN_AFTER).exists()


def tell(message: Message, *, error: str, is_news: bool, now: datetime) -> None:
    if is_news:
        log.error("letters are given up", reason=error, first=str(message.pk))
    # A draft is not staff's to see, and a letter about signing in belongs to no case.
    if message.intake is None or message.intake.submitted_at is None:
        return
    made = {"made_at": now, "due_at": due(now)}
    StaffTask.objects.get_or_create(
        event=LETTER_DEAD, intake=message.intake, done_at=None, defaults=made
    )


def due(now: datetime) -> datetime:
    return closing(add_working_days(now.astimezone(ZoneInfo(settings.TIME_ZONE)), 1))
