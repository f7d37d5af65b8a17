"""Notes and whose form it is, from the queue and from the form's page alike."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard import casework, filters, queries
from consult.dashboard.casework_forms import AssignForm, NoteForm
from consult.dashboard.views import case_or_404
from consult.models import Intake
from consult.models.people import CARE_TEAM, CLINICAL_ROLES


def back_to(request: HttpRequest, intake: Intake) -> str:
    """The page of ours that the person came from, at the form's place there; else the form."""
    back = request.POST.get("back") or request.GET.get("back") or ""
    if back.startswith("/staff/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return f"{back.partition('#')[0]}#open-{intake.code}"
    return reverse("consult:staff_intake", args=[intake.code])


@staff(*CLINICAL_ROLES)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_note(request: HttpRequest, code: str) -> HttpResponse:
    intake, user, now = case_or_404(request, code), signed_in(request), timezone.now()
    form = NoteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        casework.add_note(intake, by=user, words=form.cleaned_data["words"], now=now)
        messages.success(request, f"The note is kept with form {intake.code}.")
        return redirect(back_to(request, intake))
    audit.record(by=user, did="viewed the notes", to=intake, now=now)
    context = {
        "intake": intake,
        "form": form,
        "notes": queries.notes_of(intake),
        "back": back_to(request, intake),
        "now": now,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "consult/dashboard/note.html", context, status=status)


@staff(*CARE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_assign(request: HttpRequest, code: str) -> HttpResponse:
    intake, user, now = case_or_404(request, code), signed_in(request), timezone.now()
    current = intake.assignee_id.hex if intake.assignee_id else filters.NOBODY
    form = AssignForm(
        request.POST if request.method == "POST" else None,
        team=filters.care_team(),
        initial={"to": current},
    )
    if form.is_valid():
        person = form.person(user)
        casework.assign(intake, to=person, by=user, now=now)
        messages.success(request, f"Form {intake.code} is assigned to {person or 'nobody'}.")
        return redirect(back_to(request, intake))
    context = {"intake": intake, "form": form, "back": back_to(request, intake)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "consult/dashboard/assign.html", context, status=status)
