from typing import Any

from django import forms
from django.conf import settings

from consult.booking.forms import VideoLink
from consult.models import HoursChange, User, VisitType, WeeklyHours
from consult.models.people import CLINICAL_ROLES
from consult.rules.published import load_ruleset
from consult.widgets import InAPage

CLOCK = forms.TimeInput({"type": "time", "step": 900}, format="%H:%M")
DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


def people() -> Any:
    """Everybody who can have hours."""
    roles = [str(role) for role in CLINICAL_ROLES]
    return User.objects.filter(is_active=True, groups__name__in=roles).distinct().order_by("pk")


def end_later(form: forms.ModelForm[Any], cleaned: dict[str, Any]) -> None:
    starts, ends = cleaned.get("starts"), cleaned.get("ends")
    if starts and ends and ends <= starts:
        form.add_error("ends", "This must be later than the beginning.")


class HoursForm(InAPage, forms.ModelForm[WeeklyHours]):
    prefix = "hours"

    class Meta:
        model = WeeklyHours
        fields = ["weekday", "starts", "ends"]
        labels = {"starts": "From", "ends": "To"}
        widgets = {"starts": CLOCK, "ends": CLOCK}

    def __init__(self, *args: Any, clinician: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.clinician = clinician
        self.instance.zone = settings.TIME_ZONE

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        end_later(self, cleaned)
        if not self.errors and overlapping(self.instance.clinician, cleaned):
            self.add_error("starts", "There are hours on this weekday that overlap with these.")
        return cleaned


def overlapping(clinician: User, hours: dict[str, Any]) -> bool:
    same_day = WeeklyHours.objects.filter(clinician=clinician, weekday=hours["weekday"])
    return same_day.filter(starts__lt=hours["ends"], ends__gt=hours["starts"]).exists()


class ChangeForm(InAPage, forms.ModelForm[HoursChange]):
    KINDS = [
        ("closed", "Not here"),
        ("open", "Here at these hours instead of the usual ones"),
        ("clinic", "The whole clinic is closed"),
    ]
    prefix = "change"
    kind = forms.ChoiceField(label="What is different?", choices=KINDS)

    class Meta:
        model = HoursChange
        fields = ["kind", "first_on", "last_on", "starts", "ends"]
        labels = {"starts": "From (empty: all day)", "ends": "To"}
        widgets = {"first_on": DAY, "last_on": DAY, "starts": CLOCK, "ends": CLOCK}

    def __init__(self, *args: Any, clinician: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinician = clinician
        self.instance.zone = settings.TIME_ZONE
        self.fields["last_on"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        end_later(self, cleaned)
        kind, first = cleaned.get("kind"), cleaned.get("first_on")
        cleaned["last_on"] = cleaned.get("last_on") or first
        if first and cleaned["last_on"] < first:
            self.add_error("last_on", "This must not be before the first day.")
        hours = [bool(cleaned.get("starts")), bool(cleaned.get("ends"))]
        if any(hours) != all(hours) or (kind == "open" and not all(hours)):
            self.add_error("ends", "Please give both times.")
        self.instance.clinician = None if kind == "clinic" else self.clinician
        self.instance.is_open = kind == "open"
        return cleaned


class VisitTypeForm(InAPage, forms.ModelForm[VisitType]):
    class Meta:
        model = VisitType
        fields = [
            "name", "words", "purpose", "mode", "video_link", "booked_by", "length_minutes",
            "before_minutes", "after_minutes", "notice_hours", "horizon_days", "cutoff_hours",
            "per_day_limit", "from_rank", "to_rank", "clinicians", "position", "is_active",
        ]  # fmt: skip
        field_classes = {"video_link": VideoLink}
        widgets = {"clinicians": forms.CheckboxSelectMultiple}
        labels = {
            "video_link": "Link to join by video",
            "length_minutes": "Length (minutes)",
            "before_minutes": "Kept free before it (minutes)",
            "after_minutes": "Kept free after it (minutes)",
            "notice_hours": "Not sooner than (hours from now)",
            "horizon_days": "Not later than (days from now)",
            "booked_by": "Who books it",
            "per_day_limit": "At most so many a day for one clinician (empty: no limit)",
            "from_rank": "For forms from level",
            "to_rank": "For forms up to level",
            "position": "Place in the list",
            "is_active": "On offer",
        }
        help_texts = {
            "video_link": "Only for visits by video. People see it on their page, from the day "
            "before until two hours after. Empty: each visit has its own, or you call.",
            "clinicians": "Nobody ticked means everybody who has hours.",
            "to_rank": "Where no kind of visit is for a form’s level, its person asks for a time.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clinicians"].queryset = people()  # type: ignore[attr-defined]
        for name in ("from_rank", "to_rank"):
            field = forms.TypedChoiceField(choices=levels(), coerce=int)
            field.label, field.help_text = self.fields[name].label, self.fields[name].help_text
            self.fields[name] = field
        is_by_video = self["mode"].value() in ("", None, VisitType.Mode.VIDEO)
        if not is_by_video and not self["video_link"].value():
            del self.fields["video_link"]
            self.instance.video_link = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("video_link") and cleaned.get("mode") != VisitType.Mode.VIDEO:
            self.add_error("video_link", "Only a visit by video has a link. Please take it out.")
        lowest, highest = cleaned.get("from_rank"), cleaned.get("to_rank")
        if lowest is not None and highest is not None and highest < lowest:
            self.add_error("to_rank", "This must not be below the level it begins with.")
        return cleaned


def levels() -> list[tuple[int, str]]:
    """The places in the queue, lowest first, as staff read them."""
    return [(one.rank, one.label) for one in reversed(load_ruleset().levels)]
