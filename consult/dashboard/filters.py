"""What narrows the queue, as it stands in the address. What is not known there is left out, and
the page says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from consult.fields import blind_index
from consult.marks import COUNTRY
from consult.models import Intake, IntakeMark, User
from consult.models.people import CARE_TEAM
from consult.rules.published import load_questionnaire, load_ruleset

STATES: dict[str, tuple[Intake.State, str]] = {
    "waiting": (Intake.State.SUBMITTED, "Waiting"),
    "asked": (Intake.State.ASKED, "Waiting for the person"),
    "on_hold": (Intake.State.ON_HOLD, "On hold"),
    "ready": (Intake.State.READY, "Ready"),
    "not_suitable": (Intake.State.NOT_SUITABLE, "Not suitable"),
}
LANGUAGES = {"en": "English", "es": "Spanish"}
ME, NOBODY = "me", "nobody"
MARKED = ("topic", "language", "country")  # not in clear in the row
# What an address may hold beside filters.
PLACES = {"after", "shown"}
CLINICAL = ("topic", "unread")


def countries() -> dict[str, str]:
    return {one.code: one.label for one in load_questionnaire().by_id[COUNTRY].options}


def care_team() -> list[User]:
    """Everybody to whom a form can be given, by name."""
    rows = User.objects.filter(is_active=True, groups__name__in=CARE_TEAM).distinct()
    return sorted(rows, key=lambda one: str(one).casefold())


class FilterForm(forms.Form):
    show = forms.ChoiceField(label="State", required=False)
    level = forms.ChoiceField(label="Level", required=False)
    assignee = forms.ChoiceField(label="Assigned to", required=False)
    topic = forms.ChoiceField(label="Topic", required=False)
    language = forms.ChoiceField(label="Language", required=False)
    country = forms.ChoiceField(label="Country", required=False)
    unread = forms.ChoiceField(label="Text nobody has read", required=False)

    def __init__(self, data: Mapping[str, str], *, team: Iterable[User], clinical: bool) -> None:
        super().__init__(data, label_suffix="")
        rules = load_ruleset()
        people = [(ME, "Me"), (NOBODY, "Nobody"), *((one.pk.hex, str(one)) for one in team)]
        choices: dict[str, Iterable[tuple[str, str]]] = {
            "show": [(key, label) for key, (_, label) in STATES.items()],
            "level": [(one.code, one.label) for one in rules.levels],
            "assignee": people,
            "topic": [(one.code, one.title) for one in rules.topics],
            "language": LANGUAGES.items(),
            "country": countries().items(),
            "unread": [("yes", "Yes")],
        }
        self.words = {name: dict(values) for name, values in choices.items()}
        for name, values in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = [*([] if name == "show" else [("", "All")]), *values]
        for name in () if clinical else CLINICAL:
            del self.fields[name]


@dataclass(frozen=True)
class Filters:
    """Filters that are known, the form that shows them, and what was left out of the address."""

    chosen: Mapping[str, str]
    form: FilterForm
    left_out: tuple[str, ...]

    @property
    def show(self) -> str:
        return self.chosen["show"]

    @property
    def state(self) -> Intake.State:
        return STATES[self.show][0]

    @cached_property
    def narrowing(self) -> dict[str, str]:
        return {name: value for name, value in self.chosen.items() if name != "show"}

    @cached_property
    def query(self) -> str:
        """The same filters as an address; the first list without any has none."""
        values = {} if self.show == "waiting" else {"show": self.show}
        return urlencode(values | self.narrowing)

    @property
    def in_words(self) -> list[tuple[str, str]]:
        """Each filter that is set, as its label and what was chosen."""
        words = []
        for name, value in self.chosen.items():
            words.append((str(self.form.fields[name].label), self.form.words[name][value]))
        return words

    @property
    def names(self) -> list[str]:
        """Which filters, for the record: never what they were set to."""
        return sorted(self.narrowing)

    def apply(self, rows: QuerySet[Intake], user: User) -> QuerySet[Intake]:
        for name, value in self.narrowing.items():
            rows = narrowed(rows, name, value, user)
        return rows


def narrowed(rows: QuerySet[Intake], name: str, value: str, user: User) -> QuerySet[Intake]:
    if name in MARKED:
        found = IntakeMark.objects.filter(mark=blind_index(name, value))
        return rows.filter(pk__in=found.values("intake"))
    if name == "level":
        return rows.filter(rank=load_ruleset().by_level[value].rank)
    if name == "unread":
        return rows.filter(has_unread_text=True)
    if value == NOBODY:
        return rows.filter(assignee=None)
    return rows.filter(assignee=user.pk if value == ME else UUID(value))


def read(query: QueryDict, *, team: Iterable[User], clinical: bool) -> Filters:
    given = {name: str(one) for name, one in query.items() if one and name not in PLACES}
    form = FilterForm(given, team=team, clinical=clinical)
    known = {name: given[name] for name in form.fields if name in given and name not in form.errors}
    left_out = [str(form.fields[name].label) for name in form.errors]
    if set(given) - set(form.fields):
        left_out.append("something that is no filter here")
    chosen = {"show": "waiting"} | known
    return Filters(chosen, FilterForm(chosen, team=team, clinical=clinical), tuple(left_out))
