"""“Has anything changed?”: the old answers, and what the person says of them."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.intake import rechecking, reopened
from consult.intake.amend_views import copy_of, signs_form, ticked
from consult.intake.own import with_own_form
from consult.intake.pages import emergency_number, urgent_messages
from consult.intake.refusals import NotAllowed
from consult.intake.reopened import CLOSED, WorkingCopy
from consult.intake.summary import rows_by_step, without_agreements
from consult.models import Intake
from consult.questions import QuestionsForm

CHOICE, PICK, NOTHING, PICKED = "choice", "pick", "nothing", "changed"
PICK_ONE = "Please tick at least one answer that has changed."
TOLD = "Thank you. A clinician looks at what you told us and calls you before your visit."
NOTED = "Thank you. We have noted that nothing has changed."


@with_own_form
@require_http_methods(["GET", "HEAD", "POST"])
def changes(request: HttpRequest, intake: Intake) -> HttpResponse:
    if intake.state == Intake.State.ASKED:
        return redirect("consult:amend", intake.code)
    if intake.state != Intake.State.READY:
        raise NotAllowed(CLOSED)
    copy = copy_of(intake)
    choice = request.POST.get(CHOICE)
    if choice == PICK:
        return picked(request, copy)
    if choice == NOTHING:
        return nothing(request, copy, signs_form(copy, request.POST))
    return changes_page(request, copy, signs_form(copy))


def picked(request: HttpRequest, copy: WorkingCopy) -> HttpResponse:
    wanted, code = request.POST.getlist(PICKED), copy.intake.code
    steps = reopened.pick(copy.intake, questions=wanted, now=timezone.now())
    if not steps:
        return changes_page(request, copy, signs_form(copy), error=PICK_ONE)
    if len(steps) == 1:
        return redirect("consult:amend_step", code, steps[0])
    return redirect("consult:amend", code)


def nothing(request: HttpRequest, copy: WorkingCopy, form: QuestionsForm | None) -> HttpResponse:
    if form is not None and not form.is_valid():
        return changes_page(request, copy, form)
    recheck = rechecking.nothing_changed(copy.intake, signs=ticked(form), now=timezone.now())
    messages.success(request, TOLD if recheck.raised else NOTED)
    return redirect("consult:status")


def changes_page(
    request: HttpRequest, copy: WorkingCopy, form: QuestionsForm | None, *, error: str = ""
) -> HttpResponse:
    sections = without_agreements(rows_by_step(copy.questionnaire, dict(copy.before)))
    context = {
        "intake": copy.intake,
        "sections": sections,
        "begun": copy.parts,
        "form": form,
        "error": error,
        "urgent": urgent_messages(copy.questionnaire, dict(copy.answers)),
        "emergency_number": emergency_number(copy.questionnaire, copy.answers),
        "visit": rechecking.visit_ahead(copy.intake, now=timezone.now()),
    }
    wrong = bool(error or (form and form.errors))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "consult/intake/changes.html", context, status=status)
