"""Choosing, moving and cancelling an appointment. Fetch, form, action, redirect."""

import uuid
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Exists, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from consult.access import public, signed_in
from consult.booking import actions
from consult.booking.actions import STATE_SENTENCES
from consult.booking.forms import CancelForm, DetailsForm, SearchForm, TimeForm, clinicians
from consult.booking.month import Asked, Clocks, clocks_for, month_of, zone_of_person
from consult.booking.refusals import NotBookable, SlotTaken
from consult.followups.appointments import calendar_of, other_clock, when_in_words
from consult.models import Appointment, Hold, Intake, User, VisitType
from consult.rules import clock

P = ParamSpec("P")
FOR = "for"  # staff name the form that they book with
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def patient(view: View[P]) -> View[P]:
    """For people who have signed in; others are asked to, with a code."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect("consult:sign_in")
        return view(request, *args, **kwargs)

    return public(guarded)


def case_of(request: HttpRequest) -> Intake | None:
    """Whom the appointment is for: oneself, or for staff the form that they name."""
    user, code = signed_in(request), request.GET.get(FOR, "")
    if code and user.is_care_team:
        return get_object_or_404(Intake.objects.for_actor(user), code=code)
    return own_case(user)


def own_case(user: User) -> Intake | None:
    """The form that a time can be booked with, else the newest, to say why not."""
    own = Intake.objects.for_actor(user).filter(owner=user).order_by("-started_at")
    return own.filter(state=Intake.State.READY).first() or own.first()


def appointment_or_404(request: HttpRequest, code: str) -> Appointment:
    rows = Appointment.objects.for_actor(signed_in(request))
    found = rows.select_related("visit_type", "intake", "clinician").filter(code=code).first()
    if found is None:
        raise Http404
    return found


# ------------------------------------------------------------------------------- choosing a time
@patient
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest) -> HttpResponse:
    """Which visit, then a day and a time. A chosen time is held while the rest is filled in."""
    intake = case_of(request)
    if intake is None or intake.state != Intake.State.READY:
        return not_yet(request, intake)
    if existing := Appointment.objects.filter(intake=intake).upcoming(timezone.now()).first():
        messages.info(request, "You have an appointment. You can move it to another time here.")
        return redirect("consult:appointment", existing.code)
    offered = VisitType.objects.bookable()
    if signed_in(request).is_care_team:
        offered = VisitType.objects.filter(is_active=True)
    search, types = SearchForm(request.GET, types=offered), list(offered)
    visit_type = search.get("type") or (types[0] if len(types) == 1 else None)
    if visit_type is None:
        return render(request, "consult/booking/types.html", {"types": types, "intake": intake})
    if request.method == "POST":
        return choose(request, intake, visit_type, search)
    return times_page(request, intake, visit_type, search)


def not_yet(request: HttpRequest, intake: Intake | None) -> HttpResponse:
    """A calm page that says why no time can be chosen, and what comes next."""
    state = intake.state if intake else None
    context = {"intake": intake, "why": STATE_SENTENCES.get(state or "")}
    return render(request, "consult/booking/not_yet.html", context)


def choose(
    request: HttpRequest,
    intake: Intake,
    visit_type: VisitType,
    search: SearchForm,
    moving: Appointment | None = None,
) -> HttpResponse:
    form = TimeForm(request.POST)
    if not form.is_valid():
        error = next(iter(form.errors.values()))[0]
        return times_page(request, intake, visit_type, search, moving=moving, error=str(error))
    starts_at = form.cleaned_data["starts_at"]
    typed = {name: form.cleaned_data[name] for name in ("phone", "note")}
    try:
        held = actions.hold(
            intake,
            visit_type=visit_type,
            clinician=search.get("clinician"),
            starts_at=starts_at,
            moves=moving,
            by=signed_in(request),
            now=timezone.now(),
            **typed,
        )
    except NotBookable as refusal:
        return refused(
            request, refusal, intake, visit_type, search, moving, wanted=starts_at, typed=typed
        )
    return redirect("consult:book_confirm", held.pk)


def refused(
    request: HttpRequest,
    refusal: NotBookable,
    intake: Intake,
    visit_type: VisitType,
    search: SearchForm,
    moving: Appointment | None,
    **kept: Any,
) -> HttpResponse:
    """Nothing has been changed; here is why, and the next times."""
    taken = isinstance(refusal, SlotTaken)
    status = HTTPStatus.CONFLICT if taken else HTTPStatus.UNPROCESSABLE_ENTITY
    return times_page(
        request,
        intake,
        visit_type,
        search,
        moving=moving,
        error=str(refusal),
        status=status,
        **kept,
    )


def times_page(
    request: HttpRequest,
    intake: Intake,
    visit_type: VisitType,
    search: SearchForm,
    *,
    moving: Appointment | None = None,
    error: str = "",
    status: int | None = None,
    wanted: Any = None,
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    clocks, clinician = clocks_for(intake, visit_type), search.get("clinician")
    month = month_of(
        Asked(visit_type, intake, clinician, moving),
        clocks,
        month=None if wanted else search.month_in(clocks.leading),
        now=timezone.now(),
        wanted=wanted,
    )
    whose = None if moving or intake.owner_id == signed_in(request).pk else intake
    context = {
        "visit_type": visit_type,
        "month": month,
        "error": error,
        "typed": typed or {},
        "moving": moving,
        "moving_when": when_in_words(moving) if moving else "",
        "people": offering(visit_type),
        "chosen": clinician,
        "whose": whose,
        **addresses(visit_type, search, moving, whose),
        **clock_words(clocks, visit_type),
    }
    status = status or (HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)
    return render(request, "consult/booking/times.html", context, status=status)


def addresses(
    visit_type: VisitType, search: SearchForm, moving: Appointment | None, whose: Intake | None
) -> dict[str, str]:
    """Where the page posts to, and the query that keeps what has been chosen so far."""
    narrowed: dict[str, Any] = {"type": visit_type.pk}
    if search.get("clinician"):
        narrowed["clinician"] = search.get("clinician").pk
    if whose:
        narrowed[FOR] = whose.code
    here = reverse("consult:book")
    if moving:
        here = reverse("consult:appointment_move", args=[moving.code])
    return {"here": here, "query": urlencode(narrowed)}


def offering(visit_type: VisitType) -> list[User]:
    """Those among whom one can choose; nobody where there is no choice."""
    listed = visit_type.clinicians.through.objects.filter(visittype=visit_type)
    offered = Q(pk__in=listed.values("user")) | ~Exists(listed)
    found = list(clinicians().filter(offered).order_by("pk"))
    return found if len(found) > 1 else []


def clock_words(clocks: Clocks, visit_type: VisitType) -> dict[str, str]:
    differ = clocks.leading != clocks.beside
    return {
        "place": clock.place_of(clocks.leading),
        "other_place": clock.place_of(clocks.beside) if differ else "",
        "other_whose": "your clock" if visit_type.in_person else "the clinic’s clock",
    }


# ---------------------------------------------------------------------------------- confirming it
@patient
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The held time with what else we need to know; posting it books or moves."""
    rows = Hold.objects.for_actor(signed_in(request)).filter(pk=pk)
    held = rows.select_related("intake", "visit_type", "clinician", "moves__visit_type").first()
    if request.method == "POST":
        return take(request, held)
    if held is None or held.expires_at <= timezone.now():
        messages.info(request, "No time is held for you now. Please choose one.")
        return redirect("consult:book")
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
    intake = moving.intake if moving else held.intake if held else own_case(signed_in(request))
    if intake is None or intake.state != Intake.State.READY:
        return not_yet(request, intake)
    search = SearchForm(request.POST, types=VisitType.objects.all())
    visit_type = search.get("type")
    if visit_type is None:
        return redirect("consult:book")
    by_phone = visit_type.mode == VisitType.Mode.PHONE
    form = DetailsForm(request.POST, by_phone=by_phone, moving=bool(moving))
    if not form.is_valid():
        return details_page(request, form, held) if held else redirect("consult:book")
    chosen = form.cleaned_data
    try:
        appointment = settle(request, intake, chosen, moving)
    except NotBookable as refusal:
        typed = {name: chosen.get(name, "") for name in ("phone", "note")}
        search = SearchForm({"type": visit_type.pk}, types=VisitType.objects.all())
        kept = {"wanted": chosen["starts_at"], "typed": typed}
        return refused(request, refusal, intake, visit_type, search, moving, **kept)
    messages.success(request, f"Your appointment is {'moved' if moving else 'booked'}.")
    return redirect("consult:appointment", appointment.code)


