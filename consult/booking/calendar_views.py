"""The care team's day: who comes when to whom, and what became of it."""

from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from consult import audit
from consult.access import signed_in, staff
from consult.booking import actions
from consult.booking.availability_views import EDITORS
from consult.booking.refusals import NotBookable
from consult.models import Appointment
from consult.rules import clock

MARKS = {Appointment.Status.ATTENDED, Appointment.Status.MISSED}


@staff(*EDITORS)
@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """One day by clinician, in the clinic's time; made to be printed too."""
    zone, now = ZoneInfo(settings.TIME_ZONE), timezone.now()
    shown = day_asked_for(request) or now.astimezone(zone).date()
    by_clinician = columns(request, shown, zone, now)
    codes = [one["row"].code for _, rows in by_clinician for one in rows]
    audit.record(by=signed_in(request), did="viewed the calendar", now=now, rows=codes)
    context = {
        "day": clock.day_in_words(at_noon(shown, zone), zone),
        "shown": shown,
        "previous": shown - timedelta(days=1),
        "following": shown + timedelta(days=1),
        "zone": clock.place_of(zone),
        "columns": by_clinician,
    }
    return render(request, "consult/booking/day.html", context)


def day_asked_for(request: HttpRequest) -> date | None:
    try:
        asked = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None
    return asked if 2000 < asked.year < 2200 else None


def at_noon(shown: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(shown, time(12), zone)


def columns(
    request: HttpRequest, shown: date, zone: ZoneInfo, now: datetime
) -> list[tuple[Any, list[dict[str, Any]]]]:
    """A column a clinician, with what stands in it in order."""
    midnight = datetime.combine(shown, time(), zone)
    next_midnight = datetime.combine(shown + timedelta(days=1), time(), zone)
    rows = (
        Appointment.objects.for_actor(signed_in(request))
        .filter(starts_at__gte=midnight, starts_at__lt=next_midnight)
        .select_related("clinician", "visit_type", "intake")
        .order_by("clinician", "starts_at")
    )
    return [
        (clinician, [told(row, zone, now) for row in of_one])
        for clinician, of_one in groupby(rows, key=lambda row: row.clinician)
    ]


def told(row: Appointment, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    starts, ends = (clock.time_in_words(at, zone) for at in (row.starts_at, row.ends_at))
    return {
        "row": row,
        "when": f"{starts} to {ends}",
        "person": row.intake.contact.get("full_name", ""),
        "may_mark": row.starts_at <= now and row.status != Appointment.Status.CANCELLED,
        "may_change": row.is_standing and row.ends_at > now,
    }


@staff(*EDITORS)
@require_POST
def mark(request: HttpRequest, code: str) -> HttpResponse:
    rows = Appointment.objects.for_actor(signed_in(request))
    row = get_object_or_404(rows, code=code)
    status = request.POST.get("status", "")
    if status in MARKS:
        try:
            actions.mark(row, status=status, by=signed_in(request), now=timezone.now())
            messages.success(request, "Written down.")
        except NotBookable as refusal:
            messages.error(request, str(refusal))
    shown = row.starts_at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return redirect(reverse("consult:staff_calendar") + f"?day={shown}")
