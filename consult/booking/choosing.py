"""What somebody is choosing a time for, and the page with the times."""

from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from consult.access import signed_in
from consult.booking.doors import FOR
from consult.booking.forms import SearchForm, clinicians, zone_choices
from consult.booking.guards import cannot_choose
from consult.booking.month import Asked, Clocks, clocks_for, month_of
from consult.booking.offers import Offer, has_urgent_answer, is_urgent, offer_to, why_not
from consult.booking.refusals import NotBookable, SlotTaken, StaleClearance
from consult.followups import clearance
from consult.followups.appointments import when_in_words
from consult.models import Appointment, Intake, User, VisitType
from consult.rules import clock


@dataclass(frozen=True)
class Choosing:
    """One request for a time: whose, which kind of visit, what narrows it, what it moves."""

    request: HttpRequest
    intake: Intake
    visit_type: VisitType
    search: SearchForm
    moving: Appointment | None = None
    offer: Offer | None = None  # where it is known already

    @property
    def user(self) -> User:
        return signed_in(self.request)

    @property
    def clocks(self) -> Clocks:
        return clocks_for(self.intake, self.visit_type, self.zone)

    @property
    def zone(self) -> str:
        """Where the person is: as chosen on the page, else as before."""
        return self.search.get("zone") or (self.moving.zone if self.moving else "")

    @property
    def whose(self) -> Intake | None:
        """Somebody else, for whom staff choose."""
        return None if self.moving or self.intake.owner_id == self.user.pk else self.intake

    @property
    def query(self) -> str:
        """What the next page has to know."""
        chosen = {"zone": self.search.get("zone"), FOR: self.whose and self.whose.code}
        return urlencode({name: value for name, value in chosen.items() if value})

    def offered(self) -> "Choosing":
        """The same for a kind of visit that is on offer, if this one is not."""
        offer = self.known_offer()
        if self.moving or not offer.all or offer.of(self.visit_type):
            return self
        return replace(self, visit_type=offer.all[0].visit_type, offer=offer)

    def known_offer(self) -> Offer:
        return self.offer or offer_to(self.intake, by=self.user)


def not_yet(
    request: HttpRequest, intake: Intake | None, status: int = HTTPStatus.OK
) -> HttpResponse:
    """A calm page that says why no time can be chosen, and what comes next."""
    context = {
        "intake": intake,
        "why": why_not(intake, by=signed_in(request)) if intake and not intake.is_draft else "",
        "is_urgent": bool(intake and (is_urgent(intake) or has_urgent_answer(intake))),
    }
    return render(request, "consult/booking/not_yet.html", context, status=status)


def stale_page(
    request: HttpRequest, intake: Intake, why: str, status: int = HTTPStatus.OK
) -> HttpResponse:
    """The form has to be looked through, or decided about, before a new time is chosen."""
    mend = clearance.person_can_mend(intake, now=timezone.now())
    context = {"intake": intake, "why": why, "person_can_mend": mend}
    return render(request, "consult/booking/stale.html", context, status=status)


def refused(choosing: Choosing, refusal: NotBookable, **kept: Any) -> HttpResponse:
    """Nothing has been changed; here is why, and the next times."""
    intake = Intake.objects.get(pk=choosing.intake.pk)
    if isinstance(refusal, StaleClearance):
        return stale_page(choosing.request, intake, str(refusal), HTTPStatus.CONFLICT)
    if cannot_choose(intake, choosing.moving, by=choosing.user):
        return not_yet(choosing.request, intake, HTTPStatus.CONFLICT)
    taken = isinstance(refusal, SlotTaken)
    status = HTTPStatus.CONFLICT if taken else HTTPStatus.UNPROCESSABLE_ENTITY
    return times_page(choosing.offered(), error=str(refusal), status=status, **kept)


def times_page(
    choosing: Choosing,
    *,
    error: str = "",
    status: int = HTTPStatus.OK,
    wanted: datetime | None = None,
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    visit_type, moving, clocks = choosing.visit_type, choosing.moving, choosing.clocks
    people = offering(visit_type)
    clinician = choosing.search.get("clinician")
    clinician = clinician if clinician in people else None
    month = month_of(
        Asked(visit_type, choosing.intake, clinician, moving),
        clocks,
        month=None if wanted else choosing.search.month_in(clocks.leading),
        now=timezone.now(),
        wanted=wanted,
    )
    offer = choosing.known_offer()
    offered = None if moving else offer.of(visit_type)
    context = {
        "visit_type": visit_type,
        "month": month,
        "error": error,
        "typed": typed or {},
        "moving": moving,
        "moving_when": when_in_words(moving) if moving else "",
        "people": people,
        "chosen": clinician,
        "whose": choosing.whose,
        "why": "" if moving else offer.why,
        "others": not moving and len(offer.all) > 1,
        "by_request": bool(offered and offered.by_request),
        **addresses(choosing, clinician),
        **clock_words(choosing),
    }
    return render(choosing.request, "consult/booking/times.html", context, status=status)


def addresses(choosing: Choosing, clinician: User | None) -> dict[str, str]:
    """Where the page posts to, and the query that keeps what has been chosen so far."""
    narrowed: dict[str, Any] = {"type": choosing.visit_type.pk}
    if clinician:
        narrowed["clinician"] = clinician.pk
    query = "&".join(filter(None, [urlencode(narrowed), choosing.query]))
    here = reverse("consult:book")
    if choosing.moving:
        here = reverse("consult:appointment_move", args=[choosing.moving.code])
    return {"here": here, "query": query}


def offering(visit_type: VisitType) -> list[User]:
    """Those who offer a kind of visit."""
    listed = visit_type.clinicians.through.objects.filter(visittype=visit_type)
    offered = Q(pk__in=listed.values("user")) | ~Exists(listed)
    return list(clinicians().filter(offered).order_by("pk"))


def clock_words(choosing: Choosing) -> dict[str, Any]:
    clocks, in_person = choosing.clocks, choosing.visit_type.in_person
    differ = clocks.leading != clocks.beside
    person = clocks.beside if in_person else clocks.leading
    return {
        "place": clock.place_of(clocks.leading),
        "other_place": clock.place_of(clocks.beside) if differ else "",
        "other_whose": "your clock" if in_person else "the clinic’s clock",
        "zones": zone_choices(person.key),
        "zone": person.key,
    }
