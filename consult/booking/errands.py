"""What booking gives staff to do."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from consult.models import Intake, StaffTask, User
from consult.rules import followups as plan
from consult.rules.promises import add_working_days, closing

CONFIRM = "staff_confirm_request"
CALL_MISSED = "staff_call_missed"


def open_task(event: str, intake: Intake, *, now: datetime) -> StaffTask:
    """A task of this event, due at the end of the next working day; the open one if there is."""
    made = {"made_at": now, "due_at": due(now + plan.delay(plan.event(event)))}
    return StaffTask.objects.get_or_create(intake=intake, event=event, done_at=None, defaults=made)[
        0
    ]


def due(instant: datetime) -> datetime:
    return closing(add_working_days(instant.astimezone(ZoneInfo(settings.TIME_ZONE)), 1))


def close_task(event: str, intake: Intake, how: str, *, by: User, now: datetime) -> None:
    """The work is done, or there is none any more because of what `by` did."""
    for task in StaffTask.objects.filter(intake=intake, event=event, done_at=None):
        task.done_at, task.done_by, task.what_was_done = now, by, how
        task.save(update_fields=["done_at", "done_by", "what_was_done"])
