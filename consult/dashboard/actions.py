"""What staff do that is not about one form's state."""

from datetime import datetime

from django.db import transaction

from consult import audit
from consult.models import StaffTask, User


class AlreadyDone(Exception):
    """Somebody else has finished the task; the text is a sentence for the person who tried."""


def finish_task(task: StaffTask, *, by: User, what_was_done: str, now: datetime) -> StaffTask:
    """Close a task with the words of the person who did it. Returns the closed row.

    Raises AlreadyDone when it has been closed before: what was written then stays.
    """
    with transaction.atomic():
        task = StaffTask.objects.select_for_update().get(pk=task.pk)
        if task.done_at:
            raise AlreadyDone(f"{task.done_by or 'Somebody'} has already finished this task.")
        task.done_at, task.done_by, task.what_was_done = now, by, what_was_done
        task.save(update_fields=["done_at", "done_by", "what_was_done"])
        audit.record(by=by, did="finished a task", to=task.intake, now=now, task=task.event)
    return task
