"""Inputs that take what people write."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.html import (
    conditional_escape,
    escape,
    format_html,
    format_html_join,
)
from django.utils.safestring import SafeString, mark_safe

MONTHS = {date(2000, month, 1).strftime("%B").lower(): month for month in range(1, 13)}
PARTS = ("day", "month", "year")


class InAPage:
    """For forms whose page has the form tag and the token."""

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag, helper.disable_csrf = False, True
        return helper


class Choices(forms.widgets.ChoiceWidget):
    """Radio buttons or boxes, each inside its label. Written without a template for each option,
    which took most of the time of a page with questions."""

    writes_itself = True
    exclusive: Collection[str] = ()  # codes that say “none of the others”

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        box, chosen = (attrs or {}).get("id", ""), self.format_value(value)
        options = (
            self.written(name, f"{box}_{n}", str(code), str(label), is_chosen=str(code) in chosen)
            for n, (code, label) in enumerate(self.choices)
        )
        return mark_safe("".join(options))  # noqa: S308 - of safe parts

    def written(self, name: str, box: str, code: str, label: str, *, is_chosen: bool) -> str:
        stands_apart = code in self.exclusive
        before = DIVIDER if stands_apart and not box.endswith("_0") else ""
        return (
            f'{before}<label class="choice"><input type="{self.input_type}" name="{escaped(name)}" '
            f'value="{escaped(code)}" id="{escaped(box)}"{CHECKED if is_chosen else ""}'
            f"{EXCLUSIVE if stands_apart else ''}><span>{escaped(label)}</span></label>\n"
        )


@lru_cache(maxsize=4096)
def escaped(published: str) -> SafeString:
    """Of published words only: what people type is kept nowhere."""
    return escape(published)


DIVIDER = mark_safe('<p class="choice-divider">or</p>\n')
CHECKED, SELECTED = mark_safe(" checked"), mark_safe(" selected")
EXCLUSIVE = mark_safe(" data-exclusive")


class Radios(Choices, forms.RadioSelect):
    """One of several."""


class Boxes(Choices, forms.CheckboxSelectMultiple):
    """Any of several."""


class Tick(forms.CheckboxInput):
    """One box, to be put inside its label."""

    writes_itself = True

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        given = {"type": "checkbox", "name": name, **self.build_attrs(self.attrs, attrs)}
        checked = CHECKED if self.check_test(value) else ""
        return format_html("<input{}{}>", in_order(given), checked)


class LongText(forms.Textarea):
    writes_itself = True

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        given = self.build_attrs(self.attrs, attrs)
        given["class"] = control_class(given)
        text = self.format_value(value) or ""
        return format_html('<textarea name="{}"{}>\n{}</textarea>', name, in_order(given), text)


class NumberText(forms.TextInput):
    """A number with its unit beside it. Not type=number: that drops what it cannot read."""

    writes_itself = True

    def __init__(self, unit: str = "") -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off"})
        self.unit = unit

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        given = {"type": "text", "name": name, **self.build_attrs(self.attrs, attrs)}
        given |= {"class": control_class(given), "value": self.format_value(value)}
        unit = format_html('<span class="input-group-text">{}</span>', self.unit)
        return format_html(
            '<div class="input-group quantity"><input{}>{}</div>',
            in_order(given),
            unit if self.unit else "",
        )


def in_order(attrs: Mapping[str, Any]) -> SafeString:
    present = (f' {name}="{escape(one)}"' for name, one in attrs.items() if one is not None)
    return mark_safe("".join(present))  # noqa: S308 - names are ours, values escaped


def written(field: forms.BoundField) -> SafeString:
    """A question with its hint, its error and its inputs, where its widget writes itself.

    The same as templates/bootstrap5/field.html, which took much of the time of a page.
    """
    in_group = field.field.widget.use_fieldset
    whole = "fieldset" if in_group else "div"
    attrs = {
        "id": f"div_{field.auto_id}",
        "class": "question has-error" if field.errors else "question",
        "aria-describedby": (in_group and field.aria_describedby) or None,
    }
    inside = f"{heading(field)}\n{hint_and_error(field)}{inputs(field)}"
    return mark_safe(f"<{whole}{in_order(attrs)}>\n{inside}</{whole}>\n")  # noqa: S308


def heading(field: forms.BoundField) -> str:
    if field.field.widget.use_fieldset:
        return f"<legend>{escaped(field.label)}</legend>"
    if isinstance(field.field.widget, forms.CheckboxInput):
        return ""  # its words stand beside the box
    return f'<label for="{escaped(field.id_for_label)}">{escaped(field.label)}</label>'


def hint_and_error(field: forms.BoundField) -> str:
    box, hint, error = escaped(field.auto_id), "", ""
    if words := field.help_text:
        hint = f'<div class="hint" id="{box}_helptext">{conditional_escape(words)}</div>\n'
    if field.errors:
        said = " ".join(conditional_escape(str(one)) for one in field.errors)
        error = f'<p class="error-message" id="{box}_error">Error: {said}</p>\n'
    return hint + error


def inputs(field: forms.BoundField) -> str:
    boxes = str(field.as_widget())
    if isinstance(field.field.widget, forms.CheckboxInput):
        return f'<label class="choice">{boxes}<span>{escaped(field.label)}</span></label>\n'
    return boxes


def label_after(box: str, words: str) -> SafeString:
    return format_html(' <label for="{}">{}</label>', box, words) if words else SafeString()


def box_attrs(
    name: str, end: str, value: str | None, given: Mapping[str, Any], *, words: bool = False
) -> SafeString:
    """Of one text box among several that answer one question."""
    attrs = {
        "class": control_class(given),
        "type": "text",
        "name": name,
        "id": f"{given['id']}{end}",
        "value": value or "",
        "inputmode": "text" if words else "numeric" if end[1:] in PARTS else "decimal",
        "autocomplete": "off",
    }
    if described := given.get("aria-describedby"):
        attrs["aria-describedby"] = described
    return in_order(attrs)


def control_class(attrs: Mapping[str, Any]) -> str:
    return "form-control is-invalid" if attrs.get("aria-invalid") else "form-control"


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

    writes_itself = True

    def __init__(self, unit: str) -> None:
        super().__init__()
        self.units = UNITS[unit]
        # Several boxes need a group with a name; one box has the question as its label.
        self.use_fieldset = any(len(one.boxes) > 1 for one in self.units)

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        given = self.build_attrs(self.attrs, attrs)
        measured = value if isinstance(value, Measured) else self.as_stored(value)
        suffixes = [box.suffix for box in measured.unit.boxes]
        typed = dict(zip(suffixes, measured.typed, strict=True))
        labels = {box.suffix: box.label for unit in self.units for box in unit.boxes}
        return format_html(
            '<div class="measure">\n<select class="form-select" name="{}.unit" id="{}.unit" '
            'aria-label="Unit" autocomplete="off">{}</select>\n{}</div>',
            name,
            given["id"],
            format_html_join(
                "",
                '<option value="{}"{}>{}</option>',
                (
                    (unit.code, SELECTED if unit is measured.unit else "", unit.label)
                    for unit in self.units
                ),
            ),
            format_html_join(
                "",
                '<span class="measure-box {}"><input{}>{}</span>\n',
                (
                    (end[1:] or "whole", box_attrs(name + end, end, typed.get(end), given), after)
                    for end, label in labels.items()
                    for after in [label_after(given["id"] + end, label)]
                ),
            ),
        )

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

    use_fieldset = True
    writes_itself = True

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        given = self.build_attrs(self.attrs, attrs)
        boxes = (
            (
                part,
                f"{given['id']}_{part}",
                part.capitalize(),
                box_attrs(f"{name}.{part}", f"_{part}", text, given, words=part == "month"),
            )
            for part, text in zip(PARTS, as_typed(value), strict=True)
        )
        written = format_html_join(
            "",
            '<div class="date-part date-{}">\n<label class="form-label" for="{}">{}</label>\n'
            "<input{}>\n</div>\n",
            boxes,
        )
        return format_html('<div class="date-parts d-flex gap-3">\n{}</div>', written)

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
