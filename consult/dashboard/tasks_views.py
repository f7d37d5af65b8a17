"""The day's list of tasks, one task, and whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_safe

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard import calling, tasks
from consult.dashboard.casework_forms import AssignForm
from consult.dashboard.filters import NOBODY, care_team
from consult.dashboard.forms import CallsDoneForm, TaskForm, TryForm
from consult.dashboard.listing import row_at
from consult.dashboard.words import event_of
from consult.intake.refusals import NotAllowed
from consult.models import StaffTask, User
from consult.models.people import CARE_TEAM, CLINICAL_ROLES
from consult.rules.rulesets import Event


@staff(*CARE_TEAM)
@require_safe
def staff_tasks(request: HttpRequest) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    whose = request.GET.get("whose", "all")
    if whose not in tasks.WHOSE:
        return redirect("consult:staff_tasks")
    after = row_at(StaffTask.objects.for_actor(user), request.GET.get("after", ""))
    page = tasks.open_tasks(user, whose, after=after)
    codes = [task.intake.code for task in page.rows]
    audit.record(by=user, did="viewed the tasks", now=now, rows=codes)
    counts = tasks.task_counts(user, whose, now=now)
    context = {
        "page": page,
        "rows": rows_of(user, page.rows, now=now),
        "counts": [(label, counts[key]) for key, label in tasks.WHENS.items()],
        "whose": whose,
        "tabs": tasks.WHOSE.items(),
        "now": now,
        "first": after is None,
    }
    return render(request, "consult/dashboard/tasks.html", context)


@staff(*CARE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_task_assign(request: HttpRequest, pk: UUID) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    task = task_or_404(user, pk)
    current = task.assignee_id.hex if task.assignee_id else NOBODY
    posted = request.POST if request.method == "POST" else None
    form = AssignForm(posted, team=care_team(), initial={"to": current})
    if not form.is_valid():
        audit.record(by=user, did="viewed a task", to=task.intake, now=now)
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        context = {"task": task, "event": event_of(task.event), "form": form, "now": now}
        return render(request, "consult/dashboard/task_assign.html", context, status=status)
    person = form.person(user)
    try:
        tasks.assign_task(task, to=person, by=user, now=now)
        messages.success(request, f"The task is given to {person or 'nobody'}.")
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    return redirect("consult:staff_tasks")


@staff(*CLINICAL_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_task_done(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    task = task_or_404(user, pk)
    wanted = CallsDoneForm if task.event in calling.TRIED else TaskForm
    form = wanted(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return task_page(request, task, form, status=status)
    try:
        said = {"seen": seen_at(request.POST.get("seen", "")), **form.cleaned_data}
        tasks.finish_task(task, by=user, now=timezone.now(), **said)
    except NotAllowed as refusal:
        task.refresh_from_db()
        messages.warning(request, str(refusal))
        return task_page(request, task, form, status=HTTPStatus.CONFLICT)
    messages.success(request, "The task is done.")
    return redirect("consult:staff_tasks")


@staff(*CARE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_task_calls(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whom to call about a task, and the calls that nobody answered."""
    user = signed_in(request)
    task = task_or_404(user, pk)
    calls = calling.calls_of(task)
    if calls is None:
        raise Http404
    people = [(one.whom, one.who or "The person") for one in calls.people]
    shown = {"initial": {"seen": len(calls.tries)}}
    form = TryForm(request.POST if request.method == "POST" else None, people=people, **shown)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    if form.is_valid():
        seen = form.cleaned_data["seen"]
        whom = form.cleaned_data["whom"]
        try:
            calling.note_try(task, whom=whom, seen=seen or 0, by=user, now=timezone.now())
            messages.success(request, "The try is written down.")
            return redirect("consult:staff_task_calls", task.pk)
        except NotAllowed as refusal:
            messages.warning(request, str(refusal))
            task, status = task_or_404(user, pk), HTTPStatus.CONFLICT
            calls = calling.calls_of(task)
            form = TryForm(people=people, initial={"seen": task.tries.count()})
    return task_page(request, task, form, calls, page="task_calls", status=status)


def seen_at(posted: str) -> datetime | None:
    """When the page was opened, as it says itself; None if it says nothing that can be a time."""
    try:
        at = parse_datetime(posted)
        return at.astimezone(UTC) if at and timezone.is_aware(at) else None
    except (ValueError, OverflowError):
        return None


def task_or_404(user: User, pk: UUID) -> StaffTask:
    rows = StaffTask.objects.for_actor(user).select_related("intake", "assignee", "done_by")
    return get_object_or_404(rows, pk=pk)


def task_page(
    request: HttpRequest,
    task: StaffTask,
    form: TaskForm | TryForm,
    calls: calling.Calls | None = None,
    *,
    page: str = "task",
    status: HTTPStatus,
) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    audit.record(by=user, did="viewed a task", to=task.intake, now=now)
    context = {
        "task": task,
        "event": event_of(task.event),
        "form": form,
        "may_finish": tasks.may_finish(user, task),
        "calls": calls or calling.calls_of(task),
        "now": now,
    }
    return render(request, f"consult/dashboard/{page}.html", context, status=status)


@dataclass(frozen=True, slots=True)
class Row:
    task: StaffTask
    event: Event | None
    when: str
    may_finish: bool
    is_mine: bool


def rows_of(user: User, found: Sequence[StaffTask], *, now: datetime) -> list[Row]:
    return [
        Row(
            task=one,
            event=event_of(one.event),
            when=tasks.WHENS[tasks.when_due(one, now)],
            may_finish=tasks.may_finish(user, one),
            is_mine=one.assignee_id == user.pk,
        )
        for one in found
    ]
