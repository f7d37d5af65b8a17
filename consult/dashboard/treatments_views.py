"""Record a treatment, put it right, note what came of it, find everybody of a lot."""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard import treatments
from consult.dashboard.treatments_checkins import words_for_event
from consult.dashboard.treatments_forms import AdverseEventForm, LotForm, TreatmentForm
from consult.dashboard.views import case_or_404
from consult.followups.clearance import reasons_against_treatment
from consult.intake.refusals import NotAllowed
from consult.models import AdverseEvent, CheckIn, Intake, Treatment
from consult.models.people import CLINICAL_ROLES

ODD = HTTPStatus.UNPROCESSABLE_ENTITY


def form_page(
    request: HttpRequest,
    intake: Intake,
    form: TreatmentForm | AdverseEventForm,
    title: str,
    *,
    refused: str = "",
    against: Sequence[str] = (),
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    audit.record(by=user, did="viewed intake", to=intake, now=now, part="treatments")
    shown = {"intake": intake, "form": form, "title": title}
    context = shown | {"refused": refused, "against": against}
    return render(request, "consult/dashboard/treatment.html", context, status=status)


def to_the_case(request: HttpRequest, intake: Intake, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("consult:staff_intake", intake.code)


# ------------------------------------------------------------------------------------- treatments
@staff(*CLINICAL_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_treatment_new(request: HttpRequest, code: str) -> HttpResponse:
    intake, title, user = case_or_404(request, code), "Record a treatment", signed_in(request)
    now = timezone.now()
    against = reasons_against_treatment(intake, None, now=now)
    if request.method != "POST":
        form = TreatmentForm(intake, now=now, initial={"clinician": user.pk})
        return form_page(request, intake, form, title, against=against)
    form = TreatmentForm(intake, request.POST, now=now)
    if not form.is_valid():
        return form_page(request, intake, form, title, against=against, status=ODD)
    try:
        given = form.given()
        treatments.record(intake, given, by=user, now=now)
    except NotAllowed as refusal:
        why, odd = str(refusal), HTTPStatus.CONFLICT
        return form_page(request, intake, form, title, refused=why, against=against, status=odd)
    warn(request, reasons_against_treatment(intake, given.appointment, now=now))
    return to_the_case(request, intake, "The treatment is recorded. The check-ins are planned.")


def warn(request: HttpRequest, against: Sequence[str]) -> None:
    """What was given is recorded whether or not it should have been."""
    if against:
        why = "; ".join(against)
        messages.warning(request, f"The form was not cleared for a treatment: {why}.")


@staff(*CLINICAL_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_treatment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a record right."""
    treatment = get_object_or_404(treatments.seen_by(signed_in(request)), pk=pk)
    intake, title = treatment.intake, "Correct a treatment"
    given, now = treatments.given_of(treatment), timezone.now()
    if request.method != "POST":
        initial = treatments.values(given) | {"seen": treatments.mark(treatment)}
        form = TreatmentForm(intake, given=given, now=now, initial=initial | {
            "given_on": given.given_on,
            "clinician": given.clinician,
            "appointment": given.appointment,
        })  # fmt: skip
        return form_page(request, intake, form, title)
    form = TreatmentForm(intake, request.POST, given=given, now=now)
    if not form.is_valid():
        return form_page(request, intake, form, title, status=ODD)
    seen, user = form.cleaned_data["seen"], signed_in(request)
    try:
        changed = treatments.correct(treatment, form.given(), seen=seen, by=user, now=now)
    except NotAllowed as refusal:
        why = str(refusal)
        return form_page(request, intake, form, title, refused=why, status=HTTPStatus.CONFLICT)
    return to_the_case(request, intake, corrected_in_words(changed))


def corrected_in_words(changed: list[str]) -> str:
    if not changed:
        return "Nothing was different, so nothing was changed."
    return f"Corrected: {', '.join(name.replace('_', ' ') for name in changed)}."


# --------------------------------------------------------------------------------- adverse events
@staff(*CLINICAL_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_adverse_event_new(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Of a check-in, where `checkin` names one: what it told is there to begin with."""
    treatment = get_object_or_404(treatments.seen_by(signed_in(request)), pk=pk)
    return event_posted(request, treatment, None, told_in(treatment, request.GET.get("checkin")))


def told_in(treatment: Treatment, code: str | None) -> CheckIn | None:
    if not code:
        return None
    answered = treatment.checkins.exclude(answered_at=None)
    return get_object_or_404(answered, code=code if code.isalnum() else "")


@staff(*CLINICAL_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_adverse_event(request: HttpRequest, pk: UUID) -> HttpResponse:
    own = AdverseEvent.objects.filter(treatment__in=treatments.seen_by(signed_in(request)))
    event = get_object_or_404(own.select_related("treatment__intake"), pk=pk)
    return event_posted(request, event.treatment, event)


def event_posted(
    request: HttpRequest,
    treatment: Treatment,
    event: AdverseEvent | None,
    told: CheckIn | None = None,
) -> HttpResponse:
    title = "Change an adverse event" if event else "Record an adverse event"
    intake, now = treatment.intake, timezone.now()
    if request.method != "POST":
        return form_page(request, intake, event_form(treatment, event, told), title)
    form = AdverseEventForm(request.POST, given_on=treatment.given_on, now=now)
    if not form.is_valid():
        return form_page(request, intake, form, title, status=ODD)
    happened, seen, user = form.happened(), form.cleaned_data["seen"], signed_in(request)
    try:
        if event:
            treatments.change_event(event, happened, seen=seen, by=user, now=now)
        else:
            treatments.add_event(treatment, happened, checkin=told, by=user, now=now)
    except NotAllowed as refusal:
        why = str(refusal)
        return form_page(request, intake, form, title, refused=why, status=HTTPStatus.CONFLICT)
    return to_the_case(request, intake, "The adverse event is recorded.")


def event_form(
    treatment: Treatment, event: AdverseEvent | None, told: CheckIn | None
) -> AdverseEventForm:
    names = ("words", "began_on", "grade", "relation", "outcome")
    initial = {name: getattr(event, name) for name in names} if event else {}
    if event:
        initial["seen"] = treatments.mark_of_event(event)
    if told and told.answered_at:
        day = told.answered_at.astimezone(ZoneInfo(treatment.zone)).date()
        initial |= {"words": words_for_event(told), "began_on": day}
    return AdverseEventForm(given_on=treatment.given_on, now=timezone.now(), initial=initial)


# ------------------------------------------------------------------------------------------- lots
@staff(*CLINICAL_ROLES)
@require_safe
def staff_lots(request: HttpRequest) -> HttpResponse:
    """Everybody who was given a lot."""
    user, asked = signed_in(request), "lot" in request.GET
    form = LotForm(request.GET if asked else None)
    found = None
    if asked and form.is_valid():
        found = treatments.of_lot(user, form.cleaned_data["lot"])
        codes = [one.intake.code for one in found]
        audit.record(by=user, did="searched a lot", now=timezone.now(), rows=codes)
    context = {"form": form, "found": found}
    status = ODD if form.errors else HTTPStatus.OK
    return render(request, "consult/dashboard/treatments_lots.html", context, status=status)
