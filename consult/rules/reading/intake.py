"""Read one published version of the form."""

import re
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from consult.rules.agreements import WORDING_CHANGES
from consult.rules.questionnaire import (
    WORKED_OUT,
    EmergencyMessage,
    Group,
    Number,
    Question,
    Questionnaire,
    Step,
)
from consult.rules.reading.questions import LIMITS, read_question
from consult.rules.reading.strict import DataError, Entry, read_file, read_version

COUNTRY = "person.country"
PLACEHOLDERS = {"emergency_number", "crisis_number"}
TO_CONFIRM = " (memory, to be confirmed)"
GROUP_HOLDS = range(1, 7)
TOP_KEYS = (
    *(
        "version",
        "id",
        "title",
        "language",
        "intro",
        "estimated_minutes",
        "account_fields",
        "global_rules",
    ),
    *("derived", "numbers", "emergency_messages", "steps", "questions"),
)
QUESTION_KEYS = (
    *(
        "id",
        "step",
        "group",
        "kind",
        "text",
        "help",
        "type",
        "required",
        "immediate",
        "options",
        "unknown_codes",
    ),
    *("enable_when", "validation", "unit", "informs", "fhir", "wording_change"),
)


def read_questionnaire(path: Path) -> Questionnaire:
    """Read `<version>.yaml` and check it.

    Raises DataError naming the file, the entry and the reason.
    """
    top = read_file(path)
    top.only(*TOP_KEYS)
    version = read_version(top, path)
    steps = {step.item: step for step in top.parts("steps")}
    questions = _questions(top, steps)
    return Questionnaire(
        version=version,
        id=top.text("id"),
        title=top.text("title"),
        intro=top.text("intro"),
        language=top.text("language"),
        estimated_minutes=top.numbers("estimated_minutes"),
        account_fields=top.codes("account_fields"),
        global_rules=top.texts("global_rules"),
        questions=questions,
        worked_out=_worked_out(top.part("derived"), questions),
        steps=_steps(steps, questions),
        messages=MappingProxyType(_messages(top.part("emergency_messages"))),
        emergency_numbers=_numbers(top.part("numbers"), "emergency", questions),
        crisis_numbers=_numbers(top.part("numbers"), "crisis", questions),
    )


def _questions(top: Entry, steps: dict[str, Entry]) -> tuple[Question, ...]:
    earlier: dict[str, Question] = {}
    for entry in top.parts("questions"):
        entry.only(*QUESTION_KEYS)
        earlier[entry.item] = _question(entry, earlier, steps)
    return tuple(earlier.values())


def _question(entry: Entry, earlier: dict[str, Question], steps: dict[str, Entry]) -> Question:
    limits = (
        entry.part("validation")
        if "validation" in entry.data
        else Entry(entry.file, entry.item, {})
    )
    shared = read_question(entry, earlier, limits)
    limits.only(*LIMITS.get(shared["type"], ()))
    step = entry.one_of("step", steps)
    kind = entry.one_of("kind", ("question", "agreement")) if "kind" in entry.data else "question"
    informs = entry.codes("informs")
    if kind == "question" and not informs:
        raise entry.refuse("informs no topic")
    return Question(
        **shared,
        kind=kind,
        help=entry.text("help"),
        step=step,
        group=_group(entry, steps[step]),
        required=entry.flag("required"),
        immediate=entry.flag("immediate"),
        unit=entry.words("unit"),
        informs=informs,
        wording_change=_wording_change(entry, kind),
        fhir=_fhir(entry),
    )


def _wording_change(entry: Entry, kind: str) -> str:
    if "wording_change" not in entry.data:
        return ""
    if kind != "agreement":
        raise entry.refuse("has a wording_change, but is no agreement")
    return entry.one_of("wording_change", WORDING_CHANGES)


def _group(entry: Entry, step: Entry) -> str:
    group = entry.text("group")
    if group not in step.texts("groups"):
        raise entry.refuse(f"is in the group {group}, which {step.item} does not list")
    return group


def _fhir(entry: Entry) -> MappingProxyType[str, str]:
    return MappingProxyType({key: entry.part("fhir").text(key) for key in entry.part("fhir").data})


def _steps(steps: dict[str, Entry], questions: tuple[Question, ...]) -> tuple[Step, ...]:
    """Steps with their groups, which have to list the questions in the order of asking."""
    asked = {
        key: tuple(some) for key, some in groupby(questions, key=lambda one: (one.step, one.group))
    }
    listed = [(step, group) for step, entry in steps.items() for group in entry.texts("groups")]
    for step, group in listed:
        if len(asked.get((step, group), ())) not in GROUP_HOLDS:
            raise steps[step].refuse(
                f"lists the group {group}, which should hold 1 to {GROUP_HOLDS[-1]} questions"
            )
    if list(asked) != listed or sum(map(len, asked.values())) != len(questions):
        file = next(iter(steps.values())).file
        raise DataError(file, "steps", "list their groups in another order than the questions")
    return tuple(
        Step(
            step,
            entry.text("title"),
            tuple(Group(one, asked[step, one]) for one in entry.texts("groups")),
        )
        for step, entry in steps.items()
    )


def _worked_out(derived: Entry, questions: tuple[Question, ...]) -> tuple[Question, ...]:
    asked = {question.id for question in questions}
    formulas = {question.id: (question, inputs) for question, inputs in WORKED_OUT.items()}
    for key in derived.data:
        if key not in formulas:
            raise derived.refuse(f"derives {key}, which has no formula")
        for source in formulas[key][1]:
            if source not in asked:
                raise derived.refuse(f"derives {key} from {source}, which is not asked")
    return tuple(replace(formulas[key][0], help=derived.text(key)) for key in derived.data)


def _messages(messages: Entry) -> dict[str, EmergencyMessage]:
    return {code: _message(messages.part(code), code) for code in messages.data}


def _message(entry: Entry, code: str) -> EmergencyMessage:
    entry.only("title", "body")
    entry.item = code
    for name in re.findall(r"\{(.*?)\}", entry.text("body")):
        if name not in PLACEHOLDERS:
            raise entry.refuse(f"has {{{name}}} in its body, which nothing fills")
    return EmergencyMessage(code, entry.text("title"), entry.text("body"))


def _numbers(
    numbers: Entry, key: str, questions: tuple[Question, ...]
) -> MappingProxyType[str, Number]:
    """A number for every country that can be chosen, and for no other."""
    entry = numbers.part(key)
    entry.item = f"numbers.{key}"
    countries = [option.code for one in questions if one.id == COUNTRY for option in one.options]
    entry.only(*countries)
    return MappingProxyType({country: _number(entry.text(country)) for country in countries})


def _number(text: str) -> Number:
    return Number(text.removesuffix(TO_CONFIRM), confirmed=not text.endswith(TO_CONFIRM))
