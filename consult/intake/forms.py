from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout
from django import forms

from consult.followups.named import RELATIONS
from consult.questions import QuestionsForm
from consult.rules.questionnaire import Questionnaire
from consult.rules.zones import ZONES

LANGUAGES = [("en", "English"), ("es", "Spanish")]
PHONE = r"^\+?[0-9][0-9 ()./-]{4,24}$"
NAMED = ("named_name", "named_phone", "named_relation")  # somebody to call if the person is silent


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
        PHONE,
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
    named_name = forms.CharField(
        label="Whom may we call if we cannot reach you? (You can skip this.)",
        help_text="The name of somebody close to you. Please ask them first. We call them only if "
        "you do not answer us after a treatment, and tell them no more than that we are trying to "
        "reach you.",
        max_length=120,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    named_phone = forms.RegexField(
        PHONE,
        label="What is their phone number?",
        required=False,
        error_messages={"invalid": "Please write a phone number like +52 664 123 4567."},
        widget=forms.TextInput({"type": "tel", "autocomplete": "off"}),
    )
    named_relation = forms.ChoiceField(
        label="Who are they to you?",
        choices=[("", "Please choose"), *RELATIONS.items()],
        required=False,
        error_messages={"invalid_choice": "Please choose one of those listed."},
    )

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag = False
        helper.disable_csrf = True
        helper.layout = Layout(
            Fieldset("About you", "full_name", "email", "phone"),
            Fieldset("How we talk", "preferred_language", "time_zone"),
            Fieldset("If we cannot reach you", *NAMED),
        )
        return helper

    def clean(self) -> dict[str, Any]:
        """Whoever names somebody says how to call them, and the other way round."""
        name, phone = (self.cleaned_data.get(key, "") for key in NAMED[:2])
        if name and not phone and "named_phone" not in self.errors:
            self.add_error("named_phone", "Please write the phone number of the person you named.")
        if phone and not name and "named_name" not in self.errors:
            self.add_error("named_name", "Please write whose phone number this is.")
        return self.cleaned_data

    def contact(self) -> dict[str, Any]:
        """What was typed; of somebody else nothing, where nobody was named."""
        named = bool(self.cleaned_data["named_name"])
        return {key: one for key, one in self.cleaned_data.items() if named or key not in NAMED}


class ReachForm(ContactForm):
    """What of it may change after the form was sent; the name is part of what was signed."""

    full_name = preferred_language = None  # type: ignore[assignment]

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(
            "email", "phone", "time_zone", Fieldset("If we cannot reach you", *NAMED)
        )
        return helper

    def contact(self) -> dict[str, Any]:
        """Everything: what is emptied here is taken out of what was stored."""
        named = bool(self.cleaned_data["named_name"])
        return {**self.cleaned_data, **({} if named else dict.fromkeys(NAMED, ""))}


class CarerForm(QuestionsForm):
    """By what right somebody answers for a child or for an adult in their care."""

    def __init__(self, questionnaire: Questionnaire, **kwargs: Any) -> None:
        (step,) = questionnaire.steps
        super().__init__(questionnaire, step.groups, **kwargs)
