from collections.abc import Iterable
from typing import Any

from django import forms

from consult.dashboard.calling import REACHED
from consult.intake.deciding import ToThePerson, allowed, is_held, standing
from consult.models import Decision, Intake
from consult.widgets import InAPage

LONGEST_REASON = 2000
TOO_LONG = "Shorten this to %(limit_value)d characters; it has %(show_value)d."


class Words(forms.CharField):
    """A few sentences. A line break counts as one character, as it does in the browser."""

    def __init__(self, *, rows: int = 5, longest: int = LONGEST_REASON, **kwargs: Any) -> None:
        widget = forms.Textarea({"rows": rows})
        super().__init__(max_length=longest, widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No maxlength: a browser would cut what is pasted without a word, and we say so."""
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class Listed(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One row of those listed; what is no key at all is not listed either."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except forms.ValidationError as error:
            words = self.error_messages["invalid_choice"]
            raise forms.ValidationError(words, code="invalid_choice") from error


class StaffForm(InAPage, forms.Form):
    """Any form of the dashboard."""


class Kind(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        words = {
            "required": "Choose what you decide.",
            "invalid_choice": "Choose one of the decisions listed.",
        }
        widget = forms.RadioSelect
        super().__init__(label="What do you decide?", widget=widget, error_messages=words, **kwargs)


class DecisionForm(StaffForm):
    """A decision among those that the form's state allows, with what each of them needs.

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
    override = forms.ChoiceField(
        label="Ready all the same, because",
        help_text="Only for “Ready to book”: the rules hold this form. A second clinician has to "
        "sign before the person can book.",
        choices=[("", "Choose a reason"), *Decision.Override.choices],
        required=False,
        error_messages={"invalid_choice": "Choose one of the reasons listed."},
    )
    words = Words(
        label="What the person reads",
        help_text="Only for “Not suitable”. It stands on their own page, in your words.",
        rows=4,
        required=False,
        error_messages={"max_length": TOO_LONG},
    )
    alternative = Words(
        label="What they can do instead",
        help_text="Only for “Not suitable”. For example another treatment, a specialist, a trial.",
        rows=3,
        required=False,
        error_messages={"max_length": TOO_LONG},
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    NEEDS = {  # what a decision needs beside the reason, and what to say when it is missing
        Decision.Kind.READY: {"override": "Choose why it may go on although the rules hold it."},
        Decision.Kind.NOT_SUITABLE: {
            "words": "Write to the person why.",
            "alternative": "Write what they can do instead.",
        },
    }

    def __init__(self, intake: Intake, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now_seen = standing(intake)
        self.initial["seen"] = self.now_seen
        self.kinds = [(kind.value, kind.label) for kind in allowed(intake)]
        self.fields["kind"] = Kind(choices=self.kinds)
        kinds = dict(self.kinds)
        if Decision.Kind.READY not in kinds or not is_held(intake):
            del self.fields["override"]
        if Decision.Kind.NOT_SUITABLE not in kinds:
            del self.fields["words"], self.fields["alternative"]

    @property
    def is_outdated(self) -> bool:
        """Somebody decided after the page was shown."""
        return self.data.get("seen") != self.now_seen

    def clean(self) -> dict[str, Any]:
        for name, sentence in self.needed().items():
            if name in self.fields and name not in self.errors and not self.cleaned_data[name]:
                self.add_error(name, sentence)
        return self.cleaned_data

    def needed(self) -> dict[str, str]:
        return self.NEEDS.get(self.cleaned_data.get("kind", ""), {})

    def told(self) -> ToThePerson | None:
        if self.cleaned_data["kind"] != Decision.Kind.NOT_SUITABLE:
            return None
        return ToThePerson(self.cleaned_data["words"], self.cleaned_data["alternative"])


class SecondForm(StaffForm):
    """The second clinician signs or refuses an override; a refusal needs words."""

    agrees = forms.ChoiceField(
        label="Do you agree?",
        choices=[("yes", "Yes, I sign"), ("no", "No, I do not agree")],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose whether you sign.",
            "invalid_choice": "Choose one of the two.",
        },
    )
    second_words = Words(
        label="What you add",
        help_text="For the care team. Needed when you do not agree.",
        rows=3,
        required=False,
        error_messages={"max_length": TOO_LONG},
    )

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("agrees") == "no" and not self.cleaned_data.get("second_words"):
            self.add_error("second_words", "Write why you do not agree.")
        return self.cleaned_data


class WithdrawForm(StaffForm):
    reason = Words(
        label="Who asked for it, how and when?",
        help_text="For example: she called on Monday at ten and asked us to stop. It is kept as a "
        "note.",
        error_messages={"required": "Write who asked for it.", "max_length": TOO_LONG},
    )


class GlassForm(StaffForm):
    reference = forms.CharField(
        label="The form’s reference",
        max_length=20,
        error_messages={
            "required": "Type the reference.",
            "max_length": "A reference is shorter than this.",
        },
    )
    reason = Words(
        label="Why do you need the answers?",
        help_text="A lead clinician reads this, and the person sees that their answers were "
        "opened.",
        error_messages={"required": "Write why you need them.", "max_length": TOO_LONG},
    )
    intake: Intake | None = None

    def clean_reference(self) -> str:
        code = str(self.cleaned_data["reference"]).strip().upper()
        handed_in = Intake.objects.filter(submitted_at__isnull=False, code=code)
        self.intake = handed_in.first() if code.isalnum() else None
        if self.intake is None:
            raise forms.ValidationError("No form with this reference was sent to us.")
        return code


class TryForm(StaffForm):
    """Who did not answer. `seen` is how many tries the page showed."""

    whom = forms.ChoiceField(
        label="Who did not answer?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose whom you called.",
            "invalid_choice": "Choose one of those listed.",
        },
    )
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, people: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["whom"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = list(people)


class TaskForm(StaffForm):
    what_was_done = Words(
        label="What was done?",
        help_text="For example whom you reached, when, and what was agreed.",
        error_messages={"required": "Write what was done.", "max_length": TOO_LONG},
    )


class CallsDoneForm(TaskForm):
    """For a task that is phoned about in tries: whom somebody spoke with, if with anybody."""

    reached = forms.ChoiceField(
        label="Whom did you reach?",
        choices=[*REACHED.items()],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose whom you reached.",
            "invalid_choice": "Choose one of those listed.",
        },
    )
    field_order = ("reached", "what_was_done")
