"""Choosing a time and confirming it. Fetch, form, action, redirect."""

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import signed_in
from consult.booking import actions
from consult.booking.choosing import Choosing, not_yet, refused, stale_page, times_page
from consult.booking.doors import appointment_or_404, case_of, note_look, patient
from consult.booking.forms import DetailsForm, SearchForm, TimeForm
from consult.booking.guards import cannot_choose, not_cleared
from consult.booking.month import clocks_for, zone_of_person
from consult.booking.offers import Offer, offer_to, why_not
from consult.booking.refusals import NotBookable
from consult.followups.appointments import when_in_words
from consult.models import Appointment, Hold, Intake, VisitType
from consult.rules import clock

CONFLICT, UNPROCESSABLE = HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY


@patient
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest) -> HttpResponse:
    """Which visit, then a day and a time. A chosen time is held while the rest is filled in."""
    intake, is_post = case_of(request), request.method == "POST"
    if intake is None or why_not(intake, by=signed_in(request)):
        return not_yet(request, intake, CONFLICT if is_post else HTTPStatus.OK)
    if existing := Appointment.objects.filter(intake=intake).upcoming(timezone.now()).first():
        messages.info(request, "There is an appointment already. You can change it here.")
        return redirect("consult:appointment", existing.code)
    offer = offer_to(intake, by=signed_in(request))
    search = SearchForm(request.GET, types=VisitType.objects.all())
    named = search.get("type")
    visit_type = named if is_post or offer.of(named) else None
    if visit_type is None and len(offer.all) == 1:
        visit_type = offer.all[0].visit_type
    purpose = visit_type.purpose if visit_type else VisitType.Purpose.CONSULTATION
    if stale := not_cleared(intake, purpose, by=signed_in(request), now=timezone.now()):
        return stale_page(request, intake, stale, CONFLICT if is_post else HTTPStatus.OK)
    if visit_type is None:
        return types_page(request, intake, offer)
    choosing = Choosing(request, intake, visit_type, search, offer=offer)
    return choose(choosing) if is_post else times_page(choosing)


def types_page(request: HttpRequest, intake: Intake, offer: Offer) -> HttpResponse:
    context = {"offer": offer, "intake": intake}
    return render(request, "consult/booking/types.html", context)


def choose(choosing: Choosing) -> HttpResponse:
    """Hold the time whose button was pressed."""
    form = TimeForm(choosing.request.POST)
    if not form.is_valid():
        error, typed = first_error(form), typed_in(choosing.request.POST)
        return times_page(choosing.offered(), error=error, status=UNPROCESSABLE, typed=typed)
    starts_at = form.cleaned_data["starts_at"]
    typed = typed_in(form.cleaned_data)
    try:
        held = actions.hold(
            choosing.intake,
            visit_type=choosing.visit_type,
            clinician=choosing.search.get("clinician"),
            starts_at=starts_at,
            moves=choosing.moving,
            by=choosing.user,
            now=timezone.now(),
            **typed,
        )
    except NotBookable as refusal:
        return refused(choosing, refusal, wanted=starts_at, typed=typed)
    there = reverse("consult:book_confirm", args=[held.pk])
    return redirect(f"{there}?{choosing.query}" if choosing.query else there)


