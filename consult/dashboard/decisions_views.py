"""What clinicians do with a form on its page: decide, sign as the second, tick texts, withdraw."""

import re
from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard.casework import add_note
from consult.dashboard.forms import DecisionForm, SecondForm, WithdrawForm
from consult.dashboard.views import case_or_404, case_page
from consult.intake.deciding import decide, sign, waiting_for_second
from consult.intake.refusals import NotAllowed
from consult.intake.texts import mark_text_read
from consult.models import Intake
from consult.models.intake import may_move
from consult.models.people import CLINICAL_ROLES
from consult.withdrawing import withdraw

TYPED = ("kind", "reason", "override", "words", "alternative")


@staff(*CLINICAL_ROLES)
@require_POST
def staff_decide(request: HttpRequest, code: str) -> HttpResponse:
    intake = case_or_404(request, code)
    form = DecisionForm(intake, request.POST)
    if form.is_outdated:
        return overtaken(request, intake, f"The form is now “{intake.get_state_display()}”.")
    if not form.is_valid():
        return case_page(request, intake, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    said = form.cleaned_data
    try:
        decision = decide(
            intake,
            by=signed_in(request),
            kind=said["kind"],
            reason=said["reason"],
            told=form.told(),
            override=said.get("override", ""),
            now=timezone.now(),
            seen=said["seen"],
        )
    except NotAllowed as refusal:
        return overtaken(request, case_or_404(request, code), str(refusal))
    done = "It waits for a second clinician." if decision.waits else "Your decision is recorded."
    messages.success(request, done)
    return redirect("consult:staff_intake", code)


def overtaken(request: HttpRequest, intake: Intake, why: str) -> HttpResponse:
    """The case as it is now, with what was typed on the older page kept."""
    typed = {key: request.POST.get(key, "") for key in TYPED}
    form = DecisionForm(intake, initial=typed)
    return case_page(request, intake, form, status=HTTPStatus.CONFLICT, overtaken=why)


@staff(*CLINICAL_ROLES)
@require_POST
def staff_second(request: HttpRequest, code: str) -> HttpResponse:
    intake = case_or_404(request, code)
    waiting, form = waiting_for_second(intake), SecondForm(request.POST)
    if waiting is None or waiting.pk.hex != request.POST.get("decision"):
        why = "This does not wait for a second clinician any more."
        return second_overtaken(request, intake, why)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return case_page(request, intake, DecisionForm(intake), second=form, status=status)
    agrees, words = form.cleaned_data["agrees"] == "yes", form.cleaned_data["second_words"]
    try:
        sign(waiting, by=signed_in(request), words=words, agrees=agrees, now=timezone.now())
    except NotAllowed as refusal:
        return second_overtaken(request, case_or_404(request, code), str(refusal))
    done = "Signed. The person can book now." if agrees else "You did not agree. It is recorded."
    messages.success(request, done)
    return redirect("consult:staff_intake", code)


def second_overtaken(request: HttpRequest, intake: Intake, why: str) -> HttpResponse:
    typed = {key: request.POST.get(key, "") for key in ("agrees", "second_words")}
    return case_page(
        request,
        intake,
        DecisionForm(intake),
        second=SecondForm(initial=typed),
        status=HTTPStatus.CONFLICT,
        overtaken=why,
    )


@staff(*CLINICAL_ROLES)
@require_POST
def staff_read_text(request: HttpRequest, code: str) -> HttpResponse:
    intake, number = case_or_404(request, code), request.POST.get("revision", "")
    try:
        mark_text_read(
            intake,
            question=request.POST.get("question", ""),
            revision=int(number) if re.fullmatch(r"[0-9]{1,6}", number) else 0,
            by=signed_in(request),
            now=timezone.now(),
        )
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Ticked as read.")
    return redirect("consult:staff_intake", code)


@staff(*CLINICAL_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take a form back because its person has said so, by phone or in the talk."""
    intake, user, now = case_or_404(request, code), signed_in(request), timezone.now()
    if not may_move(intake, Intake.State.WITHDRAWN) or intake.owner_id == user.pk:
        messages.warning(request, "This form cannot be taken back here.")
        return redirect("consult:staff_intake", code)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        audit.record(by=user, did="viewed intake", to=intake, now=now, part="contact")
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        context = {"intake": intake, "form": form}
        return render(request, "consult/dashboard/withdraw.html", context, status=status)
    with transaction.atomic():
        if withdraw(intake, by=user, now=now):
            words = f"Withdrawn at the person’s word. {form.cleaned_data['reason']}"
            add_note(intake, by=user, words=words, now=now)
    messages.success(request, "The form is withdrawn. Letters and visits are stopped.")
    return redirect("consult:staff_intake", code)
