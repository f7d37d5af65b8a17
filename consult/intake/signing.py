"""The name under agreements, and the choice when their words have changed."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from consult.intake.consents import NewWords

LETTERS_IN_A_NAME = 2  # people write their names in many ways; one letter is a slip


class NameField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="Type your full name to sign",
            help_text="With your name you sign the agreements above, and nothing else.",
            max_length=120,
            error_messages={
                "required": "Please type your full name to sign.",
                "max_length": "Please use at most 120 characters.",
            },
            widget=forms.TextInput({"autocomplete": "name"}),
            **kwargs,
        )

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and sum(one.isalpha() for one in value) < LETTERS_IN_A_NAME:
            raise forms.ValidationError("Please type your full name, not a letter or a sign.")


class SignatureForm(forms.Form):
    signature = NameField()


class NewWordsForm(forms.Form):
    """Yes or no to each agreement in its new words, chosen for nobody beforehand, and a name.

    The name is only asked for when there is something to sign: a no to what the form cannot be
    kept without leads elsewhere and signs nothing.
    """

    signature = NameField(required=False)

    def __init__(self, asked: Sequence[NewWords], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        for number, one in enumerate(asked, start=1):
            which = f"agreement {number}" if len(asked) > 1 else "the agreement"
            self.fields[one.question.id] = forms.ChoiceField(
                label=f"Do you agree to the new words of {which}?",
                choices=[("yes", "Yes, I agree"), ("no", "No, I do not agree")],
                widget=forms.RadioSelect,
                error_messages={
                    "required": "Please choose yes or no.",
                    "invalid_choice": "Please choose yes or no.",
                },
            )

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.ends_the_form and not self.cleaned_data["signature"]:
            self.add_error("signature", "Please type your full name to sign.")
        return self.cleaned_data

    @property
    def ends_the_form(self) -> bool:
        """Whether there is a no to something that the form cannot be kept without."""
        said = self.said()
        return any(
            one.question.must_be is not None and said[one.question.id] != one.question.must_be
            for one in self.asked
        )

    def said(self) -> dict[str, bool]:
        return {one.question.id: self.cleaned_data[one.question.id] == "yes" for one in self.asked}

    def rows(self) -> list[tuple[NewWords, BoundField]]:
        return [(one, self[one.question.id]) for one in self.asked]
