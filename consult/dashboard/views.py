"""The pages of the care team. Whatever shows a person's row is recorded before it is shown:
if the record cannot be written, there is no page."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard import actions, queries
from consult.dashboard.case import case_of
from consult.dashboard.forms import DecisionForm, TaskForm
from consult.dashboard.listing import row_at
from consult.dashboard.words import event_of, event_words, masked
from consult.intake.actions import NotAllowed, decide
from consult.models import Intake, Message, StaffTask
from consult.models.people import CARE_TEAM, CLINICAL_ROLES

TABS = {"waiting": "Waiting", "on_hold": "On hold", "ready": "Ready"}


@staff(*CARE_TEAM)
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    user, now, show = signed_in(request), timezone.now(), request.GET.get("show", "waiting")
    code = request.GET.get("after", "")
    after = queries.find_case(user, code)
    if show not in TABS or (code and after is None):
        return redirect("consult:queue")
    page = queries.queue_page(user, show, after=after)
    codes = [row.intake.code for row in page.rows]
    audit.record(by=user, did="viewed the queue", now=now, show=show, rows=codes)
    counts = queries.counts(user)
    context = {
        "page": page,
        "show": show,
        "tabs": [(name, label, counts[name]) for name, label in TABS.items()],
        "clinical": user.is_clinical,
        "now": now,
        "first": after is None,
    }
    return render(request, "consult/dashboard/queue.html", context)


@staff(*CARE_TEAM)
@require_safe
def staff_intake(request: HttpRequest, code: str) -> HttpResponse:
    intake = case_or_404(request, code)
    return case_page(request, intake, DecisionForm(intake))


@staff(*CLINICAL_ROLES)
@require_POST
def staff_decide(request: HttpRequest, code: str) -> HttpResponse:
    intake = case_or_404(request, code)
    form = DecisionForm(intake, request.POST)
    if form.is_outdated:
        return overtaken(request, intake, f"The form is now “{intake.get_state_display()}”.")
    if not form.is_valid():
        return case_page(request, intake, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    kind, reason = form.cleaned_data["kind"], form.cleaned_data["reason"]
    try:
        decide(
            intake,
            by=signed_in(request),
            kind=kind,
            reason=reason,
            now=timezone.now(),
            seen=form.cleaned_data["seen"],
        )
    except NotAllowed as refusal:
        return overtaken(request, case_or_404(request, code), str(refusal))
    messages.success(request, "Your decision is recorded.")
    return redirect("consult:staff_intake", code)


def overtaken(request: HttpRequest, intake: Intake, why: str) -> HttpResponse:
    """The case as it is now, with what was typed on the older page kept."""
    typed = {key: request.POST.get(key, "") for key in ("kind", "reason")}
    form = DecisionForm(intake, initial=typed)
    return case_page(request, intake, form, status=HTTPStatus.CONFLICT, overtaken=why)


def case_or_404(request: HttpRequest, code: str) -> Intake:
    intake = queries.find_case(signed_in(request), code)
    if intake is None:
        raise Http404
    return intake


def case_page(
    request: HttpRequest,
    intake: Intake,
    form: DecisionForm,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    overtaken: str = "",
) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    part = "everything" if user.is_clinical else "contact"
    audit.record(by=user, did="viewed intake", to=intake, now=now, part=part)
    context = {
        "case": case_of(intake, clinical=user.is_clinical),
        "intake": intake,
        "clinical": user.is_clinical,
        "form": form,
        "overtaken": overtaken,
        "now": now,
    }
    return render(request, "consult/dashboard/case.html", context, status=status)


@staff(*CARE_TEAM)
@require_safe
def staff_tasks(request: HttpRequest) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    after = row_at(StaffTask.objects.for_actor(user), request.GET.get("after", ""))
    page = queries.open_tasks(user, after=after)
    codes = [task.intake.code for task in page.rows]
    audit.record(by=user, did="viewed the tasks", now=now, rows=codes)
    context = {
        "page": page,
        "rows": [(event_of(task.event), task) for task in page.rows],
        "clinical": user.is_clinical,
        "now": now,
        "first": after is None,
    }
    return render(request, "consult/dashboard/tasks.html", context)


@staff(*CLINICAL_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_task_done(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    task = get_object_or_404(StaffTask.objects.for_actor(user), pk=pk)
    form = TaskForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return task_page(request, task, form, status=status)
    try:
        words = form.cleaned_data["what_was_done"]
        actions.finish_task(task, by=user, what_was_done=words, now=timezone.now())
    except actions.AlreadyDone as refusal:
        task.refresh_from_db()
        messages.warning(request, str(refusal))
        return task_page(request, task, form, status=HTTPStatus.CONFLICT)
    messages.success(request, "The task is done.")
    return redirect("consult:staff_tasks")


def task_page(
    request: HttpRequest, task: StaffTask, form: TaskForm, *, status: HTTPStatus
) -> HttpResponse:
    now = timezone.now()
    audit.record(by=signed_in(request), did="viewed a task", to=task.intake, now=now)
    context = {"task": task, "event": event_of(task.event), "form": form, "now": now}
    return render(request, "consult/dashboard/task.html", context, status=status)


@staff(*CARE_TEAM)
@require_safe
def staff_messages(request: HttpRequest) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    after = row_at(Message.objects.for_actor(user), request.GET.get("after", ""))
    page = queries.latest_messages(user, after=after)
    codes = sorted({message.intake.code for message in page.rows if message.intake})
    audit.record(by=user, did="viewed the messages", now=now, rows=codes)
    context = {
        "page": page,
        "rows": [(event_words(one.event), masked(one.recipient), one) for one in page.rows],
        "now": now,
        "first": after is None,
    }
    return render(request, "consult/dashboard/messages.html", context)
