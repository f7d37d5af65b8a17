from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from consult.intake.actions import DECIDED, standing
from consult.models import Decision, Intake
from consult.models.intake import may_move

LONGEST_REASON = 2000


class Words(forms.CharField):
    """A few sentences. A line break counts as one character, as it does in the browser."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea({"rows": 5})
        super().__init__(max_length=LONGEST_REASON, widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class StaffForm(forms.Form):
    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag = False
        helper.disable_csrf = True
        return helper


class Kind(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        words = {
            "required": "Choose what you decide.",
            "invalid_choice": "Choose one of the decisions listed.",
        }
        widget = forms.RadioSelect
        super().__init__(label="What do you decide?", widget=widget, error_messages=words, **kwargs)


class DecisionForm(StaffForm):
    """A decision among those that the form's state allows.

    `seen` carries what the page showed, so that a decision on an outdated page is noticed.
    """

    kind = Kind()
    reason = Words(
        label="Why?",
        help_text="For the care team and the record. It is not sent to the person.",
        error_messages={
            "required": "Write the reason for your decision.",
            "max_length": "Shorten the reason to %(limit_value)d characters; "
            "it has %(show_value)d.",
        },
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, intake: Intake, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now_seen = standing(intake)
        self.initial["seen"] = self.now_seen
        self.kinds = [(kind.value, kind.label) for kind in allowed(intake)]
        self.fields["kind"] = Kind(choices=self.kinds)

    @property
    def is_outdated(self) -> bool:
        """Somebody decided after the page was shown."""
        return self.data.get("seen") != self.now_seen


def allowed(intake: Intake) -> list[Decision.Kind]:
    return [kind for kind, state in DECIDED.items() if may_move(intake, state)]


class TaskForm(StaffForm):
    what_was_done = Words(
        label="What was done?",
        help_text="For example whom you reached, when, and what was agreed.",
        error_messages={
            "required": "Write what was done.",
            "max_length": "Shorten this to %(limit_value)d characters; it has %(show_value)d.",
        },
    )
