"""Where staff say when there are openings, and see what comes of it."""

import uuid
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import signed_in, staff
from consult.booking import availability
from consult.booking.availability_forms import ChangeForm, HoursForm, VisitTypeForm, people
from consult.booking.forms import SearchForm
from consult.booking.month import Clocks, Day, days_of, first_of_month, month_after
from consult.booking.times import diary
from consult.models import HoursChange, Role, User, VisitType, WeeklyHours
from consult.rules import clock

EDITORS = (Role.FRONT_DESK, Role.CLINICIAN, Role.LEAD_CLINICIAN)


@staff(*EDITORS)
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: HttpRequest) -> HttpResponse:
    """One clinician's week, the days on which it is otherwise, and a month of openings."""
    everybody = list(people())
    chosen = next((one for one in everybody if str(one.pk) == request.GET.get("clinician")), None)
    clinician = chosen or (signed_in(request) if signed_in(request) in everybody else None)
    clinician = clinician or (everybody[0] if everybody else None)
    if clinician is None:
        return render(request, "consult/booking/hours.html", {"people": []})
    if request.method == "POST":
        return change(request, clinician, everybody)
    return hours_page(request, clinician, everybody)


def change(request: HttpRequest, clinician: User, everybody: list[User]) -> HttpResponse:
    who: dict[str, Any] = {"by": signed_in(request), "now": timezone.now()}
    forms: dict[str, Any] = {}
    match request.POST.get("do"):
        case "add hours":
            forms["hours_form"] = HoursForm(request.POST, clinician=clinician)
        case "add change":
            forms["change_form"] = ChangeForm(request.POST, clinician=clinician)
        case "remove":
            for row in removable(clinician, request.POST.get("row", "")):
                availability.remove(row, **who)
            messages.success(request, "Removed. What is booked already stays booked.")
    for form in forms.values():
        if not form.is_valid():
            return hours_page(request, clinician, everybody, **forms)
        availability.save(form.instance, **who)
        messages.success(request, "Saved. The openings below show it.")
    return redirect(reverse("consult:staff_hours") + f"?clinician={clinician.pk}")


def removable(clinician: User, key: str) -> list[WeeklyHours | HoursChange]:
    try:
        pk = uuid.UUID(key)
    except ValueError:
        return []
    changes = HoursChange.objects.filter(Q(clinician=clinician) | Q(clinician=None), pk=pk)
    return [*WeeklyHours.objects.filter(clinician=clinician, pk=pk), *changes]


def hours_page(
    request: HttpRequest,
    clinician: User,
    everybody: list[User],
    *,
    hours_form: HoursForm | None = None,
    change_form: ChangeForm | None = None,
) -> HttpResponse:
    today = timezone.localdate()
    changes = HoursChange.objects.filter(last_on__gte=today)
    types = VisitType.objects.all()
    context = {
        "people": everybody,
        "clinician": clinician,
        "weekly": WeeklyHours.objects.filter(clinician=clinician),
        "changes": changes.filter(Q(clinician=clinician) | Q(clinician=None)),
        "hours_form": hours_form or HoursForm(clinician=clinician),
        "change_form": change_form or ChangeForm(clinician=clinician),
        "types": types,
        "zone": clock.place_of(ZoneInfo(settings.TIME_ZONE)),
        **preview(request, clinician, types),
    }
    invalid = any(form and form.errors for form in (hours_form, change_form))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if invalid else HTTPStatus.OK
    return render(request, "consult/booking/hours.html", context, status=status)


def preview(request: HttpRequest, clinician: User, types: Any) -> dict[str, Any]:
    """A month as patients would be offered it, by day."""
    search, zone = SearchForm(request.GET, types=types), ZoneInfo(settings.TIME_ZONE)
    now = timezone.now()
    visit_type = search.get("type") or types.first()
    first = first_of_month(search.month_in(zone) or now, zone)
    if visit_type is None or not timedelta(days=-62) < first - now < timedelta(days=400):
        return {"visit_type": visit_type}
    until = month_after(first)
    read = diary(visit_type, since=first, until=until, now=now, clinician=clinician.pk)
    starts = read.starts(now=now, since=first, until=until)
    before = first_of_month(first - timedelta(days=1), zone)
    return {
        "visit_type": visit_type,
        "month": f"{clock.MONTHS[first.month - 1]} {first.year}",
        "previous": f"{before:%Y-%m}",
        "following": f"{until:%Y-%m}",
        "days": [(day, spread(day)) for day in days_of(starts, Clocks(zone, zone))],
    }


def spread(day: Day) -> str:
    times = [time.words for _, group in day.parts for time in group]
    return times[0] if len(times) == 1 else f"{times[0]} to {times[-1]}"


@staff(*EDITORS)
@require_http_methods(["GET", "HEAD", "POST"])
def visit_type(request: HttpRequest, pk: uuid.UUID | None = None) -> HttpResponse:
    row = get_object_or_404(VisitType, pk=pk) if pk else None
    form = VisitTypeForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        availability.save_visit_type(
            form.instance,
            clinicians=form.cleaned_data["clinicians"],
            by=signed_in(request),
            now=timezone.now(),
        )
        messages.success(request, "Saved.")
        return redirect("consult:staff_hours")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "row": row}
    return render(request, "consult/booking/visit_type.html", context, status=status)
