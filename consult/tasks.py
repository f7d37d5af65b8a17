"""What beat wakes the worker for. The work itself is in the actions."""

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from consult.booking import waitlist_look as waitlist
from consult.dashboard import tasks as staff_tasks
from consult.followups import retiming, silence, watch
from consult.intake import actions as intake


@shared_task
def send_due_messages() -> None:
    watch.look()


@shared_task
def erase_stale_drafts() -> None:
    intake.erase_stale_drafts(now=timezone.now())


@shared_task
def clear_sessions() -> None:
    SessionStore.clear_expired()


@shared_task
def pass_on_overdue_tasks() -> None:
    staff_tasks.pass_on_overdue(now=timezone.now())


@shared_task
def offer_freed_times() -> None:
    waitlist.look(now=timezone.now())


@shared_task
def retime_letters() -> None:
    retiming.retime(now=timezone.now())


@shared_task
def look_for_silence() -> None:
    silence.look(now=timezone.now())
