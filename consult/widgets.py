"""Inputs that take what people write."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Box:
    """One box of a unit: what its name ends in, its label, and how much one of it is."""

    suffix: str
    label: str
    factor: float


@dataclass(frozen=True)
class Unit:
    code: str
    label: str
    boxes: tuple[Box, ...]


# By the unit in which a number is stored; that one comes first.
UNITS = {
    "cm": (
        Unit("cm", "centimetres (cm)", (Box("", "cm", 1),)),
        Unit("ft_in", "feet and inches", (Box(".ft", "feet", 30.48), Box(".in", "inches", 2.54))),
    ),
    "kg": (
        Unit("kg", "kilograms (kg)", (Box("", "", 1),)),
        Unit("lb", "pounds (lb)", (Box("", "", 0.45359237),)),
    ),
}


@dataclass(frozen=True)
class Measured:
    """What was typed, box by box, and in which unit."""

    unit: Unit
    typed: tuple[str, ...]

    @property
    def words(self) -> str:
        boxes = zip(self.unit.boxes, self.typed, strict=True)
        return " ".join(f"{text} {box.label or self.unit.code}" for box, text in boxes if text)


class Measure(forms.Widget):
    """A number in a unit that the person chooses.

    `<name>.unit` says which; without it `<name>` is in the unit that is stored, and `.ft` and `.in`
    speak for themselves.
    """

    template_name = "consult/widgets/measure.html"

    def __init__(self, unit: str) -> None:
        super().__init__()
        self.units = UNITS[unit]
        # Several boxes need a group with a name; one box has the question as its label.
        self.use_fieldset = any(len(one.boxes) > 1 for one in self.units)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        measured = value if isinstance(value, Measured) else self.as_stored(value)
        suffixes = [box.suffix for box in measured.unit.boxes]
        typed = dict(zip(suffixes, measured.typed, strict=True))
        labels = {box.suffix: box.label for unit in self.units for box in unit.boxes}
        context["boxes"] = [
            {"name": name + end, "suffix": end, "label": label, "value": typed.get(end)}
            for end, label in labels.items()
        ]
        described = context["widget"]["attrs"].get("aria-describedby")
        return context | {
            "units": self.units,
            "chosen": measured.unit.code,
            "described": described,
        }

    def id_for_label(self, id_: str) -> str:
        return f"{id_}.unit" if id_ and self.use_fieldset else id_

    def as_stored(self, value: Any) -> Measured:
        return Measured(self.units[0], ("" if value is None else str(value),))

    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> Measured:
        chosen = str(data.get(f"{name}.unit", ""))
        said = [self.read(data, name, unit) for unit in self.units]
        said.sort(key=lambda one: one.unit.code != chosen)
        return next((one for one in said if any(one.typed)), said[0])

    def read(self, data: Mapping[str, Any], name: str, unit: Unit) -> Measured:
        typed = (str(data.get(name + box.suffix, "")).strip() for box in unit.boxes)
        return Measured(unit, tuple(typed))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: object, name: str) -> bool:
        return not any(name + box.suffix in data for unit in self.units for box in unit.boxes)


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
