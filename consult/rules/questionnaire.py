"""What is asked, what is visible, what counts, what is missing, what is worked out (age, BMI)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from consult.rules.conditions import Answer, Answers, Condition, Evidence, judge


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    label: str
    exclusive: bool = False


@dataclass(frozen=True)
class Question:
    """One question.

    `kind`: question, agreement, derived (worked out) or context (known to the system).

    `type`: boolean, choice, multi_choice, integer, quantity, date or text. `min` and `max` (both
    allowed) belong to integer and quantity; `earliest` (an ISO day) and `not_future` to date;
    `max_length` to text; `must_be` to boolean. `days` belongs to check-ins: the days after
    treatment on which the question is asked. `wording_change` belongs to agreements: how its words
    differ from those of the version published before, material or wording; empty if they do not.
    """

    id: str
    text: str
    type: str
    kind: str = "question"
    help: str = ""
    step: str = ""
    group: str = ""
    required: bool = False
    immediate: bool = False
    options: tuple[Option, ...] = ()
    unknown_codes: tuple[str, ...] = ()
    enable_when: Condition | None = None
    min: int | float = 0
    max: int | float = 0
    earliest: str = ""
    not_future: bool = False
    max_length: int | None = None
    must_be: bool | None = None
    unit: str = ""
    informs: tuple[str, ...] = ()
    days: tuple[int, ...] = ()
    wording_change: str = ""
    fhir: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def contradiction_is_asked(self) -> bool:
        """True where 'none' beside a danger sign is asked again, not taken to clear it."""
        return self.immediate or bool(self.days)


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Step:
    id: str
    title: str
    groups: tuple[Group, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for group in self.groups for question in group.questions)


@dataclass(frozen=True, slots=True)
class EmergencyMessage:
    """Words shown at once. The body may hold {emergency_number} and {crisis_number}."""

    code: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number as read by a person; `confirmed` once the clinic has checked it."""

    text: str
    confirmed: bool


@dataclass(frozen=True)
class Questionnaire:
    """One published version of the questions, in the order in which they are asked."""

    version: str
    questions: tuple[Question, ...]
    id: str = ""
    title: str = ""
    intro: str = ""
    language: str = "en"
    estimated_minutes: tuple[int, ...] = ()
    account_fields: tuple[str, ...] = ()
    global_rules: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    worked_out: tuple[Question, ...] = ()
    messages: Mapping[str, EmergencyMessage] = field(default_factory=dict)
    emergency_numbers: Mapping[str, Number] = field(default_factory=dict)
    crisis_numbers: Mapping[str, Number] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> dict[str, Question]:
        """Every question, and what is worked out of them (derived.age, derived.bmi), by id."""
        return {question.id: question for question in self.questions + self.worked_out}

    def step(self, step: str) -> Step:
        """The step of that id. Raises KeyError for another id."""
        return {one.id: one for one in self.steps}[step]


MOST_ON_A_PAGE = 6  # questions; a group is never torn apart, even if it alone holds more


def pages(step: Step) -> tuple[tuple[Question, ...], ...]:
    """The questions of a step page by page: runs of whole groups."""
    runs: list[tuple[Question, ...]] = []
    for group in step.groups:
        if runs and len(runs[-1]) + len(group.questions) <= MOST_ON_A_PAGE:
            runs[-1] += group.questions
        else:
            runs.append(group.questions)
    return tuple(runs)


def page_of(step: Step, question: str) -> int:
    """The page on which a question of this step stands, counted from one. Raises KeyError for a
    question of another step."""
    return {one.id: part for part, page in enumerate(pages(step), 1) for one in page}[question]


WORKED_OUT = {  # question → what it is worked out from
    Question("derived.age", "Age", "integer", kind="derived", min=0, max=150, unit="years"): (
        "person.birth_date",
    ),
    Question(
        "derived.bmi", "Body mass index", "quantity", kind="derived", min=0, max=2000, unit="kg/m²"
    ): (
        "body.height",
        "body.weight",
    ),
}


def visible(questionnaire: Questionnaire, answers: Answers) -> tuple[Question, ...]:
    """The questions a person with these answers is asked, in document order.

    Branching is transitive: an answer that is itself hidden counts as unanswered, even if it is
    still stored.
    """
    return tuple(question for question, _ in _walk(questionnaire, answers))


def counting(questionnaire: Questionnaire, answers: Answers) -> dict[str, Answer]:
    """The given answers that count: hidden ones dropped, exclusive options applied."""
    return {one.id: answer for one, answer in _walk(questionnaire, answers) if answer is not None}


