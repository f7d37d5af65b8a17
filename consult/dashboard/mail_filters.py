"""What narrows the mail desk, as it stands in the address. What is not known is left out, and the
page says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.http import QueryDict

from consult.dashboard.words import event_words
from consult.followups.letters import LETTERS
from consult.followups.outbox import OVERDUE_SECONDS
from consult.models import Status
from consult.models.messages import WAITING, MessageQuerySet

PLACES = {"after"}  # what an address may hold beside filters
LATE_AFTER = timedelta(seconds=OVERDUE_SECONDS)
TABS = {  # what a click at the top of the page shows
    "": "All letters",
    "late=yes": "Late",
    f"state={Status.SCHEDULED}": "Waiting",
    f"state={Status.FAILED}": "To be tried again",
    f"state={Status.HELD}": "Held",
    f"state={Status.DEAD}": "Given up",
}


def letters_by_name() -> list[tuple[str, str]]:
    return sorted(((key, event_words(key)) for key in LETTERS), key=lambda one: one[1])


class Day(forms.DateField):
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")

    def __init__(self) -> None:
        super().__init__(label="Due on", required=False, input_formats=["%Y-%m-%d"])


class MailFilterForm(forms.Form):
    state = forms.ChoiceField(label="State", required=False)
    letter = forms.ChoiceField(label="Letter", required=False)
    late = forms.ChoiceField(label="Late", required=False)
    day = Day()
    reference = forms.RegexField(
        r"^\s*[A-Za-z0-9]{1,12}\s*$", label="Reference of the form", required=False
    )

    def __init__(self, data: Mapping[str, str]) -> None:
        super().__init__(data, label_suffix="")
        choices = {
            "state": Status.choices,
            "letter": letters_by_name(),
            "late": [("yes", "Late ones only")],
        }
        for name, values in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = [("", "All"), *values]


@dataclass(frozen=True)
class MailFilters:
    """Filters that are known, the form that shows them, and what was left out of the address."""

    chosen: Mapping[str, str]
    form: MailFilterForm
    left_out: tuple[str, ...]

    @cached_property
    def query(self) -> str:
        return urlencode(self.chosen)

    @property
    def names(self) -> list[str]:
        """Which filters, for the record: never what they were set to."""
        return sorted(self.chosen)

    @property
    def order(self) -> str:
        """What waits stands in the order in which it goes; everything else newest first."""
        waits = self.chosen.get("state") in WAITING or "late" in self.chosen
        return "not_before" if waits else "-created_at"

    def apply(self, rows: MessageQuerySet, *, now: datetime) -> MessageQuerySet:
        if "state" in self.chosen:
            rows = rows.filter(status=self.chosen["state"])
        if "letter" in self.chosen:
            rows = rows.filter(event=self.chosen["letter"])
        if "late" in self.chosen:
            rows = rows.filter(status__in=WAITING, not_before__lt=now - LATE_AFTER)
        if "reference" in self.chosen:
            sent_in = {"intake__submitted_at__isnull": False}
            rows = rows.filter(intake__code=self.chosen["reference"], **sent_in)
        if "day" in self.chosen:
            first, last = day_of_clinic(date.fromisoformat(self.chosen["day"]))
            rows = rows.filter(not_before__gte=first, not_before__lt=last)
        return rows


def day_of_clinic(day: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(settings.TIME_ZONE)
    return tuple(  # type: ignore[return-value]
        datetime.combine(one, datetime.min.time(), zone) for one in (day, day + timedelta(days=1))
    )


def read(query: QueryDict) -> MailFilters:
    given = {name: str(one) for name, one in query.items() if one and name not in PLACES}
    form = MailFilterForm(given)
    known = {name: given[name] for name in form.fields if name in given and name not in form.errors}
    if "reference" in known:
        known["reference"] = known["reference"].strip().upper()
    left_out = [str(form.fields[name].label) for name in form.errors]
    if "day" in known and not date.min < date.fromisoformat(known["day"]) < date(9999, 12, 31):
        left_out.append(str(form.fields["day"].label))
        del known["day"]
    if set(given) - set(form.fields):
        left_out.append("something that is no filter here")
    return MailFilters(known, MailFilterForm(known), tuple(left_out))
