from collections.abc import Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms

from consult.intake.own_questions import LONGEST
from consult.models import Intake
from consult.rules.suggestions import Suggestion

TOO_LONG = f"Please use at most {LONGEST} characters."


class Words(forms.CharField):
    """A browser counts a new line as one character and sends two."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


def words_field(label: str, **kwargs: Any) -> Words:
    return Words(
        label=label,
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"max_length": TOO_LONG, "required": "Please write your question."},
        **kwargs,
    )


class AskForm(forms.Form):
    """Questions to add to the list of one form."""

    picked = forms.MultipleChoiceField(
        label="Pick from these",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Please pick from the questions in the list."},
    )
    words = words_field("Write a question of your own", required=False)

    def __init__(self, offered: Sequence[Suggestion], data: Any = None, *, of: Intake) -> None:
        super().__init__(data, auto_id=f"id_{of.code}_%s")
        self.offer(offered)

    def offer(self, suggestions: Sequence[Suggestion]) -> None:
        """What can be picked; only these are shown."""
        choices = [(one.id, one.words) for one in suggestions]
        field = self.fields["picked"]
        field.choices = choices  # type: ignore[attr-defined]
        self.shown = ["picked", "words"] if choices else ["words"]

    @property
    def helper(self) -> FormHelper:
        return helper_for(self, *self.shown)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and not said.get("picked") and not said.get("words"):
            self.add_error("words", "Please pick a question, or write one.")
        return said


class WordsForm(forms.Form):
    words = words_field("Your question")

    @property
    def helper(self) -> FormHelper:
        return helper_for(self, "words")


def helper_for(form: forms.Form, *names: str) -> FormHelper:
    helper = FormHelper(form)
    helper.form_tag, helper.disable_csrf = False, True
    helper.layout = Layout(*names)
    return helper