def settle(
    request: HttpRequest, intake: Intake, chosen: dict[str, Any], moving: Appointment | None
) -> Appointment:
    shared: dict[str, Any] = {
        "clinician": chosen["clinician"],
        "starts_at": chosen["starts_at"],
        "zone": zone_of_person(intake).key,
        "by": signed_in(request),
        "now": timezone.now(),
    }
    if moving:
        return actions.move(moving, **shared)
    return actions.book(
        intake,
        visit_type=chosen["type"],
        idempotency_key=chosen["key"].hex,
        phone=chosen.get("phone", ""),
        note=chosen["note"],
        **shared,
    )


def details_page(request: HttpRequest, form: DetailsForm, held: Hold) -> HttpResponse:
    clocks = clocks_for(held.intake, held.visit_type)
    differ = bool(clocks.time(held.starts_at).other)
    context = {
        "form": form,
        "held": held,
        "when": clock.in_words(held.starts_at, clocks.leading),
        "other": clock.in_words(held.starts_at, clocks.beside) if differ else "",
        "until": clock.time_in_words(held.expires_at, zone_of_person(held.intake)),
        "moving_when": when_in_words(held.moves) if held.moves else "",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "consult/booking/confirm.html", context, status=status)


# -------------------------------------------------------------------------------- an appointment
@patient
@require_safe
def appointment(request: HttpRequest, code: str) -> HttpResponse:
    found = appointment_or_404(request, code)
    return render(request, "consult/booking/appointment.html", told(request, found))


