"""One condition language for branching, triage and check-ins.

all, any, not and count_gte over {q, op, value}; true or false, with the answers that made it so.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

Answer = str | int | float | bool | list[str]  # dates are ISO strings
Answers = Mapping[str, Answer]  # by question id
# What a test compares with; loading has checked that it fits the question and the operator.
Value = Any

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gte": operator.ge,
    "gt": operator.gt,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda answer, codes: answer in codes,
}


class Evidence(TypedDict):
    """An answer that made a condition true; of a multiple choice only the options that matched."""

    q: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Compare:
    """One test: question id, operator (eq, in, any_of, gte, gt, lt, lte), value."""

    q: str
    op: str
    value: Value


@dataclass(frozen=True, slots=True)
class AtLeast:
    """True when at least `count` of the parts are: `any` asks for one of them, `all` for each."""

    count: int
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


Condition = Compare | AtLeast | Not


@dataclass(frozen=True, slots=True)
class Verdict:
    holds: bool
    evidence: tuple[Evidence, ...] = ()


def judge(condition: Condition, answers: Mapping[str, Any]) -> Verdict:
    """Say whether a condition holds, and which answers made it so.

    In: a loaded condition and the answers that count (see `questionnaire.effective`), by question
    id.
    Out: a Verdict. Its evidence is empty when the condition does not hold, else one {"q", "answer"}
    a question, in the order of the condition, with every true branch, not only the first. Never
    raises, whatever the answers.

    A test on a missing answer is false. An answer that means "unknown" satisfies a test only by
    being named in it, since every test on options is a list of what counts. `not` is true of a
    missing answer and then has no evidence.
    """
    found = _evidence(condition, answers)
    return Verdict(False) if found is None else Verdict(True, tuple(_merged(found)))


def compares(condition: Condition) -> Iterator[Compare]:
    """Every single test inside a condition, in document order."""
    if isinstance(condition, Compare):
        yield condition
        return
    for part in (condition.part,) if isinstance(condition, Not) else condition.parts:
        yield from compares(part)


def _evidence(condition: Condition, answers: Mapping[str, Any]) -> list[Evidence] | None:
    if isinstance(condition, Compare):
        hit = _hit(condition, answers.get(condition.q))
        return None if hit is None else [{"q": condition.q, "answer": hit}]
    if isinstance(condition, Not):
        holds = _evidence(condition.part, answers) is None
        return _as_answered(condition.part, answers) if holds else None
    true = [found for part in condition.parts if (found := _evidence(part, answers)) is not None]
    return [one for found in true for one in found] if len(true) >= condition.count else None


def _hit(test: Compare, answer: Any) -> Answer | None:
    """The answer, or the part of a multiple choice, that passes the test."""
    if test.op == "any_of":
        chosen = answer if isinstance(answer, list) else []
        return [code for code in chosen if code in test.value] or None
    like = test.value[0] if test.op == "in" else test.value
    comparable = _kind(answer) is _kind(like)
    return answer if comparable and OPERATORS[test.op](answer, test.value) else None


def _kind(value: object) -> type:
    # True == 1 in Python; an answer of True must not pass a test for the number 1.
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _as_answered(part: Condition, answers: Mapping[str, Any]) -> list[Evidence]:
    return [
        {"q": test.q, "answer": answers[test.q]} for test in compares(part) if test.q in answers
    ]


def _merged(found: list[Evidence]) -> list[Evidence]:
    """One entry a question: branches that matched different options of it are put together."""
    merged: dict[str, Answer] = {}
    for one in found:
        before, now = merged.get(one["q"]), one["answer"]
        if isinstance(before, list) and isinstance(now, list):
            now = before + [code for code in now if code not in before]
        merged[one["q"]] = now
    return [{"q": question, "answer": answer} for question, answer in merged.items()]
