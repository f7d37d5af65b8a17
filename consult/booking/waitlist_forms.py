from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from consult.booking.choosing import offering
from consult.models import User, VisitType, WaitlistEntry
from consult.widgets import DayMonthYear, InAPage


def day(label: str, hint: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        widget=DayMonthYear,
        error_messages={
            "required": "Please give a day, such as 24 11 2026.",
            "invalid": "We cannot read this as a day. Please write it such as 24 11 2026.",
        },
    )


class WaitForm(InAPage, forms.Form):
    """Which days and which time of the day would suit, and with whom."""

    visit_type = forms.ModelChoiceField(
        VisitType.objects.none(),
        label="Which visit?",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Please choose a kind of visit.",
            "invalid_choice": "Please choose one of these.",
        },
    )
    first_on = day("From which day?")
    last_on = day("Until which day?", "After this day we stop looking.")
    day_part = forms.ChoiceField(
        label="At what time of the day?",
        choices=WaitlistEntry.DayPart.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Please choose a time of the day.",
            "invalid_choice": "Please choose one of these.",
        },
    )
    clinician = forms.ModelChoiceField(
        User.objects.none(),
        label="With whom?",
        required=False,
        empty_label="Whoever is free",
        error_messages={"invalid_choice": "Please choose somebody from the list."},
    )

    def __init__(
        self, *args: Any, types: list[VisitType], now: datetime, zone: ZoneInfo, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.types, self.now, self.zone = types, now, zone
        people = {one.pk for kind in types for one in offering(kind)}
        self.fields["clinician"].queryset = User.objects.filter(pk__in=people)  # type: ignore[attr-defined]
        self.fields["visit_type"].queryset = VisitType.objects.filter(  # type: ignore[attr-defined]
            pk__in=[one.pk for one in types]
        )
        if len(types) == 1:
            del self.fields["visit_type"]
        if len(people) < 2:
            del self.fields["clinician"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        kind: VisitType | None = self.types[0] if len(self.types) == 1 else found.get("visit_type")
        found = found | {"visit_type": kind, "clinician": found.get("clinician")}
        first_on, last_on = found.get("first_on"), found.get("last_on")
        if first_on and last_on and last_on < first_on:
            self.add_error("last_on", "The last day has to come after the first.")
        elif last_on and last_on < self.today:
            self.add_error("last_on", "This day is over. Please give one that is still to come.")
        elif kind and first_on and first_on > self.farthest(kind):
            self.add_error("first_on", "This is too far ahead. Please give an earlier day.")
        if kind and (one := found["clinician"]) and one not in offering(kind):
            self.add_error("clinician", f"{one} does not offer this visit. Please choose again.")
        return found

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def farthest(self, kind: VisitType) -> date:
        return (self.now + kind.visit().horizon).astimezone(self.zone).date()
