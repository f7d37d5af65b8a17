"""The care team's calendar: who comes when to whom, what is free, and what became of it."""

import uuid
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consult import audit
from consult.access import signed_in, staff
from consult.booking import actions
from consult.booking.availability_views import EDITORS
from consult.booking.doors import appointment_or_404
from consult.booking.forms import AlthoughForm, DeclineForm
from consult.booking.refusals import NotBookable, NotCleared
from consult.booking.week import BLOCK, VISIT, Span, Stretch, Week
from consult.followups import clearance
from consult.models import Appointment, Intake, User
from consult.rules import clock

MARKS = {Appointment.Status.ATTENDED, Appointment.Status.MISSED, Appointment.Status.BOOKED}
WEEK = 7
Reasons = Mapping[uuid.UUID, Collection[str]]  # why a visit is not cleared
LOOKED = {1: "viewed the calendar", WEEK: "viewed the calendar of a week"}


@staff(*EDITORS)
@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """One day: a column a clinician, a row a part of the day."""
    if request.GET.get("view") == "week":
        return week(request)
    asked = Asked(request, days=1)
    shown = asked.span.first
    columns = [(one, asked.stretches(one, shown)) for one in asked.week.people]
    parts = [
        (part, [(one, [row for row in rows if row["part"] == part]) for one, rows in columns])
        for part, _ in clock.PARTS
        if any(row["part"] == part for _, rows in columns for row in rows)
    ]
    return asked.page("day", {"people": asked.week.people, "parts": parts})


@staff(*EDITORS)
@require_safe
def week(request: HttpRequest) -> HttpResponse:
    """A week: a column a day, a row a clinician."""
    asked = Asked(request, days=WEEK)
    rows = [
        (one, [(day, asked.stretches(one, day)) for day in asked.span.dates()])
        for one in asked.week.people
    ]
    days = [
        (day, clock.date_in_words(at_noon(day, asked.zone), asked.zone))
        for day in asked.span.dates()
    ]
    return asked.page("week", {"rows": rows, "days": days})


@staff(*EDITORS)
@require_safe
def printed(request: HttpRequest) -> HttpResponse:
    """A day on paper: when, who, what kind of visit, which number. Nothing else of anybody."""
    asked = Asked(request, days=1, did="viewed the calendar to print it")
    shown = asked.span.first
    columns = [
        (one, [row for row in asked.stretches(one, shown) if is_on_paper(row)])
        for one in asked.week.people
    ]
    return asked.page("print", {"columns": [(one, rows) for one, rows in columns if rows]})


def is_on_paper(row: dict[str, Any]) -> bool:
    if row["kind"] == VISIT:
        return bool(row["visit"].status != Appointment.Status.CANCELLED)
    return bool(row["kind"] == BLOCK)


class Asked:
    """What a request asks to see of the calendar; looking is recorded."""

    def __init__(self, request: HttpRequest, *, days: int, did: str = "") -> None:
        self.request, self.days = request, days
        self.zone, self.now = ZoneInfo(settings.TIME_ZONE), timezone.now()
        by = signed_in(request)
        self.today = self.now.astimezone(self.zone).date()
        first = day_asked_for(request) or self.today
        first -= timedelta(days=first.weekday()) if days == WEEK else timedelta()
        self.span = Span(first, days, self.zone)
        self.only = person_asked_for(request)
        self.week = Week(self.span, by=by, now=self.now, only=self.only)
        visits = self.week.visits()
        self.reasons = clearance.reasons_against(visits, now=self.now)
        codes = [one.code for one in visits]
        audit.record(by=by, did=did or LOOKED[days], now=self.now, rows=codes)

    def stretches(self, person: User, day: date) -> list[dict[str, Any]]:
        rows = self.week.day(person, day, by_part=self.days != WEEK)
        return [told(one, self.reasons, self.now) for one in rows]

    def page(self, template: str, more: dict[str, Any]) -> HttpResponse:
        first = self.span.first
        last = self.span.dates()[-1]
        step = timedelta(days=self.days)
        context = {
            "title": in_words(first, last, self.zone),
            "shown": first,
            "today": self.today,
            "previous": first - step,
            "following": first + step,
            "zone": clock.place_of(self.zone),
            "only": self.only,
            "everybody": clinicians(),
            "who": urlencode({"clinician": self.only.pk}) if self.only else "",
        }
        return render(self.request, f"consult/booking/{template}.html", context | more)


def day_asked_for(request: HttpRequest) -> date | None:
    try:
        asked = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None
    return asked if 2000 < asked.year < 2200 else None


def person_asked_for(request: HttpRequest) -> User | None:
    try:
        key = uuid.UUID(request.GET.get("clinician", ""))
    except ValueError:
        return None
    return User.objects.filter(pk=key).filter(weekly_hours__isnull=False).first()


