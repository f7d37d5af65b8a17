from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from crispy_forms.helper import FormHelper
from django import forms

from consult.followups.choices import GROUPS, LONGEST_PAUSE, switched_off
from consult.models import LetterChoice
from consult.rules import clock
from consult.rules.followups import at_wall_time
from consult.widgets import DayMonthYear


class LettersForm(forms.Form):
    """Which letters that can be switched off a person wants, and a pause."""

    wanted = forms.MultipleChoiceField(
        label="Which of these may we send you by e-mail?",
        help_text="Take a tick out to stop them. It counts at once.",
        choices=[(one.key, f"{one.words}. {one.help}") for one in GROUPS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Please choose from the list."},
    )
    paused_until = forms.DateField(
        label="Pause them until (you can leave this empty)",
        help_text="From this day on they come again. What falls into the pause is not sent later.",
        required=False,
        widget=DayMonthYear,
        error_messages={
            "invalid": "We cannot read this as a day. Please write it such as 24 11 2026."
        },
    )

    def __init__(self, *args: Any, now: datetime, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.zone = now.astimezone(zone).date(), zone

    def clean_paused_until(self) -> date | None:
        until: date | None = self.cleaned_data["paused_until"]
        if until and until <= self.today:
            raise forms.ValidationError("Please give a day that is still to come.")
        if until and until > self.today + LONGEST_PAUSE:
            last = at_wall_time(self.today + LONGEST_PAUSE, time(12), self.zone)
            words = clock.day_in_words(last, self.zone)
            raise forms.ValidationError(f"A pause can last half a year: until {words} at most.")
        return until

    def off(self) -> list[str]:
        return [one.key for one in GROUPS if one.key not in self.cleaned_data["wanted"]]

    def pause_ends(self) -> datetime | None:
        """The first moment of that day where the person is."""
        until = self.cleaned_data["paused_until"]
        return at_wall_time(until, time(0), self.zone) if until else None

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag = False
        helper.disable_csrf = True
        return helper


def as_chosen(choice: LetterChoice | None, *, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """What the form shows first: what is kept, or everything."""
    off = switched_off(choice)
    until = choice.paused_until if choice and choice.is_paused(now) else None
    return {
        "wanted": [one.key for one in GROUPS if one.key not in off],
        "paused_until": until.astimezone(zone).date() if until else None,
    }
