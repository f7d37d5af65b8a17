"""The guarantee without a broker: this process looks for due letters itself, all the time."""

import threading

import structlog
from django.db import close_old_connections, connections
from django.utils import timezone

from consult.followups import timekeeping
from consult.followups.actions import send_due
from consult.followups.delivery import SendReport, closing

SECONDS = 30.0

log = structlog.get_logger("consult.outbox")


def look() -> SendReport | None:
    """One pass by this process's own clock; None if that is wrong, and nothing was sent."""
    now = timezone.now()
    return send_due(now=now) if timekeeping.is_right(now=now) else None


def look_again_and_again(*, every: float = SECONDS) -> None:
    """Pass after pass until `closing` is set. Nothing that goes wrong in one ends the rest."""
    while not closing.is_set():
        try:
            close_old_connections()
            look()
        except Exception as error:  # the database may be away; it comes back
            log.error("pass failed", kind=type(error).__name__)
        finally:
            connections.close_all()
        closing.wait(every)


def start(*, every: float = SECONDS) -> threading.Thread:
    thread = threading.Thread(
        target=look_again_and_again, kwargs={"every": every}, name="outbox-watch", daemon=True
    )
    thread.start()
    return thread
