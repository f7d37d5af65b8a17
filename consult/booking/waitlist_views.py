"""“Tell me if an earlier time becomes free”, and the answer to it."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import signed_in
from consult.booking import waitlist as actions
from consult.booking.choosing import Choosing, addresses, not_yet
from consult.booking.doors import code_or_404, note_look, own_case, patient
from consult.booking.forms import SearchForm
from consult.booking.month import Asked, clocks_for, month_of, zone_of_person
from consult.booking.offers import offer_to, why_not
from consult.booking.refusals import NotBookable
from consult.booking.waitlist_forms import WaitForm
from consult.booking.waitlist_times import suits_now
from consult.followups.appointments import (
    deadline_in_words,
    instant_in_words,
    instant_on_other_clock,
    when_in_words,
)
from consult.models import Appointment, Intake, VisitType, WaitlistEntry, WaitlistOffer
from consult.rules import clock

FEW = 6  # so many free times are shown to who wants to wait; of more they can choose one


@patient
@require_http_methods(["GET", "HEAD", "POST"])
def waitlist(request: HttpRequest) -> HttpResponse:
    """Join the list, change what one waits for, or leave."""
    intake = own_case(signed_in(request))
    if intake is None or why_not(intake, by=signed_in(request)):
        return not_yet(request, intake)
    waiting = Waiting(request, intake)
    if request.method != "POST":
        return waiting.page(waiting.form())
    if request.POST.get("do") == "leave":
        return waiting.leave()
    form = waiting.form(request.POST)
    return waiting.join(form) if form.is_valid() else waiting.page(form)


class Waiting:
    """One person's place on the list, as a request finds it."""

    def __init__(self, request: HttpRequest, intake: Intake) -> None:
        self.request, self.intake, self.now = request, intake, timezone.now()
        rows = WaitlistEntry.objects.waiting().filter(intake=intake)
        self.entry = rows.select_related("visit_type", "clinician", "intake").first()
        visits = Appointment.objects.filter(intake=intake).upcoming(self.now)
        self.appointment = visits.select_related("visit_type").first()

    @property
    def types(self) -> list[VisitType]:
        """Who has an appointment waits for an earlier time of the same kind."""
        if self.appointment:
            return [self.appointment.visit_type]
        offer = offer_to(self.intake, by=signed_in(self.request))
        return [one.visit_type for one in offer.all]

    def form(self, data: Any = None) -> WaitForm:
        initial: dict[str, Any] = {"day_part": WaitlistEntry.DayPart.ANY}
        if self.entry:
            names = ("visit_type", "clinician", "first_on", "last_on", "day_part")
            initial = {name: getattr(self.entry, name) for name in names}
        zone = zone_of_person(self.intake)
        return WaitForm(data, initial=initial, types=self.types, now=self.now, zone=zone)

    def join(self, form: WaitForm) -> HttpResponse:
        """Where something suitable is free already, show that first."""
        asked = form.cleaned_data
        wanted = WaitlistEntry(**asked, intake=self.intake, zone=zone_of_person(self.intake).key)
        free = suits_now(self.entry_for(wanted), now=self.now)
        if len(free) > FEW or (free and "none" not in self.request.POST):
            return self.page(form, free=free)
        by = signed_in(self.request)
        try:
            actions.join(self.intake, **asked, not_wanted=free, by=by, now=self.now)
        except NotBookable as refusal:
            messages.error(self.request, str(refusal))
            return redirect("consult:status")
        messages.success(self.request, "You are on the list. We tell you when a time is free.")
        return redirect("consult:waitlist")

    def entry_for(self, wanted: WaitlistEntry) -> WaitlistEntry:
        """What would be waited for, with what has been offered before."""
        if self.entry:
            wanted.pk = self.entry.pk
        return wanted

    def leave(self) -> HttpResponse:
        if self.entry:
            actions.leave(self.entry, by=signed_in(self.request), now=self.now)
        messages.success(self.request, "You are off the list. What you have booked stays booked.")
        return redirect("consult:waitlist")

    def page(self, form: WaitForm, *, free: Any = ()) -> HttpResponse:
        offers = WaitlistOffer.objects.open(self.now).filter(entry__intake=self.intake)
        clocks = clocks_for(self.intake, self.types[0]) if self.types else None
        context = {
            "form": form,
            "entry": self.entry,
            "appointment": self.appointment,
            "when": when_in_words(self.appointment) if self.appointment else "",
            "offers": [told(one) for one in offers.select_related("entry__visit_type")],
            "free": [clocks.time(one.starts_at) for one in free[:FEW]] if clocks else [],
            "too_many": len(free) > FEW,
            "days": days_in_words(self.entry) if self.entry else "",
        }
        if self.types:
            context |= self.addresses(form)
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        return render(self.request, "consult/booking/waitlist.html", context, status=status)

    def addresses(self, form: WaitForm) -> dict[str, str]:
        chosen = getattr(form, "cleaned_data", {}).get("visit_type") or self.types[0]
        return where_to_choose(self.request, self.intake, chosen, self.appointment)


