"""Tasks with clocks: whose they are, and what happens when a time has passed."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q

from consult import audit
from consult.dashboard import calling
from consult.dashboard.glass import TASK as GLASS_BROKEN
from consult.dashboard.listing import ROWS, Page, beyond, cut
from consult.followups.checkin_tasks import ALERT, REVIEW
from consult.intake.refusals import NotAllowed
from consult.models import CheckIn, Role, StaffTask, User
from consult.models.tasks import StaffTaskQuerySet

OVERDUE, TODAY, LATER = "overdue", "today", "later"
WHENS = {OVERDUE: "Overdue", TODAY: "Today", LATER: "Later"}
WHOSE = {"all": "All", "mine": "Mine", "free": "Nobody’s"}
FOR_LEADS = frozenset({GLASS_BROKEN})  # others must not tick off what they were told about
AT_ONCE = 200
NEWS = (
    "The person has answered again since you opened this page. Read it in the case, and then "
    "finish the task."
)


class AlreadyDone(NotAllowed):
    """Somebody else has finished the task; the text is a sentence for the person who tried."""


def may_finish(user: User, task: StaffTask) -> bool:
    if task.event in FOR_LEADS:
        return user.has_role(Role.LEAD_CLINICIAN)
    return user.is_clinical


def finish_task(
    task: StaffTask,
    *,
    by: User,
    what_was_done: str,
    reached: str = "",
    seen: datetime | None = None,
    now: datetime,
) -> StaffTask:
    """Close a task with the words of the person who did it. Returns the closed row.

    `seen` is when they opened its page, `reached` whom they spoke with where a task is phoned about
    in tries (see `calling`). Raises AlreadyDone when it has been closed before: what was written
    then stays. Raises NotAllowed when it is not this person's to close, when tries are still to be
    made, or when the person whom it is about has answered a check-in since it was opened.
    """
    if not may_finish(by, task):
        raise NotAllowed("Only a lead clinician can finish this task.")
    with transaction.atomic():
        task = StaffTask.objects.select_for_update().get(pk=task.pk)
        if task.done_at:
            raise AlreadyDone(f"{task.done_by or 'Somebody'} has already finished this task.")
        if seen and has_news(task, seen):
            raise NotAllowed(NEWS)
        calling.refuse_unheard(task, reached)
        task.done_at, task.done_by = now, by
        task.what_was_done = calling.with_outcome(task, reached, what_was_done)
        task.save(update_fields=["done_at", "done_by", "what_was_done"])
        audit.record(by=by, did="finished a task", to=task.intake, now=now, task=task.event)
    return task


def has_news(task: StaffTask, seen: datetime) -> bool:
    """One task stands for every check-in that asks for it: none may be closed unread."""
    answered = CheckIn.objects.filter(treatment__intake=task.intake_id, answered_at__gt=seen)
    return task.event in {ALERT, REVIEW} and answered.exists()


def assign_task(task: StaffTask, *, to: User | None, by: User, now: datetime) -> StaffTask:
    """Give a task to a colleague, or to nobody; whoever says so last. Returns the row.

    Raises AlreadyDone when it has been closed, NotAllowed when `to` is not of the care team.
    """
    if to is not None and not to.is_care_team:
        raise NotAllowed("A task can only go to a colleague of the care team.")
    with transaction.atomic():
        task = StaffTask.objects.select_for_update().get(pk=task.pk)
        if task.done_at:
            raise AlreadyDone(f"{task.done_by or 'Somebody'} has already finished this task.")
        if task.assignee_id != (to.pk if to else None):
            task.assignee = to
            task.save(update_fields=["assignee"])
            after = to.pk.hex if to else ""
            audit.record(
                by=by, did="assigned a task", to=task.intake, now=now, task=task.event, after=after
            )
    return task


def pass_on_overdue(*, now: datetime) -> int:
    """Pass each overdue task on to the lead clinicians, once. Returns how many.

    Nothing is closed and nobody is taken off it: the task is marked, stands first in the leads'
    list, and counts in the figures for the alarm.
    """
    overdue = StaffTask.objects.overdue(now).filter(escalated_at=None)
    passed_on = 0
    for task in overdue.select_related("intake")[:AT_ONCE]:
        with transaction.atomic():
            mine = StaffTask.objects.filter(pk=task.pk, escalated_at=None, done_at=None)
            if mine.update(escalated_at=now):
                passed_on += 1
                audit.record(
                    by=None,
                    did="passed an overdue task to the lead clinicians",
                    to=task.intake,
                    now=now,
                    task=task.event,
                )
    return passed_on


def end_of_today(now: datetime) -> datetime:
    """The clinic's next midnight."""
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def when_due(task: StaffTask, now: datetime) -> str:
    if task.due_at < now:
        return OVERDUE
    return TODAY if task.due_at < end_of_today(now) else LATER


def task_counts(user: User, whose: str, *, now: datetime) -> dict[str, int]:
    """How many open tasks are overdue, for today, and for later."""
    midnight = end_of_today(now)
    counts: dict[str, int] = narrowed(user, whose).aggregate(
        overdue=Count("pk", filter=Q(due_at__lt=now)),
        today=Count("pk", filter=Q(due_at__gte=now, due_at__lt=midnight)),
        later=Count("pk", filter=Q(due_at__gte=midnight)),
    )
    return counts


def open_tasks(user: User, whose: str, *, after: StaffTask | None) -> Page[StaffTask]:
    rows = narrowed(user, whose).open().select_related("intake", "assignee")
    return cut(list(beyond(rows, after, "due_at")[: ROWS + 1]))


def narrowed(user: User, whose: str) -> StaffTaskQuerySet:
    rows = StaffTask.objects.for_actor(user).filter(done_at=None)
    if whose == "mine":
        return rows.filter(assignee=user)
    return rows.filter(assignee=None) if whose == "free" else rows
