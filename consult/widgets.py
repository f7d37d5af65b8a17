"""Inputs that take what people write."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

MONTHS = {date(2000, month, 1).strftime("%B").lower(): month for month in range(1, 13)}
PARTS = ("day", "month", "year")


class NumberText(forms.TextInput):
    """A number with its unit beside it. Not type=number: that drops what it cannot read."""

    template_name = "consult/widgets/number.html"

    def __init__(self, unit: str = "") -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off"})
        self.unit = unit

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {"unit": self.unit}


class DayMonthYear(forms.Widget):
    """Three boxes named `<name>.day`, `.month`, `.year`; a single `<name>` is taken as well."""

    template_name = "consult/widgets/date.html"
    use_fieldset = True

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["parts"] = [
            {"name": f"{name}.{part}", "label": part.capitalize(), "value": text, "part": part}
            for part, text in zip(PARTS, as_typed(value), strict=True)
        ]
        return context

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> str | None:
        if name in data:
            return one_date(str(data[name]).strip())
        day, month, year = (str(data.get(f"{name}.{part}", "")).strip() for part in PARTS)
        if not (day or month or year):
            return None
        return f"{year.zfill(4)}-{month_number(month).zfill(2)}-{day.zfill(2)}"

    def value_omitted_from_data(self, data: Mapping[str, Any], files: object, name: str) -> bool:
        return name not in data and not any(f"{name}.{part}" in data for part in PARTS)

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_day" if id_ else id_


def month_number(text: str) -> str:
    """“3”, “03”, “March” and “mar” are the same month; anything else stays as it is."""
    word = text.lower().rstrip(".")
    if len(word) >= 3:
        for name, number in MONTHS.items():
            if name.startswith(word):
                return str(number)
    return text


def one_date(text: str) -> str:
    """A date in one box: 1974-03-02 as it is; 2/3/1974, 2.3.1974 and 2 March 1974 day first."""
    match = re.fullmatch(r"(\d{1,2})[\s./-]+(\w{1,12})\.?[\s./-]+(\d{4})", text)
    if not match:
        return text
    day, month, year = match.groups()
    return f"{year}-{month_number(month).zfill(2)}-{day.zfill(2)}"


def as_typed(value: Any) -> tuple[str, str, str]:
    """Day, month and year for the three boxes, as they were typed."""
    year, _, rest = str(value or "").partition("-")
    month, _, day = rest.partition("-")
    return day.lstrip("0"), month.lstrip("0"), year.lstrip("0")
