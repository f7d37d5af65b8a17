"""Questions and answers in words, as the check page and the choice between two tabs show them."""

from collections.abc import Collection, Mapping
from typing import Any

from consult.rules.conditions import Answer
from consult.rules.questionnaire import Question, Questionnaire, Step, in_words, visible


def words(question: Question, answers: Mapping[str, Answer]) -> str:
    """The answer as a person reads it; empty without one."""
    return in_words(question, answers[question.id]) if question.id in answers else ""


def rows_by_step(
    questionnaire: Questionnaire, answers: Mapping[str, Answer]
) -> list[tuple[Step, list[dict[str, Any]]]]:
    """Every question the person was asked, with the answer in words."""
    shown = visible(questionnaire, answers)
    return [
        (
            step,
            [
                {"question": question, "words": words(question, answers)}
                for question in shown
                if question.step == step.id
            ],
        )
        for step in questionnaire.steps
    ]


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
