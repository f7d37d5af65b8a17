"""What staff ask a person for: rows of a place in the form and their words about it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from consult.dashboard.forms import StaffForm
from consult.intake.amending import LONGEST_WORDS, MOST_ITEMS, Item
from consult.intake.deciding import standing
from consult.models import Intake
from consult.rules.conditions import Answer
from consult.rules.questionnaire import Questionnaire, visible

FIRST_ROWS, MORE_ROWS = 3, 3
ROWS, MORE = "rows", "more"
BETWEEN = "|"
Choices = list[tuple[str, Any]]


def places(questionnaire: Questionnaire, answers: Mapping[str, Answer]) -> Choices:
    """Whole parts, and the questions that this person was asked, under their part."""
    shown = [one for one in visible(questionnaire, answers) if one.kind != "agreement"]
    groups = [
        (
            step.title,
            [(step.id + BETWEEN, f"About this whole part: {step.title}")]
            + [(step.id + BETWEEN + one.id, one.text) for one in shown if one.step == step.id],
        )
        for step in questionnaire.steps
    ]
    return [("", "Choose a question"), *groups]


class Ask(forms.CharField):
    def __init__(self) -> None:
        super().__init__(
            label="What do you ask?",
            required=False,
            max_length=LONGEST_WORDS,
            widget=forms.Textarea({"rows": 2}),
            error_messages={
                "max_length": "Shorten this to %(limit_value)d characters; it has %(show_value)d."
            },
        )

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class AskForm(StaffForm):
    """`seen` carries what the page showed, so that a page that is out of date is noticed."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        intake: Intake,
        questionnaire: Questionnaire,
        answers: Mapping[str, Answer],
        *,
        rows: int = FIRST_ROWS,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rows = max(FIRST_ROWS, min(rows, MOST_ITEMS))
        self.now_seen = standing(intake)
        self.initial["seen"] = self.now_seen
        choices = places(questionnaire, answers)
        for number in range(self.rows):
            self.fields[f"about_{number}"] = forms.ChoiceField(
                label="About which question?",
                choices=choices,
                required=False,
                error_messages={"invalid_choice": "Choose one of the questions listed."},
            )
            self.fields[f"words_{number}"] = Ask()

    @property
    def is_outdated(self) -> bool:
        return self.data.get("seen") != self.now_seen

    @property
    def is_full(self) -> bool:
        return self.rows >= MOST_ITEMS

    def pairs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"about_{n}"], self[f"words_{n}"]) for n in range(self.rows)]

    def clean(self) -> dict[str, Any]:
        taken: set[str] = set()
        for number in range(self.rows):
            self.check_row(number, taken)
        if not taken and not self.errors:
            raise forms.ValidationError("Choose a question and write what you ask.")
        return self.cleaned_data

    def check_row(self, number: int, taken: set[str]) -> None:
        about_name, words_name = f"about_{number}", f"words_{number}"
        if about_name in self.errors or words_name in self.errors:
            return
        about = self.cleaned_data[about_name]
        words = self.cleaned_data[words_name]
        if words and not about:
            self.add_error(about_name, "Choose what your words are about.")
        elif about and not words:
            self.add_error(words_name, "Write what you ask.")
        elif about in taken:
            self.add_error(about_name, "You ask about this above already. Put both together there.")
        elif about:
            taken.add(about)

    def items(self) -> list[Item]:
        found: list[Item] = []
        for number in range(self.rows):
            step, _, question = self.cleaned_data[f"about_{number}"].partition(BETWEEN)
            if step:
                words = self.cleaned_data[f"words_{number}"]
                found.append({"step": step, "question": question, "words": words})
        return found


def rows_in(posted: QueryDict) -> int:
    """How many rows the page had."""
    text = posted.get(ROWS, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else FIRST_ROWS
