"""Keeping a time free of visits."""

import uuid
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from consult.access import signed_in, staff
from consult.booking import blocks
from consult.booking.availability_views import EDITORS
from consult.booking.forms import clinicians
from consult.models import TimeBlock, User
from consult.rules import clock
from consult.rules.openings import on_grid
from consult.widgets import InAPage

LONGEST = timedelta(days=7)  # longer absences are days that are different, on the page of hours
FARTHEST = timedelta(days=366)
FORMAT = "%Y-%m-%dT%H:%M"


def moment(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        widget=forms.DateTimeInput({"type": "datetime-local", "step": 900}, format=FORMAT),
        error_messages={
            "required": "Please give a day and a time.",
            "invalid": "Please give a day and a time, such as 2026-11-24 10:30.",
        },
    )


class BlockForm(InAPage, forms.Form):
    """Who is to be kept free, from when to when, and what for."""

    clinician = forms.ModelChoiceField(
        User.objects.none(),
        empty_label=None,
        error_messages={"invalid_choice": "Please choose somebody from the list."},
    )
    starts_at = moment("From")
    ends_at = moment("To")
    words = forms.CharField(
        label="What for? (You can skip this.)",
        help_text="For the team only. Please write nothing about a patient here.",
        max_length=80,
        required=False,
        error_messages={"max_length": "Please use at most 80 characters."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clinician"].queryset = clinicians()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found, now = super().clean() or {}, timezone.now()
        starts_at, ends_at = found.get("starts_at"), found.get("ends_at")
        for name, instant in (("starts_at", starts_at), ("ends_at", ends_at)):
            if instant and not now - LONGEST < instant < now + FARTHEST:
                self.add_error(name, "Please choose a time from now on, within a year.")
            elif instant and not on_grid(instant):
                self.add_error(name, "Please choose a full quarter of an hour.")
        if self.errors or not starts_at or not ends_at:
            return found
        if ends_at <= max(starts_at, now):
            self.add_error("ends_at", "The end has to be later than the beginning, and ahead.")
        elif ends_at - starts_at > LONGEST:
            self.add_error("ends_at", "For more than a week, please change the hours instead.")
        return found


@staff(*EDITORS)
@require_http_methods(["GET", "HEAD", "POST"])
def block(request: HttpRequest) -> HttpResponse:
    """Ask for a time to keep free; where a visit stands, say which and change nothing."""
    form = BlockForm(
        request.POST if request.method == "POST" else None, initial=first_idea(request)
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = blocks.block(**form.cleaned_data, by=signed_in(request), now=timezone.now())
            messages.success(request, "This time is blocked.")
            return redirect(day_of(row))
        except blocks.InTheWay as refusal:
            form.add_error(None, str(refusal))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    zone = clock.place_of(ZoneInfo(settings.TIME_ZONE))
    return render(
        request, "consult/booking/block.html", {"form": form, "zone": zone}, status=status
    )


def first_idea(request: HttpRequest) -> dict[str, Any]:
    """The clinician and the day that the calendar showed."""
    idea: dict[str, Any] = {"clinician": request.GET.get("clinician", "")}
    try:
        day = datetime.fromisoformat(request.GET.get("day", "")).date()
    except ValueError:
        return idea
    return idea | {"starts_at": f"{day}T09:00", "ends_at": f"{day}T10:00"}


@staff(*EDITORS)
@require_POST
def unblock(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    row = get_object_or_404(TimeBlock, pk=pk)
    back = day_of(row)
    blocks.unblock(row, by=signed_in(request), now=timezone.now())
    messages.success(request, "This time is open again.")
    return redirect(back)


def day_of(row: TimeBlock) -> str:
    shown = row.starts_at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return reverse("consult:staff_calendar") + f"?day={shown}"
