"""Read a condition, and refuse one that could not mean what was meant."""

from collections.abc import Mapping
from typing import Any

from consult.rules.conditions import AtLeast, Compare, Condition, Not
from consult.rules.questionnaire import Question
from consult.rules.reading.strict import BARE, Entry, is_whole, shown

OF_NUMBERS = frozenset({"eq", "gte", "gt", "lt", "lte"})
# Dates and texts have no test: age is derived, and free text is read by a person, never by a rule.
OPERATORS_OF = {
    "boolean": frozenset({"eq"}),
    "choice": frozenset({"eq", "in"}),
    "multi_choice": frozenset({"any_of"}),
    "integer": OF_NUMBERS,
    "quantity": OF_NUMBERS,
}
OPERATORS = OF_NUMBERS | {"in", "any_of"}


def read_condition(entry: Entry, key: str, known: Mapping[str, Question]) -> Condition:
    """The condition under `key`.

    `known` are the questions it may ask about, by id. Raises DataError.
    """
    if key not in entry.data:
        raise entry.refuse(f"has no {key}")
    return _condition(entry, entry.data[key], known)


def _condition(entry: Entry, data: Any, known: Mapping[str, Question]) -> Condition:
    match data:
        case {"all": list() as parts, **rest} if not rest:
            return _at_least(entry, len(parts), parts, known)
        case {"any": list() as parts, **rest} if not rest:
            return _at_least(entry, 1, parts, known)
        case {"count_gte": count, "of": list() as parts, **rest} if not rest:
            return _at_least(entry, count, parts, known)
        case {"not": part, **rest} if not rest:
            return Not(_condition(entry, part, known))
        case {"q": str() as q, "op": str() as op, "value": value, **rest} if not rest:
            return _compare(entry, q, op, value, known)
    raise entry.refuse(
        f"has a condition that is none of all, any, not, count_gte or a test: {shown(data)}"
    )


def _at_least(
    entry: Entry, count: Any, parts: list[Any], known: Mapping[str, Question]
) -> Condition:
    if not parts:
        raise entry.refuse("has a condition with nothing in it")
    if not is_whole(count) or not 1 <= count <= len(parts):
        raise entry.refuse(f"counts to {shown(count)} of {len(parts)} conditions")
    return AtLeast(count, tuple(_condition(entry, part, known) for part in parts))


def _compare(entry: Entry, q: str, op: str, value: Any, known: Mapping[str, Question]) -> Compare:
    if q not in known:
        raise entry.refuse(f"asks about {q}, which does not exist or is asked later")
    if op not in OPERATORS:
        raise entry.refuse(f"has the operator {op}, which does not exist")
    question = known[q]
    if op not in OPERATORS_OF.get(question.type, ()):
        raise entry.refuse(f"tests {q} with {op}, which does not fit a {question.type} question")
    if op in ("in", "any_of"):
        return Compare(q, op, _codes(entry, question, value))
    return Compare(q, op, _single(entry, question, value))


def _codes(entry: Entry, question: Question, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise entry.refuse(
            f"tests {question.id} against {shown(value)}, but should name a list of options"
        )
    return tuple(_option(entry, question, one) for one in value)


def _single(entry: Entry, question: Question, value: Any) -> str | bool | int | float:
    if question.type == "choice":
        return _option(entry, question, value)
    fits = isinstance(value, bool) if question.type == "boolean" else _is_number(value)
    if not fits:
        raise entry.refuse(
            f"tests {question.id} against {shown(value)}, which is no {question.type} value"
        )
    answer: bool | int | float = value
    return answer


def _option(entry: Entry, question: Question, value: Any) -> str:
    if isinstance(value, bool):
        raise entry.refuse(f"tests {question.id} against {BARE}")
    if value not in [option.code for option in question.options]:
        raise entry.refuse(
            f"tests {question.id} for {shown(value)}, which is not one of its options"
        )
    return str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