def effective(questionnaire: Questionnaire, answers: Answers, on: date) -> dict[str, Answer]:
    """The answers that count: hidden ones dropped, exclusive options applied, derived.* added.

    In: stored answers by id (dates as ISO strings, height in cm, weight in kg) and the day of
    submission.
    Out: a new dict in document order, then derived.age in whole years on that day and derived.bmi
    in kg/m² with one decimal; each is missing if what it is worked out from is missing. Never
    raises on answers that `clean` let pass.
    """
    counted = counting(questionnaire, answers)
    derived = {"derived.age": _age(counted, on), "derived.bmi": _bmi(counted)}
    known = {one.id for one in questionnaire.worked_out}
    return counted | {
        key: value for key, value in derived.items() if key in known and value is not None
    }


def missing(
    questionnaire: Questionnaire, answers: Answers, step: str | None = None
) -> tuple[Question, ...]:
    """Visible required questions without an answer, in order; of one step if its id is given.

    An agreement that must be given and was not counts as missing.
    """
    return tuple(
        question
        for question, answer in _walk(questionnaire, answers)
        if question.required
        and step in (None, question.step)
        and (answer is None or (question.must_be is not None and answer != question.must_be))
    )


def unknowns(questionnaire: Questionnaire, answers: Answers) -> tuple[str, ...]:
    """Ids of what a clinician has to ask, in document order; missing is never "no".

    These are visible questions answered with an unknown code (such as "not_sure"), and visible
    required questions without an answer. Agreements and hidden questions are not listed.
    """
    return tuple(
        question.id
        for question, answer in _walk(questionnaire, answers)
        if question.kind != "agreement" and _is_unknown(question, answer)
    )


def label(question: Question, code: str) -> str:
    """The words of one option. Raises KeyError for a code the question does not offer."""
    return {option.code: option.label for option in question.options}[code]


def in_words(question: Question, answer: Answer) -> str:
    """An answer as a person reads it: option labels, "Yes", "160 cm", "2 March 1974".

    In: an answer that `clean` let pass. Raises KeyError for an unknown option, ValueError for an
    impossible date.
    """
    match question.type:
        case "boolean":
            return "Yes" if answer else "No"
        case "choice" | "multi_choice":
            codes = answer if isinstance(answer, list) else [str(answer)]
            return "; ".join(label(question, code) for code in codes)
        case "date":
            day = date.fromisoformat(str(answer))
            return f"{day.day} {day:%B %Y}"
        case "text":
            return str(answer)
    return f"{answer:g} {question.unit}".rstrip()


def evidence_in_words(questionnaire: Questionnaire, evidence: Evidence) -> tuple[str, str]:
    """What was asked and what was answered, in words, e.g. ("Age", "78 years").

    Raises KeyError for an unknown id.
    """
    question = questionnaire.by_id[evidence["q"]]
    return question.text, in_words(question, evidence["answer"])


def settled(question: Question, answer: Answer) -> Answer:
    """A multiple choice with its exclusive options applied, in the order of the question.

    Where a danger sign is asked for, nothing is cleared: whoever ticked it beside "none" must not
    lose it.
    """
    if not isinstance(answer, list):
        return answer
    chosen = [option for option in question.options if option.code in answer]
    exclusive = [option.code for option in chosen if option.exclusive]
    if not exclusive or question.contradiction_is_asked:
        return [option.code for option in chosen]
    unknown = [code for code in exclusive if code in question.unknown_codes]
    return (unknown or exclusive)[:1]  # "none" and "not sure" together: not sure


def _walk(
    questionnaire: Questionnaire, answers: Mapping[str, Any]
) -> Iterator[tuple[Question, Answer | None]]:
    """Visible questions with their answers.

    Conditions look back only (loading sees to it), so one pass is enough.
    """
    counted: dict[str, Answer] = {}
    for question in questionnaire.questions:
        if question.enable_when and not judge(question.enable_when, counted).holds:
            continue
        answer = answers.get(question.id)
        if answer in (None, "", []):
            yield question, None
        else:
            counted[question.id] = settled(question, answer)
            yield question, counted[question.id]


def _is_unknown(question: Question, answer: Answer | None) -> bool:
    if answer is None:
        return question.required
    return any(
        code in question.unknown_codes
        for code in (answer if isinstance(answer, list) else [answer])
    )


def _age(answers: Answers, on: date) -> int | None:
    if "person.birth_date" not in answers:
        return None
    born = date.fromisoformat(str(answers["person.birth_date"]))
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _bmi(answers: Answers) -> float | None:
    if not {"body.height", "body.weight"} <= answers.keys():
        return None
    metres = Decimal(str(answers["body.height"])) / 100
    bmi = Decimal(str(answers["body.weight"])) / metres**2
    return float(bmi.quantize(Decimal("0.1"), ROUND_HALF_UP))
