"""One's appointment: seeing, moving, cancelling it. Fetch, form, action, redirect."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from consult.access import signed_in
from consult.booking import actions, coming
from consult.booking.choosing import Choosing, not_yet, times_page
from consult.booking.choosing_views import choose
from consult.booking.doors import appointment_or_404, patient
from consult.booking.forms import CancelForm, SearchForm, TimeForm, VideoForm
from consult.booking.guards import cannot_choose
from consult.booking.refusals import NotBookable
from consult.booking.video import may_have_own_link, video_of
from consult.followups import summaries
from consult.followups.appointments import calendar_of, other_clock, when_in_words
from consult.models import Appointment, VisitType
from consult.rules import clock


@patient
@require_safe
def appointment(request: HttpRequest, code: str) -> HttpResponse:
    found = appointment_or_404(request, code)
    return render(request, "consult/booking/appointment.html", told(request, found))


def told(request: HttpRequest, found: Appointment) -> dict[str, Any]:
    now, user = timezone.now(), signed_in(request)
    until = found.changeable_until()
    in_time = found.is_request or now <= until or user.is_care_team
    return {
        "appointment": found,
        "when": when_in_words(found),
        "other": other_clock(found),
        "is_over": found.ends_at <= now,
        "may_confirm": coming.is_asked(found, now=now) and found.intake.owner_id == user.pk,
        "has_summary": summaries.has_one(found) and summaries.written(found) is not None,
        "is_consultation": found.visit_type.purpose == VisitType.Purpose.CONSULTATION,
        "may_change": found.is_standing and found.ends_at > now and in_time,
        "changeable_until": clock.in_words(until, clock.zone_or(found.zone, "UTC")),
        "ready": not cannot_choose(found.intake, found, by=user),
        "whose": found.intake if found.intake.owner_id != user.pk else None,
        "video": video_of(found, now=now),
        "video_form": own_link_form(found, now=now) if user.is_care_team else None,
    }


def own_link_form(found: Appointment, *, now: datetime) -> VideoForm | None:
    has_one = may_have_own_link(found, now=now)
    return VideoForm(initial={"link": found.video_link}) if has_one else None


def barred(request: HttpRequest, found: Appointment) -> str:
    return cannot_choose(found.intake, found, by=signed_in(request))


@patient
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, code: str) -> HttpResponse:
    found = appointment_or_404(request, code)
    search = SearchForm(request.GET, types=VisitType.objects.all())
    choosing = Choosing(request, found.intake, found.visit_type, search, moving=found)
    if not told(request, found)["may_change"] or found.is_request or barred(request, found):
        return cannot_move(choosing, found)
    return choose(choosing) if request.method == "POST" else times_page(choosing)


def cannot_move(choosing: Choosing, found: Appointment) -> HttpResponse:
    """Looking leads back to the appointment; who tried is told why, with the times to book anew
    where that is possible."""
    request = choosing.request
    if request.method != "POST":
        return redirect("consult:appointment", found.code)
    if barred(request, found):
        return not_yet(request, found.intake, HTTPStatus.CONFLICT)
    if found.status != Appointment.Status.CANCELLED:
        context = told(request, found)
        return render(
            request, "consult/booking/appointment.html", context, status=HTTPStatus.CONFLICT
        )
    form = TimeForm(request.POST)
    wanted = form.cleaned_data["starts_at"] if form.is_valid() else timezone.now()
    anew = Choosing(request, found.intake, found.visit_type, choosing.search).offered()
    error = "This appointment is cancelled. You can choose a new time."
    return times_page(anew, error=error, status=HTTPStatus.CONFLICT, wanted=wanted)


@patient
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, code: str) -> HttpResponse:
    found = appointment_or_404(request, code)
    context = told(request, found)
    if not context["may_change"]:
        return redirect("consult:appointment", found.code)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            actions.cancel(found, by=signed_in(request), now=timezone.now(), reason=reason)
            messages.success(request, cancelled_words(found))
        except NotBookable as refusal:
            messages.error(request, str(refusal))
        return redirect("consult:appointment", found.code)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "consult/booking/cancel.html", context | {"form": form}, status=status)


def cancelled_words(was: Appointment) -> str:
    return "You have taken it back." if was.is_request else "The appointment is cancelled."


@patient
@require_safe
def calendar(request: HttpRequest, code: str) -> HttpResponse:
    """The appointment as a file for the person's own calendar."""
    found = appointment_or_404(request, code)
    response = HttpResponse(calendar_of(found), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response
