from typing import Any

from django import forms

from consult.dashboard.forms import Listed, StaffForm
from consult.dashboard.talking_words import KNOWN, CannotFill, filled, refuse_unknown
from consult.intake.conversation import LONGEST
from consult.models import MessageTemplate

PLACEHOLDERS = f"You can use {KNOWN}; they are filled in for you."


class MessageWords(forms.CharField):
    """What a message says. A line break counts as one character, as it does in the browser."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=LONGEST,
            widget=forms.Textarea({"rows": 8}),
            error_messages={
                "required": "Write the message.",
                "max_length": "Shorten this to %(limit_value)d characters; it has %(show_value)d.",
            },
            **kwargs,
        )

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class MessageForm(StaffForm):
    words = MessageWords(label="Your message", help_text=PLACEHOLDERS)

    def __init__(self, values: dict[str, str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.values = values

    def clean_words(self) -> str:
        """The words as the person will read them."""
        try:
            words = filled(self.cleaned_data["words"], self.values)
        except CannotFill as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        if len(words) > LONGEST:
            raise forms.ValidationError(f"Filled in, this is longer than {LONGEST} characters.")
        return words


class PickForm(StaffForm):
    template = Listed(
        MessageTemplate.objects.filter(is_active=True),
        label="Begin with a template",
        empty_label="Choose a template",
        error_messages={
            "required": "Choose a template.",
            "invalid_choice": "Choose one of the templates listed.",
        },
    )


class TemplateForm(StaffForm):
    name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="For the list of templates. The person does not see it.",
        error_messages={"required": "Give the template a name."},
    )
    words = MessageWords(label="Words", help_text=f"You can use {KNOWN}.")
    is_active = forms.BooleanField(label="Offer it when somebody writes", required=False)

    def clean_words(self) -> str:
        try:
            refuse_unknown(self.cleaned_data["words"])
        except CannotFill as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return str(self.cleaned_data["words"])
