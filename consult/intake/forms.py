from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout
from django import forms

from consult.questions import QuestionsForm
from consult.rules.questionnaire import Questionnaire
from consult.rules.zones import ZONES

LANGUAGES = [("en", "English"), ("es", "Spanish")]


class ContactForm(forms.Form):
    """How the clinic reaches the person; asked once, kept apart from the answers."""

    full_name = forms.CharField(
        label="What is your full name?",
        help_text="Your own name. If you fill in the form for somebody else, you can say so later.",
        max_length=120,
        error_messages={"required": "Please write your name."},
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label="What is your e-mail address?",
        help_text="We write to it when something happens with your form. Our letters never "
        "hold your answers.",
        max_length=254,
        error_messages={
            "required": "Please write your e-mail address.",
            "invalid": "Please write an e-mail address like ana@example.org.",
        },
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    phone = forms.RegexField(
        r"^\+?[0-9][0-9 ()./-]{4,24}$",
        label="What is your phone number? (You can skip this.)",
        help_text="With the country code, such as +52 664 123 4567. We call if something in your "
        "form should not wait.",
        required=False,
        error_messages={"invalid": "Please write a phone number like +52 664 123 4567."},
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
    )
    preferred_language = forms.ChoiceField(
        label="Which language do you want to speak with us?",
        choices=LANGUAGES,
        initial="en",
        widget=forms.RadioSelect,
        error_messages={"required": "Please choose a language."},
    )
    time_zone = forms.ChoiceField(
        label="What time is it where you live?",
        help_text="Choose the place that has the same time as yours. We use it for appointments.",
        choices=ZONES,
        error_messages={
            "required": "Please choose a place with your time.",
            "invalid_choice": "Please choose one of the places in the list.",
        },
        widget=forms.Select({"data-guess-time-zone": True}),
    )

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag = False
        helper.disable_csrf = True
        helper.layout = Layout(
            Fieldset("About you", "full_name", "email", "phone"),
            Fieldset("How we talk", "preferred_language", "time_zone"),
        )
        return helper

    def contact(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class ReachForm(ContactForm):
    """What of it may change after the form was sent; the name is part of what was signed."""

    full_name = preferred_language = None  # type: ignore[assignment]

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout("email", "phone", "time_zone")
        return helper


class CarerForm(QuestionsForm):
    """By what right somebody answers for a child or for an adult in their care."""

    def __init__(self, questionnaire: Questionnaire, **kwargs: Any) -> None:
        (step,) = questionnaire.steps
        super().__init__(questionnaire, step.groups, **kwargs)
