"""Could a condition ever be true? Finds questions nobody can see and rules that can never fire."""

from collections.abc import Iterator, Mapping
from itertools import combinations, product

from consult.rules.conditions import Answer, Compare, Condition, Not, judge
from consult.rules.questionnaire import Question

Case = tuple[tuple[Compare, bool], ...]  # tests, each with the result it must have


def could_hold(condition: Condition, questions: Mapping[str, Question]) -> bool:
    """True if some set of answers makes the condition true, with all that must be asked for it.

    In: a loaded condition and every question it may look at, by id; `enable_when` looks back only,
    so this ends.
    """
    return any(_consistent(case, questions, frozenset()) for case in _cases(condition, True))


def _cases(condition: Condition, wanted: bool) -> Iterator[Case]:
    """The ways in which a condition comes out as wanted, as single tests with their results."""
    if isinstance(condition, Compare):
        yield ((condition, wanted),)
    elif isinstance(condition, Not):
        yield from _cases(condition.part, not wanted)
    else:
        enough = condition.count if wanted else len(condition.parts) - condition.count + 1
        for some in combinations(condition.parts, enough):
            for chosen in product(*(list(_cases(part, wanted)) for part in some)):
                yield tuple(test for case in chosen for test in case)


def _consistent(case: Case, questions: Mapping[str, Question], opened: frozenset[str]) -> bool:
    by_question: dict[str, list[tuple[Compare, bool]]] = {}
    for test, wanted in case:
        by_question.setdefault(test.q, []).append((test, wanted))
    if not all(_answerable(questions[q], tests) for q, tests in by_question.items()):
        return False
    for test, wanted in case:
        enable_when = questions[test.q].enable_when
        if wanted and enable_when and test.q not in opened:
            opened |= {test.q}
            return any(
                _consistent(case + more, questions, opened) for more in _cases(enable_when, True)
            )
    return True


def _answerable(question: Question, tests: list[tuple[Compare, bool]]) -> bool:
    samples: list[dict[str, Answer]] = [
        {},
        *({question.id: answer} for answer in _samples(question, tests)),
    ]
    return any(
        all(judge(test, sample).holds == wanted for test, wanted in tests) for sample in samples
    )


def _samples(question: Question, tests: list[tuple[Compare, bool]]) -> list[Answer]:
    """Enough answers to stand for all of them, as far as these tests can tell them apart."""
    match question.type:
        case "boolean":
            return [True, False]
        case "choice":
            return [option.code for option in question.options]
        case "multi_choice":
            return _ticked(
                question, {code for test, wanted in tests if not wanted for code in test.value}
            )
    return _around(question, sorted({test.value for test, _ in tests}))


def _ticked(question: Question, unwanted: set[str]) -> list[Answer]:
    together = [
        one.code for one in question.options if not one.exclusive and one.code not in unwanted
    ]
    return [together, *([one.code] for one in question.options if one.exclusive)]


def _around(question: Question, values: list[int | float]) -> list[Answer]:
    between = [(low + high) / 2 for low, high in zip(values, values[1:], strict=False)]
    near = [value + step for value in values for step in (-1, 0, 1)]
    if question.type == "integer":
        between = [int(value) for value in between]
    return [
        value
        for value in [question.min, question.max, *near, *between]
        if question.min <= value <= question.max
    ]
