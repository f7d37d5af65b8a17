from crispy_forms.helper import FormHelper
from django import forms


class PlainForm(forms.Form):
    """Crispy, inside a form of the page's own."""

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag = False
        helper.disable_csrf = True
        return helper


class CodeForm(PlainForm):
    code = forms.CharField(
        label="The code from the letter",
        max_length=40,
        error_messages={
            "required": "Please write the code from the letter.",
            "max_length": "This is too long for a code.",
            "null_characters_not_allowed": "Please write the code from the letter.",
        },
        widget=forms.TextInput({"autocomplete": "one-time-code", "autocapitalize": "characters"}),
    )


class AddressForm(PlainForm):
    email = forms.EmailField(
        label="With which address do you want to sign in?",
        help_text="We send a code to it. Until you have entered the code, nothing changes.",
        max_length=254,
        error_messages={
            "required": "Please write your new e-mail address.",
            "invalid": "Please write an e-mail address like ana@example.org.",
        },
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