def clinicians() -> list[User]:
    found = User.objects.filter(is_active=True, weekly_hours__isnull=False).distinct()
    return sorted(found, key=lambda one: (str(one), one.pk.hex))


def at_noon(shown: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(shown, time(12), zone)


def in_words(first: date, last: date, zone: ZoneInfo) -> str:
    """Tuesday 17 November 2026; of a week its first and its last day."""
    end = clock.day_in_words(at_noon(last, zone), zone)
    return end if first == last else f"{clock.date_in_words(at_noon(first, zone), zone)} to {end}"


def told(one: Stretch, reasons: Reasons, now: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {
        "kind": one.kind,
        "when": one.when,
        "part": one.part,
        "words": one.words,
        "block": one.block,
    }
    if one.visit:
        row |= told_of_visit(one.visit, now)
        row["not_cleared"] = "; ".join(reasons.get(one.visit.pk, ()))
    return row


def told_of_visit(visit: Appointment, now: datetime) -> dict[str, Any]:
    contact = visit.intake.contact
    begun = visit.starts_at <= now
    return {
        "visit": visit,
        "person": contact.get("full_name", ""),
        "phone": visit.phone or contact.get("phone", ""),
        "status": status_of(visit),
        "may_mark": begun and visit.status in MARKS,
        "may_change": visit.is_standing and visit.ends_at > now,
        "may_move": visit.status == Appointment.Status.BOOKED and visit.ends_at > now,
        "is_request": visit.is_request,
        "is_ahead": visit.status == Appointment.Status.BOOKED and not begun,
    }


def status_of(visit: Appointment) -> str:
    if visit.status == Appointment.Status.CANCELLED and visit.by_clinic:
        return "Cancelled by the clinic"
    return visit.get_status_display()


# ------------------------------------------------------------------------------ what became of it
@staff(*EDITORS)
@require_POST
def mark(request: HttpRequest, code: str) -> HttpResponse:
    """Came, did not come, or neither after all."""
    row, status = appointment_or_404(request, code), request.POST.get("status", "")
    form = AlthoughForm(request.POST if "although" in request.POST else None)
    although = form.cleaned_data["although"] if form.is_valid() else ""
    by, now = signed_in(request), timezone.now()
    if status in MARKS:
        try:
            actions.mark(row, status=status, by=by, now=now, although=although)
            messages.success(request, "Written down.")
        except NotCleared as refusal:
            return not_cleared_page(request, row, form, str(refusal))
        except NotBookable as refusal:
            messages.error(request, str(refusal))
    return redirect(day_of(row))


def not_cleared_page(
    request: HttpRequest, row: Appointment, form: AlthoughForm, missing: str
) -> HttpResponse:
    context = told_of(row) | {"form": form, "missing": missing}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.CONFLICT
    return render(request, "consult/booking/not_cleared.html", context, status=status)


@staff(*EDITORS)
@require_http_methods(["GET", "HEAD", "POST"])
def call_off(request: HttpRequest, code: str) -> HttpResponse:
    """The clinic cannot keep an appointment: cancel it, with words for the person."""
    row = appointment_or_404(request, code)
    form = DeclineForm(request.POST if request.method == "POST" else None)
    if not row.is_standing:
        messages.info(request, f"This appointment is “{row.get_status_display().lower()}”.")
        return redirect(day_of(row))
    if request.method == "POST" and form.is_valid():
        by, words = signed_in(request), form.cleaned_data["words"]
        try:
            actions.cancel(row, by=by, now=timezone.now(), reason=words, by_clinic=True)
            messages.success(request, "Cancelled. The time is free again, and the person knows.")
        except NotBookable as refusal:
            messages.error(request, str(refusal))
        return redirect(day_of(row))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = told_of(row) | {"form": form}
    return render(request, "consult/booking/call_off.html", context, status=status)


def told_of(row: Appointment) -> dict[str, Any]:
    return {
        "appointment": row,
        "person": row.intake.contact.get("full_name", ""),
        "when": clock.in_words(row.starts_at, ZoneInfo(settings.TIME_ZONE)),
        "back": day_of(row),
    }


def day_of(row: Appointment) -> str:
    """The day in the calendar, at this visit."""
    shown = row.starts_at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return reverse("consult:staff_calendar") + f"?day={shown}#visit-{row.code}"


@staff(*EDITORS)
@require_POST
def book_for(request: HttpRequest) -> HttpResponse:
    """To choosing a time with somebody's form, by its reference."""
    code = request.POST.get("code", "").strip().upper()
    forms = Intake.objects.for_actor(signed_in(request))
    if code.isalnum() and forms.filter(code=code).exists():
        return redirect(reverse("consult:book") + "?" + urlencode({"for": code}))
    messages.error(request, "No form has this reference. It stands at the top of the form’s page.")
    return redirect("consult:staff_calendar")