def where_to_choose(
    request: HttpRequest, intake: Intake, kind: VisitType, moving: Appointment | None
) -> dict[str, str]:
    search = SearchForm({}, types=VisitType.objects.all())
    return addresses(Choosing(request, intake, kind, search, moving=moving), None)


def days_in_words(entry: WaitlistEntry) -> str:
    """24 November to 3 December 2026"""
    first, last = (
        f"{one.day} {clock.MONTHS[one.month - 1]}" for one in (entry.first_on, entry.last_on)
    )
    return (
        f"{first} to {last} {entry.last_on.year}"
        if first != last
        else f"{first} {entry.last_on.year}"
    )


def told(offer: WaitlistOffer) -> dict[str, Any]:
    kind = offer.entry.visit_type
    shown = (offer.starts_at, offer.entry.zone, kind)
    return {
        "offer": offer,
        "visit_type": kind,
        "when": instant_in_words(*shown),
        "other": instant_on_other_clock(*shown),
        "until": deadline_in_words(offer),
    }


# --------------------------------------------------------------------------------------- an offer
@patient
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, code: str) -> HttpResponse:
    """The time and one button. Looking changes nothing; the first to press it has the time."""
    rows = WaitlistOffer.objects.for_actor(signed_in(request)).filter(code=code_or_404(code))
    found = rows.select_related(
        "entry__visit_type", "entry__intake", "clinician", "appointment"
    ).first()
    if found is None:
        raise Http404
    if request.method != "POST":
        note_look(request, found.entry.intake)
        return offer_page(request, found)
    by, now = signed_in(request), timezone.now()
    if request.POST.get("do") == "decline":
        actions.decline(found, by=by, now=now)
        messages.success(request, "Thank you. We tell you of another time when one is free.")
        return redirect("consult:waitlist")
    try:
        appointment = actions.accept(found, by=by, now=now)
    except NotBookable as refusal:
        found.refresh_from_db()
        return offer_page(request, found, why=str(refusal))
    messages.success(request, "This time is yours.")
    return redirect("consult:appointment", appointment.code)


def offer_page(request: HttpRequest, found: WaitlistOffer, *, why: str = "") -> HttpResponse:
    """An offer that stands, or kindly that it is over, with the next free times."""
    now, entry = timezone.now(), found.entry
    visits = Appointment.objects.filter(intake=entry.intake).upcoming(now)
    moving = visits.select_related("visit_type").first()
    stands = not why and found.outcome == WaitlistOffer.Outcome.OPEN and found.expires_at > now
    context = told(found) | {
        "stands": stands,
        "why": why,
        "moving": moving,
        "moving_when": when_in_words(moving) if moving else "",
        "waits_on": entry.ended_at is None,
    }
    if not stands and not why_not(entry.intake, by=signed_in(request)):
        context |= next_times(request, found, moving)
    status = HTTPStatus.CONFLICT if why else HTTPStatus.OK
    return render(request, "consult/booking/offer.html", context, status=status)


def next_times(
    request: HttpRequest, found: WaitlistOffer, moving: Appointment | None
) -> dict[str, Any]:
    intake = found.entry.intake
    kind = moving.visit_type if moving else found.entry.visit_type
    month = month_of(
        Asked(kind, intake, None, moving),
        clocks_for(intake, kind, moving.zone if moving else found.entry.zone),
        month=None,
        now=timezone.now(),
        wanted=found.starts_at,
    )
    return {"next_few": month.next_few} | where_to_choose(request, intake, kind, moving)
