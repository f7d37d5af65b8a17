from collections.abc import Iterable
from typing import Any

from django import forms

from consult.dashboard.filters import ME, NOBODY
from consult.dashboard.forms import StaffForm
from consult.models import User

LONGEST_NOTE = 10_000


class NoteForm(StaffForm):
    words = forms.CharField(
        label="Note",
        help_text="For the care team. The person reads it only in the copy of their data.",
        max_length=LONGEST_NOTE,
        widget=forms.Textarea({"rows": 6}),
        error_messages={
            "required": "Write the note.",
            "max_length": "Shorten the note to 10,000 characters; it has %(show_value)d.",
        },
    )

    def __init__(self, data: Any = None) -> None:
        if data is not None:  # a line break counts as one character, as it does in the browser
            data = {"words": data.get("words", "").replace("\r\n", "\n")}
        super().__init__(data)
        # The browser would cut what is pasted, silently; the page says how long it is instead.
        self.fields["words"].widget.attrs.pop("maxlength", None)


class AssignForm(StaffForm):
    to = forms.ChoiceField(
        label="Assigned to",
        error_messages={
            "required": "Choose who takes the form.",
            "invalid_choice": "Choose somebody of the care team, or nobody.",
        },
    )

    def __init__(self, data: Any = None, *, team: Iterable[User], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.team = {one.pk.hex: one for one in team}
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        people = [(key, str(one)) for key, one in self.team.items()]
        field.choices = [(NOBODY, "Nobody"), (ME, "Me"), *people]

    def person(self, me: User) -> User | None:
        chosen = self.cleaned_data["to"]
        return me if chosen == ME else self.team.get(chosen)