# ---------------------------------------------------------------------------------- confirming it
@patient
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The held time with what else we need to know; posting it books, asks or moves."""
    rows = Hold.objects.for_actor(signed_in(request)).filter(pk=pk)
    held = rows.select_related("intake", "visit_type", "clinician", "moves__visit_type").first()
    if request.method == "POST":
        return take(request, held)
    if held is None or held.expires_at <= timezone.now():
        messages.info(request, "No time is held for you now. Please choose one.")
        query = request.GET.urlencode()
        return redirect(reverse("consult:book") + (f"?{query}" if query else ""))
    note_look(request, held.intake)
    return details_page(request, details_form(held), held)


def details_form(held: Hold) -> DetailsForm:
    initial = {
        "starts_at": f"{held.starts_at:%Y-%m-%dT%H:%MZ}",
        "type": held.visit_type_id,
        "clinician": held.clinician_id,
        "moves": held.moves.code if held.moves else "",
        "key": held.pk,
        "phone": held.phone or held.intake.contact.get("phone", ""),
        "note": held.note,
    }
    by_phone = held.visit_type.mode == VisitType.Mode.PHONE
    return DetailsForm(initial=initial, by_phone=by_phone, moving=bool(held.moves))


def take(request: HttpRequest, held: Hold | None) -> HttpResponse:
    """Book or move. What the page posts is enough, so that it works after its hold has ended."""
    code = request.POST.get("moves", "")
    moving = appointment_or_404(request, code) if code else None
    intake = moving.intake if moving else held.intake if held else case_of(request)
    if intake is None or cannot_choose(intake, moving, by=signed_in(request)):
        return not_yet(request, intake, CONFLICT)
    types = VisitType.objects.all()
    visit_type = SearchForm(request.POST, types=types).get("type")
    if visit_type is None:
        return redirect("consult:book")
    by_phone = visit_type.mode == VisitType.Mode.PHONE
    form = DetailsForm(request.POST, by_phone=by_phone, moving=bool(moving))
    choosing = Choosing(request, intake, visit_type, SearchForm(request.GET, types=types), moving)
    if not form.is_valid():
        if held and "starts_at" not in form.errors:
            return details_page(request, form, held)
        error, typed = first_error(form), typed_in(request.POST)
        return times_page(choosing.offered(), error=error, status=UNPROCESSABLE, typed=typed)
    chosen = form.cleaned_data
    try:
        appointment = settle(choosing, chosen)
    except NotBookable as refusal:
        typed = typed_in(chosen)
        return refused(choosing, refusal, wanted=chosen["starts_at"], typed=typed)
    messages.success(request, done_words(appointment, moved=bool(moving)))
    return redirect("consult:appointment", appointment.code)


def first_error(form: Form) -> str:
    return str(next(iter(form.errors.values()))[0])


def typed_in(fields: Mapping[str, str]) -> dict[str, str]:
    """What is kept when another time has to be chosen."""
    return {name: fields.get(name, "") for name in ("phone", "note")}


def done_words(appointment: Appointment, *, moved: bool) -> str:
    if appointment.is_request:
        return "You have asked for this time. We keep it until we have answered."
    return f"The appointment is {'moved' if moved else 'booked'}."


def settle(choosing: Choosing, chosen: dict[str, Any]) -> Appointment:
    shared: dict[str, Any] = {
        "clinician": chosen["clinician"],
        "starts_at": chosen["starts_at"],
        "zone": choosing.zone or zone_of_person(choosing.intake).key,
        "by": choosing.user,
        "now": timezone.now(),
    }
    if choosing.moving:
        return actions.move(choosing.moving, **shared)
    return actions.book(
        choosing.intake,
        visit_type=chosen["type"],
        idempotency_key=chosen["key"].hex,
        phone=chosen.get("phone", ""),
        note=chosen["note"],
        **shared,
    )


def details_page(request: HttpRequest, form: DetailsForm, held: Hold) -> HttpResponse:
    search = SearchForm(request.GET, types=VisitType.objects.none())
    choosing = Choosing(request, held.intake, held.visit_type, search, held.moves)
    clocks = clocks_for(held.intake, held.visit_type, choosing.zone)
    differ = bool(clocks.time(held.starts_at).other)
    offered = offer_to(held.intake, by=signed_in(request)).of(held.visit_type)
    until_zone = clocks.beside if held.visit_type.in_person else clocks.leading
    context = {
        "form": form,
        "held": held,
        "query": choosing.query,
        "when": clock.in_words(held.starts_at, clocks.leading),
        "other": clock.in_words(held.starts_at, clocks.beside) if differ else "",
        "until": clock.time_in_words(held.expires_at, until_zone),
        "until_place": clock.place_of(until_zone),
        "by_request": bool(not held.moves and offered and offered.by_request),
        "moving_when": when_in_words(held.moves) if held.moves else "",
        "whose": choosing.whose,
    }
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return render(request, "consult/booking/confirm.html", context, status=status)
