"""Stopping the letters to an address, and why staff may do it."""

from collections.abc import Sequence
from typing import Any

from django import forms

from consult.dashboard.forms import StaffForm
from consult.models import Suppression

Scope, Reason = Suppression.Scope, Suppression.Reason
WHICH = {
    Scope.CARE: "Reminders, check-ins and what else can be switched off",
    Scope.ALL: "All letters, codes to sign in among them",
}
# What is stored is one of these: a stop outlives the form, so nothing is typed about a person.
WHY = {
    Reason.ASKED: "The person asked for it",
    Reason.OTHERS: "Somebody else reads this mailbox",
    Reason.WRONG: "It is not the person’s address",
    Reason.STAFF: "Another reason, which a note in the case tells",
}
STOPPED = {
    Scope.CARE: "Stopped. What can be switched off does not go to this address any more; "
    "what the service needs still does.",
    Scope.ALL: "Stopped. No letter goes to this address any more. Please call the person.",
}


class StopForm(StaffForm):
    scope = forms.ChoiceField(
        label="Which letters?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose which letters are stopped.",
            "invalid_choice": "Choose one of those listed.",
        },
    )
    reason = forms.ChoiceField(
        label="Why?",
        widget=forms.RadioSelect,
        choices=WHY.items(),
        error_messages={
            "required": "Choose why.",
            "invalid_choice": "Choose one of the reasons listed.",
        },
    )

    def __init__(self, stops: Sequence[Suppression], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scope, standing = self.fields["scope"], {one.scope for one in stops}
        assert isinstance(scope, forms.ChoiceField)  # noqa: S101 - for the type checker
        scope.choices = [(key, words) for key, words in WHICH.items() if key not in standing]
