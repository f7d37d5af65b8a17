"""What beat wakes the worker for. The work itself is in the actions."""

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from consult.followups import actions as followups
from consult.intake import actions as intake


@shared_task
def send_due_messages() -> None:
    followups.send_due(now=timezone.now())


@shared_task
def erase_stale_drafts() -> None:
    intake.erase_stale_drafts(now=timezone.now())


@shared_task
def clear_sessions() -> None:
    SessionStore.clear_expired()
