"""Times that people asked for: staff confirm or decline them."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from consult.access import signed_in, staff
from consult.booking import actions
from consult.booking.availability_views import EDITORS
from consult.booking.doors import appointment_or_404, code_or_404
from consult.booking.forms import DeclineForm
from consult.booking.refusals import NotBookable
from consult.followups.appointments import other_clock, when_in_words
from consult.models import Appointment


@staff(*EDITORS)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    """The time, whose it is, and the two answers; posting it confirms."""
    found = appointment_or_404(request, code)
    if request.method != "POST":
        return request_page(request, found, DeclineForm())
    try:
        actions.confirm(found, by=signed_in(request), now=timezone.now())
    except NotBookable as refusal:
        found = appointment_or_404(request, code)
        return request_page(request, found, DeclineForm(), error=str(refusal))
    messages.success(request, "Confirmed. We have written to the person.")
    return redirect("consult:appointment", code)


@staff(*EDITORS)
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, code: str) -> HttpResponse:
    """Posting it gives the time back, with words for the person."""
    found = appointment_or_404(request, code)
    if request.method != "POST":
        return redirect("consult:staff_confirm", code)
    form = DeclineForm(request.POST)
    if not found.is_request:
        error = f"Meanwhile this time is “{found.get_status_display().lower()}”."
        return request_page(request, found, form, error=error)
    if not form.is_valid():
        return request_page(request, found, form)
    words = form.cleaned_data["words"]
    try:
        actions.decline(found, by=signed_in(request), now=timezone.now(), words=words)
    except NotBookable as refusal:
        found = appointment_or_404(request, code)
        return request_page(request, found, form, error=str(refusal))
    messages.success(request, "Declined. The time is free again, and the person knows.")
    return redirect("consult:appointment", code)


@staff(*EDITORS)
@require_safe
def of_form(request: HttpRequest, code: str) -> HttpResponse:
    """From a task to the time it is about, or to the form if there is none any more."""
    rows = Appointment.objects.for_actor(signed_in(request)).filter(intake__code=code_or_404(code))
    waiting = rows.filter(status=Appointment.Status.REQUESTED).first()
    if waiting:
        return redirect("consult:staff_confirm", waiting.code)
    return redirect("consult:staff_intake", code)


def request_page(
    request: HttpRequest, found: Appointment, form: DeclineForm, *, error: str = ""
) -> HttpResponse:
    context = {
        "appointment": found,
        "person": found.intake.contact.get("full_name", ""),
        "when": when_in_words(found),
        "other": other_clock(found),
        "is_over": found.starts_at <= timezone.now(),
        "form": form,
        "error": error,
    }
    status = HTTPStatus.OK
    if error or form.errors:
        status = HTTPStatus.CONFLICT if error else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "consult/booking/request.html", context, status=status)
