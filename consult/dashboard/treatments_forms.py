from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings

from consult.dashboard.forms import Listed, StaffForm, Words
from consult.dashboard.treatments import ROUTES, SOURCE, Given, Happened
from consult.models import AdverseEvent, Appointment, Intake, User
from consult.models.people import CLINICAL_ROLES
from consult.rules.published import load_questionnaire
from consult.widgets import DayMonthYear

EARLIEST = date(2000, 1, 1)
TOO_LONG = "Shorten this to %(limit_value)d characters; it has %(show_value)d."


def options(intake: Intake, key: str) -> list[tuple[str, str]]:
    """The form's own options; who records a treatment knows which it was."""
    question = load_questionnaire(intake.questionnaire).by_id[key]
    return [
        (one.code, one.label) for one in question.options if one.code not in question.unknown_codes
    ]


def clinicians(also: User | None = None) -> Any:
    roles = [str(role) for role in CLINICAL_ROLES]
    found = User.objects.filter(is_active=True, groups__name__in=roles)
    if also:
        found = found | User.objects.filter(pk=also.pk)
    return found.distinct().order_by("created_at", "pk")


def day(label: str, hint: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        widget=DayMonthYear,
        error_messages={
            "required": "Give the day, such as 24 11 2026.",
            "invalid": "This cannot be read as a day. Write it such as 24 11 2026.",
        },
    )


def line(label: str, required: str = "", hint: str = "") -> forms.CharField:
    words = {"required": required, "max_length": TOO_LONG}
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=120,
        required=bool(required),
        error_messages=words,
        widget=forms.TextInput({"autocomplete": "off"}),
    )


def sentences(label: str, required: str = "") -> Words:
    words = {"required": required, "max_length": TOO_LONG}
    return Words(label=label, required=bool(required), error_messages=words)


def past_day(given: date, *, now: datetime, zone: str) -> date:
    if given > now.astimezone(ZoneInfo(zone)).date():
        raise forms.ValidationError("This day has not come yet.")
    if given < EARLIEST:
        raise forms.ValidationError(f"Give a day after {EARLIEST.year}.")
    return given


class RecordForm(StaffForm):
    """`seen` carries what the page showed, so that a page that is out of date is noticed."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now


class TreatmentForm(RecordForm):
    given_on = day("On which day was it given?")
    source = forms.ChoiceField(
        label="Where did the cells come from?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose where the cells came from.",
            "invalid_choice": "Choose one of these.",
        },
    )
    routes = forms.MultipleChoiceField(
        label="How was it given?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick how it was given.",
            "invalid_choice": "Tick one of these.",
            "invalid_list": "Tick one of these.",
        },
    )
    product = line("Product", "Write the product’s name.")
    lot = line(
        "Lot number",
        "Write the lot number.",
        "As on the label; it is kept without spaces.",
    )
    dose = line("Dose", "Write the dose.", "With its unit.")
    clinician = Listed(
        User.objects.none(),
        label="Who gave it?",
        empty_label="Choose a clinician",
        error_messages={
            "required": "Choose who gave it.",
            "invalid_choice": "Choose one of these clinicians.",
        },
    )
    appointment = Listed(
        Appointment.objects.none(),
        label="At which appointment?",
        empty_label="None of these",
        required=False,
        error_messages={"invalid_choice": "Choose one of this form’s appointments."},
    )
    notes = sentences("Notes")

    def __init__(self, intake: Intake, *args: Any, given: Given | None = None, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.fields["source"].choices = options(intake, SOURCE)  # type: ignore[attr-defined]
        self.fields["routes"].choices = options(intake, ROUTES)  # type: ignore[attr-defined]
        people, visits = self.fields["clinician"], self.fields["appointment"]
        also = given.clinician if given else None
        people.queryset = clinicians(also)  # type: ignore[attr-defined]
        own = Appointment.objects.filter(intake=intake).exclude(status="cancelled")
        own = own.select_related("visit_type").order_by("-starts_at")
        visits.queryset = own  # type: ignore[attr-defined]
        visits.label_from_instance = visit_in_words  # type: ignore[attr-defined]

    def clean_given_on(self) -> date:
        given: date = self.cleaned_data["given_on"]
        return past_day(given, now=self.now, zone=settings.TIME_ZONE)

    def clean_lot(self) -> str:
        lot = "".join(str(self.cleaned_data["lot"]).split())
        if not lot:
            raise forms.ValidationError("Write the lot number.")
        return lot

    def given(self) -> Given:
        said = {name: one for name, one in self.cleaned_data.items() if name != "seen"}
        return Given(**said)


def visit_in_words(visit: Appointment) -> str:
    at = visit.starts_at.astimezone(ZoneInfo(settings.TIME_ZONE))
    return f"{visit.visit_type.name}, {at.day} {at:%B %Y, %H:%M}"


class AdverseEventForm(RecordForm):
    words = sentences("What happened?", "Write what happened.")
    began_on = day("When did it begin?")
    grade = forms.TypedChoiceField(
        label="How bad was it at its worst?",
        choices=AdverseEvent.Grade.choices,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a grade.", "invalid_choice": "Choose one of these."},
    )
    relation = forms.ChoiceField(
        label="Is it related to the treatment?",
        choices=AdverseEvent.Relation.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose whether it is related.",
            "invalid_choice": "Choose one of these.",
        },
    )
    outcome = forms.ChoiceField(
        label="How is it now?",
        choices=AdverseEvent.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how it is now.",
            "invalid_choice": "Choose one of these.",
        },
    )

    def __init__(self, *args: Any, given_on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.given_on = given_on

    def clean_began_on(self) -> date:
        began: date = self.cleaned_data["began_on"]
        if began < self.given_on:
            raise forms.ValidationError("This is before the treatment was given.")
        return past_day(began, now=self.now, zone=settings.TIME_ZONE)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        died = said.get("outcome") == AdverseEvent.Outcome.DIED
        if {"outcome", "grade"} <= said.keys() and died != (
            said["grade"] == AdverseEvent.Grade.DEATH
        ):
            self.add_error("outcome", "“Died” and grade 5 go together. Choose both or neither.")
        return said

    def happened(self) -> Happened:
        return Happened(**{name: one for name, one in self.cleaned_data.items() if name != "seen"})


class LotForm(forms.Form):
    lot = line("Lot number", "Write a lot number.", "Case and spaces do not matter.")
