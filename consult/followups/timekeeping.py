"""The clock of this process against the database's: what is due is due by one clock alone.

A worker whose clock is wrong sends nothing. Reminders would leave at the wrong time, and leases
would end while another worker still hands over.
"""

import time
from datetime import datetime, timedelta

import structlog
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

MOST = timedelta(seconds=5)
TOLD = "outbox:clock"  # in the cache that all processes share: some worker refuses to send
TOLD_FOR = 120  # seconds; each pass that is refused says it again

log = structlog.get_logger("consult.outbox")


class Clock:
    """What this process knows of its own clock, so that the log hears of a change alone."""

    is_wrong = False


def is_right(*, now: datetime) -> bool:
    """Whether a pass may begin. One that may not is in the log once and in `outbox status`.

    In: this process's own time, which is what it would send by. One query; on SQLite none, for
    there is no other clock.
    """
    off = skew(now=now)
    is_wrong = abs(off) > MOST
    if is_wrong:
        cache.set(TOLD, 1, TOLD_FOR)
    if is_wrong != Clock.is_wrong:
        seconds = round(off.total_seconds())
        note = log.error if is_wrong else log.info
        note("clock is wrong" if is_wrong else "clock is right again", seconds_ahead=seconds)
    Clock.is_wrong = is_wrong
    return not is_wrong


def skew(*, now: datetime) -> timedelta:
    """How far this process's clock is ahead of the database's, at the least: a slow answer is no
    wrong clock."""
    if connection.vendor != "postgresql":
        return timedelta()
    asked = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (there,) = cursor.fetchone()
    waited = timedelta(seconds=time.monotonic() - asked)
    ahead: timedelta = now - there
    return ahead if ahead > timedelta() else min(ahead + waited, timedelta())


def in_words() -> str:
    """right, or wrong where this process's clock or that of some worker is."""
    if abs(skew(now=timezone.now())) > MOST or cache.get(TOLD):
        return "wrong"
    return "right"
