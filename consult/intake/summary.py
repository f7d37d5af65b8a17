"""Questions and answers in words, as the check page and the choice between two tabs show them."""

from collections.abc import Collection, Mapping
from typing import Any

from consult.intake.pages import address_of
from consult.rules.conditions import Answer
from consult.rules.questionnaire import Question, Questionnaire, Step, in_words, visible

Sections = list[tuple[Step, list[dict[str, Any]]]]


def words(question: Question, answers: Mapping[str, Answer]) -> str:
    """The answer as a person reads it; empty without one."""
    return in_words(question, answers[question.id]) if question.id in answers else ""


def rows_by_step(questionnaire: Questionnaire, answers: Mapping[str, Answer]) -> Sections:
    """Every question the person was asked, with the answer in words and where to change it."""
    return [
        (step, rows_of(questionnaire, step, answers, back="?back")) for step in questionnaire.steps
    ]


def without_agreements(sections: Sections) -> Sections:
    """They are signed, given and taken back elsewhere, each with a record of its own."""
    return [
        (step, [row for row in rows if row["question"].kind != "agreement"])
        for step, rows in sections
    ]


def rows_of(
    questionnaire: Questionnaire, step: Step, answers: Mapping[str, Answer], *, back: str
) -> list[dict[str, Any]]:
    """The same of one step; `back` is the query that leads back to the page of these rows."""
    return [
        {
            "question": question,
            "words": words(question, answers),
            "address": address_of(step, question.id, back),
        }
        for question in visible(questionnaire, answers)
        if question.step == step.id
    ]


def open_rows(
    questionnaire: Questionnaire, questions: Collection[Question]
) -> list[tuple[Question, str]]:
    """Open questions of the whole form, each with the address of its page."""
    return [(one, address_of(questionnaire.step(one.step), one.id, "?back")) for one in questions]


def rows_side_by_side(
    step: Step,
    ids: Collection[str],
    stored: Mapping[str, Answer],
    entered: Mapping[str, Answer],
) -> list[dict[str, Any]]:
    """The questions of these ids, each with the stored and the entered answer in words."""
    return [
        {
            "question": question,
            "stored": words(question, stored),
            "entered": words(question, entered),
        }
        for question in step.questions
        if question.id in ids
    ]
