"""Read one question, of the intake or of a check-in."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from consult.rules.questionnaire import Option, Question
from consult.rules.reading.conditions import read_condition
from consult.rules.reading.reachable import could_hold
from consult.rules.reading.strict import Entry, is_whole, shown

TYPES = ("boolean", "choice", "multi_choice", "integer", "quantity", "date", "text")
LIMITS = {
    "boolean": ("must_be",),
    "integer": ("min", "max"),
    "quantity": ("min", "max"),
    "date": ("min", "max"),
    "text": ("max_length",),
}


def read_question(entry: Entry, earlier: Mapping[str, Question], limits: Entry) -> dict[str, Any]:
    """What every question has, as arguments for Question. `earlier` are those it may depend on."""
    kind = entry.one_of("type", TYPES)
    options = _options(entry, kind)
    return {
        "id": entry.item,
        "text": entry.text("text"),
        "type": kind,
        "options": options,
        "unknown_codes": _unknown_codes(entry, options),
        "enable_when": _enable_when(entry, earlier),
        **_limits(limits, kind),
    }


def _options(entry: Entry, kind: str) -> tuple[Option, ...]:
    if kind not in ("choice", "multi_choice"):
        if "options" in entry.data:
            raise entry.refuse(f"has options, but is a {kind} question")
        return ()
    options = tuple(_option(part, kind) for part in entry.parts("options", name="code"))
    if len(options) < 2:
        raise entry.refuse("offers fewer than two options")
    return options


def _option(entry: Entry, kind: str) -> Option:
    entry.only("code", "label", "exclusive")
    if entry.flag("exclusive") and kind == "choice":
        raise entry.refuse("is exclusive, but only one option can be chosen anyway")
    return Option(entry.code("code"), entry.text("label"), entry.flag("exclusive"))


def _unknown_codes(entry: Entry, options: tuple[Option, ...]) -> tuple[str, ...]:
    codes = entry.codes("unknown_codes") if "unknown_codes" in entry.data else ()
    for code in codes:
        if code not in [option.code for option in options]:
            raise entry.refuse(f"counts {code} as unknown, which is not one of its options")
    return codes


def _enable_when(entry: Entry, earlier: Mapping[str, Question]) -> Any:
    if "enable_when" not in entry.data:
        return None
    condition = read_condition(entry, "enable_when", earlier)
    if not could_hold(condition, earlier):
        raise entry.refuse("can never be reached: its enable_when cannot be true")
    return condition


def _limits(entry: Entry, kind: str) -> dict[str, Any]:
    match kind:
        case "integer" | "quantity":
            return _range(entry)
        case "date":
            return {"earliest": _day(entry), "not_future": _today(entry)}
        case "text":
            return {"max_length": entry.whole("max_length")}
        case "boolean" if "must_be" in entry.data:
            return {"must_be": entry.flag("must_be")}
    return {}


def _range(entry: Entry) -> dict[str, Any]:
    low: Any = entry.data.get("min")
    high: Any = entry.data.get("max")
    if not (_is_number(low) and _is_number(high) and low < high):
        raise entry.refuse(
            f"needs a min below its max, both numbers, not {shown(low)} and {shown(high)}"
        )
    return {"min": low, "max": high}


def _day(entry: Entry) -> str:
    day = entry.text("min")
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError as error:
        raise entry.refuse(
            f"min is {shown(day)}, but should be a day such as 1905-01-01"
        ) from error


def _today(entry: Entry) -> bool:
    if entry.text("max") != "today":
        raise entry.refuse("max should be today")
    return True


def _is_number(value: Any) -> bool:
    return is_whole(value) or isinstance(value, float)
