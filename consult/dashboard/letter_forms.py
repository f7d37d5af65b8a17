from collections.abc import Callable
from typing import Any

from django import forms

from consult.dashboard.forms import StaffForm
from consult.dashboard.queries import find_case
from consult.models import Intake, User
from consult.rules import wording as rules

FIRST_WORDS = "The greeting before them, and the button and the last lines after them, stay."


class Freely(forms.CharField):
    """Typed text, checked by the clinic's rules; a line break counts as one character."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")


class WordingForm(StaffForm):
    """A letter's subject and first words. `seen` is the version that the page showed, so that
    words which a colleague saved meanwhile are not lost."""

    subject = Freely(
        label="Subject",
        help_text="One line. It says nothing of health and does not name us.",
        error_messages={"required": "Write the subject."},
    )
    words = Freely(
        label="Words",
        widget=forms.Textarea({"rows": 12}),
        error_messages={"required": "Write the words of the letter."},
    )
    reference = forms.CharField(
        label="Look at it with this form",
        max_length=20,
        required=False,
        help_text="A reference. Without one it is the newest form that you may see.",
        error_messages={"max_length": "A reference is shorter than this."},
    )
    seen = forms.IntegerField(
        widget=forms.HiddenInput, min_value=0, max_value=10**9, required=False
    )

    def __init__(self, event: str, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event, self.user = event, user
        self.intake: Intake | None = None
        known = ", ".join(f"{{{name}}}" for name in rules.placeholders(event))
        self.fields[
            "words"
        ].help_text = f"{FIRST_WORDS} An empty line begins a new paragraph. You can use {known}."

    def clean_subject(self) -> str:
        return self.checked("subject", rules.check_subject)

    def clean_words(self) -> str:
        return self.checked("words", rules.check_words)

    def clean_seen(self) -> int:
        return self.cleaned_data["seen"] or 0

    def checked(self, name: str, check: Callable[[str, str], None]) -> str:
        text = str(self.cleaned_data[name])
        try:
            check(text, self.event)
        except rules.CannotUse as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return text

    def clean_reference(self) -> str:
        code = str(self.cleaned_data["reference"]).strip().upper()
        if code:
            self.intake = find_case(self.user, code)
            if self.intake is None:
                raise forms.ValidationError("No form with this reference is yours to see.")
        return code
