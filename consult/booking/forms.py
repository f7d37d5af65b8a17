from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.core.validators import URLValidator

from consult.models import User, VisitType
from consult.rules import clock
from consult.rules.zones import PLACES, ZONES
from consult.widgets import InAPage

PHONE = r"^\+?[0-9][0-9 ()./-]{4,24}$"


class Instant(forms.CharField):
    """A moment as our own buttons post it: 2026-11-24T18:00Z."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> datetime | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        try:
            instant = datetime.fromisoformat(text)
            return instant.astimezone(UTC) if instant.tzinfo else refuse_instant()
        except (ValueError, OverflowError):
            return refuse_instant()


def refuse_instant() -> datetime:
    raise forms.ValidationError("We could not read that time. Please choose one of these.")


class Month(forms.CharField):
    """2026-12, as its first day."""

    def to_python(self, value: Any) -> datetime | None:  # type: ignore[override]
        try:
            return datetime.strptime(str(super().to_python(value)), "%Y-%m")  # noqa: DTZ007
        except ValueError:
            return None


class SearchForm(forms.Form):
    """What narrows the times: which visit, with whom, which month, on whose clock. What cannot be
    is left out."""

    type = forms.ModelChoiceField(VisitType.objects.none(), required=False)
    clinician = forms.ModelChoiceField(User.objects.none(), required=False)
    month = Month(required=False)
    zone = forms.ChoiceField(choices=ZONES, required=False)

    def __init__(self, *args: Any, types: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].queryset = types  # type: ignore[attr-defined]
        self.fields["clinician"].queryset = clinicians()  # type: ignore[attr-defined]
        self.full_clean()

    def get(self, name: str) -> Any:
        return self.cleaned_data.get(name)

    def month_in(self, zone: ZoneInfo) -> datetime | None:
        month: datetime | None = self.get("month")
        return month.replace(tzinfo=zone) if month and 2000 < month.year < 3000 else None


class SeenForm(forms.Form):
    """How the visit stood on the page that somebody acts from: its `sequence`."""

    seen = forms.IntegerField(min_value=0)


def zone_choices(current: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Places by area, the person's own first where it is none of them."""
    areas = [(area, list(places.items())) for area, places in PLACES.items()]
    if any(current in places for places in PLACES.values()):
        return areas
    return [("Yours", [(current, clock.place_of(ZoneInfo(current)))]), *areas]


def clinicians() -> Any:
    return User.objects.filter(is_active=True, weekly_hours__isnull=False).distinct()


class TimeForm(forms.Form):
    """One of the buttons with a time, and what was typed before it had to be chosen anew."""

    starts_at = Instant(error_messages={"required": "Please choose a time."})
    phone = forms.CharField(required=False, max_length=40)
    note = forms.CharField(required=False, max_length=1000)


class DetailsForm(InAPage, forms.Form):
    """The last page before booking."""

    starts_at = Instant(error_messages={"required": "Please choose a time."})
    type = forms.ModelChoiceField(VisitType.objects.all(), widget=forms.HiddenInput)
    clinician = forms.ModelChoiceField(
        User.objects.none(), required=False, widget=forms.HiddenInput
    )
    moves = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)
    phone = forms.RegexField(
        PHONE,
        label="Which number shall we call?",
        help_text="With the country code, such as +52 664 123 4567.",
        error_messages={
            "required": "Please write the number that we shall call.",
            "invalid": "Please write a phone number like +52 664 123 4567.",
        },
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
    )
    note = forms.CharField(
        label="Is there anything we should know before we meet? (You can skip this.)",
        help_text="For example that you need an interpreter, or that somebody comes with you.",
        required=False,
        max_length=1000,
        error_messages={"max_length": "Please use at most 1,000 characters."},
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: Any, by_phone: bool, moving: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clinician"].queryset = clinicians()  # type: ignore[attr-defined]
        if moving:
            del self.fields["note"]
        if moving or not by_phone:
            del self.fields["phone"]

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(*self.fields)
        return helper


class VideoLink(forms.URLField):
    """The way into a room for a visit by video."""

    default_validators = [URLValidator(schemes=["https"])]
    default_error_messages = {
        "invalid": "Please give the whole address of the room. It begins with https://",
        "max_length": "Please use an address of at most 300 characters.",
    }

    def __init__(self, **kwargs: Any) -> None:
        fixed = {"max_length": 300, "assume_scheme": "https", "empty_value": None}
        super().__init__(**(kwargs | fixed))


class VideoForm(InAPage, forms.Form):
    prefix = "video"
    link = VideoLink(
        label="Link to join this visit by video",
        help_text="For a room of its own. Empty: the link of this kind of visit, if it has one.",
        required=False,
    )


class DeclineForm(InAPage, forms.Form):
    words = forms.CharField(
        label="What shall we tell the person?",
        help_text="They read this on their page; the letter only says that the time cannot be.",
        max_length=1000,
        error_messages={
            "required": "Please write a sentence for the person.",
            "max_length": "Please use at most 1,000 characters.",
        },
        widget=forms.Textarea({"rows": 3}),
    )


class AlthoughForm(InAPage, forms.Form):
    although = forms.CharField(
        label="Why did the treatment take place all the same?",
        help_text="It is kept as a note on the form, with your name.",
        max_length=1000,
        error_messages={
            "required": "Please write why.",
            "max_length": "Please use at most 1,000 characters.",
        },
        widget=forms.Textarea({"rows": 3}),
    )


class CancelForm(InAPage, forms.Form):
    reason = forms.CharField(
        label="Would you like to tell us why? (You can skip this.)",
        required=False,
        max_length=1000,
        error_messages={"max_length": "Please use at most 1,000 characters."},
        widget=forms.Textarea({"rows": 3}),
    )
