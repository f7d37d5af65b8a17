"""What one person has been written, will be written, and would be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils import timezone

from consult.dashboard.forms import StaffForm
from consult.dashboard.words import event_words
from consult.fields import blind_index
from consult.followups import choices, reach, suppression
from consult.models import Intake, VisitType
from consult.rules import clock, simulation
from consult.rules.simulation import Foreseen, Wishes

LENGTH = timedelta(minutes=45)  # of a visit nobody has booked
FARTHEST = timedelta(days=730)


class Moment(forms.DateTimeField):
    """A day and a time on the clinic's clock."""

    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
            error_messages={"invalid": "Type a day and a time, such as 2026-11-24 10:30."},
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        at = super().clean(value)
        now = timezone.now()
        if at is not None and not now < at < now + FARTHEST:
            raise forms.ValidationError("Choose a time that is ahead, within two years.")
        return at


class AheadForm(StaffForm):
    talk_at = Moment(label="A visit at", help_text="On the clinic’s clock.")
    mode = forms.ChoiceField(
        label="How we would meet",
        choices=VisitType.Mode.choices,
        required=False,
        error_messages={"invalid_choice": "Choose one of those listed."},
    )
    treatment_at = Moment(label="A treatment at", help_text="On the clinic’s clock.")

    def clean(self) -> dict[str, Any]:
        if not self.errors and not any(map(self.cleaned_data.get, ("talk_at", "treatment_at"))):
            raise forms.ValidationError("Give at least one of the two times.")
        return self.cleaned_data


@dataclass(frozen=True, slots=True)
class Line:
    words: str
    when: str  # on the person's clock
    why: str
    not_sent: str


def wishes_of(intake: Intake) -> Wishes:
    address, choice = reach.address_of(intake), choices.choice_of(intake)
    index = blind_index("email", address)
    groups = [one for one in choices.GROUPS if one.key in choices.switched_off(choice)]
    return Wishes(
        zone=reach.zone_of(intake),
        has_address=bool(address),
        agrees=reach.wants_email(intake),
        stopped=suppression.is_stopped(index, care=False),
        stopped_care=suppression.is_stopped(index, care=True),
        off=frozenset().union(*(one.events for one in groups)),
        pausing=frozenset().union(*(one.events for one in choices.GROUPS if one.is_paused)),
        paused_until=choice.paused_until if choice else None,
        quiet_hours=getattr(settings, "OUTBOX_QUIET_HOURS", True),
    )


def foreseen(intake: Intake, asked: Mapping[str, Any], *, now: datetime) -> list[Line]:
    """What the plan would write if what was asked came true. Nothing is written."""
    wishes, mode = wishes_of(intake), asked["mode"] or VisitType.Mode.PERSON
    clinic = ZoneInfo(settings.TIME_ZONE)
    talk, treatment = (
        simulation.Visit(
            at,
            at + LENGTH,
            clinic if how == VisitType.Mode.PERSON else wishes.zone,
            how,
            is_treatment=name == "treatment_at",
        )
        if (at := asked[name])
        else None
        for name, how in (("talk_at", mode), ("treatment_at", VisitType.Mode.PERSON))
    )
    found = simulation.foresee(wishes, now=now, talk=talk, treatment=treatment)
    return [line_of(one, reach.zone_of(intake)) for one in found]


def line_of(one: Foreseen, zone: ZoneInfo) -> Line:
    return Line(event_words(one.event), clock.in_words(one.at, zone), one.why, one.not_sent)