def told(request: HttpRequest, found: Appointment) -> dict[str, Any]:
    now = timezone.now()
    until = found.changeable_until()
    zone = clock.zone_or(found.zone, "UTC")
    return {
        "appointment": found,
        "when": when_in_words(found),
        "other": other_clock(found),
        "is_over": found.ends_at <= now,
        "may_change": found.is_standing
        and found.ends_at > now
        and (now <= until or signed_in(request).is_care_team),
        "changeable_until": clock.in_words(until, zone),
        "ready": found.intake.state == Intake.State.READY,
    }


@patient
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, code: str) -> HttpResponse:
    found = appointment_or_404(request, code)
    if not told(request, found)["may_change"] or found.intake.state != Intake.State.READY:
        return redirect("consult:appointment", found.code)
    search = SearchForm(request.GET, types=VisitType.objects.all())
    if request.method == "POST":
        return choose(request, found.intake, found.visit_type, search, moving=found)
    return times_page(request, found.intake, found.visit_type, search, moving=found)


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
            messages.success(request, "Your appointment is cancelled.")
        except NotBookable as refusal:
            messages.error(request, str(refusal))
        return redirect("consult:appointment", found.code)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "consult/booking/cancel.html", context | {"form": form}, status=status)


@patient
@require_safe
def calendar(request: HttpRequest, code: str) -> HttpResponse:
    """The appointment as a file for the person's own calendar."""
    found = appointment_or_404(request, code)
    response = HttpResponse(calendar_of(found), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response
