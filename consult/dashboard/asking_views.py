"""Ask a person for more, or take it back. Fetch, form, action, redirect."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard.asking_forms import MORE, MORE_ROWS, AskForm, rows_in
from consult.dashboard.revising import requests_of
from consult.dashboard.views import case_or_404
from consult.intake import amending
from consult.intake.refusals import NotAllowed
from consult.models import FollowUpRequest, Intake
from consult.models.intake import may_move
from consult.models.people import CLINICAL_ROLES
from consult.rules.published import load_questionnaire

TAKE_BACK = "take_back"


@staff(*CLINICAL_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_ask(request: HttpRequest, code: str) -> HttpResponse:
    intake = case_or_404(request, code)
    if TAKE_BACK in request.POST:
        return take_back(request, intake)
    if MORE in request.POST:
        typed = {key: str(value) for key, value in request.POST.items()}
        rows = rows_in(request.POST) + MORE_ROWS
        return ask_page(request, intake, form_for(intake, rows=rows, initial=typed))
    if request.method == "POST":
        return ask(request, intake)
    return ask_page(request, intake, form_for(intake))


def form_for(intake: Intake, **kwargs: Any) -> AskForm:
    return AskForm(intake, load_questionnaire(intake.questionnaire), intake.answers(), **kwargs)


def ask(request: HttpRequest, intake: Intake) -> HttpResponse:
    form = form_for(intake, rows=rows_in(request.POST), data=request.POST)
    if form.is_outdated:
        now_is = f"This form has changed: it is now “{intake.get_state_display()}”."
        return overtaken(request, intake, now_is)
    if not form.is_valid():
        return ask_page(request, intake, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        amending.ask_for_more(
            intake,
            items=form.items(),
            by=signed_in(request),
            now=timezone.now(),
            seen=form.cleaned_data["seen"],
        )
    except NotAllowed as refusal:
        return overtaken(request, case_or_404(request, intake.code), str(refusal))
    messages.success(request, "The parts are open again, and the person gets a letter.")
    return redirect("consult:staff_intake", intake.code)


def overtaken(request: HttpRequest, intake: Intake, why: str) -> HttpResponse:
    """The page as it is now, with what was typed on the older one kept."""
    typed = {key: str(value) for key, value in request.POST.items() if key != "seen"}
    form = form_for(intake, rows=rows_in(request.POST), initial=typed)
    return ask_page(request, intake, form, status=HTTPStatus.CONFLICT, overtaken=why)


def take_back(request: HttpRequest, intake: Intake) -> HttpResponse:
    asked = FollowUpRequest.objects.open().filter(intake=intake).first()
    if asked is None or asked.pk.hex != request.POST[TAKE_BACK]:
        messages.warning(request, "This has been answered or taken back meanwhile.")
        return redirect("consult:staff_intake", intake.code)
    try:
        amending.take_back(asked, by=signed_in(request), now=timezone.now())
        messages.success(request, "Taken back. The form waits for review again.")
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    return redirect("consult:staff_intake", intake.code)


def ask_page(
    request: HttpRequest,
    intake: Intake,
    form: AskForm,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    overtaken: str = "",
) -> HttpResponse:
    audit.record(
        by=signed_in(request), did="viewed intake", to=intake, now=timezone.now(), part="asking"
    )
    context = {
        "intake": intake,
        "form": form,
        "may_ask": may_move(intake, Intake.State.ASKED),
        "asked": requests_of(intake),
        "overtaken": overtaken,
    }
    return render(request, "consult/dashboard/ask.html", context, status=status)
