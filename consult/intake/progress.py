"""How far a form is, worked out from its answers each time; nothing about it is stored."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import ceil

from consult.rules.conditions import Answer, compares
from consult.rules.questionnaire import (
    Question,
    Questionnaire,
    Step,
    missing,
    page_of,
    pages,
    visible,
)

LABELS = {
    "not_started": "Not started",
    "in_progress": "In progress",
    "done": "Done",
    "attention": "Needs attention",
}
# How long a question takes beside the others: a text is written, a date is looked up or typed.
WEIGHTS = {"boolean": 1, "choice": 2, "integer": 2, "quantity": 2, "date": 2, "multi_choice": 3}
WEIGHT_OF_A_TEXT = 4


@dataclass(frozen=True)
class StepProgress:
    step: Step
    number: int
    state: str  # not_started, in_progress, done or attention
    open: tuple[Question, ...]

    @property
    def label(self) -> str:
        return LABELS[self.state]

    @property
    def part(self) -> int:
        """The page to go on with: the first on which something is open."""
        return page_of(self.step, self.open[0].id) if self.open else 1


def progress(
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    *,
    attention: Collection[str] = (),
) -> tuple[StepProgress, ...]:
    """One entry a step, in order. `attention` are ids of steps that staff ask about."""
    shown = {one.id for one in visible(questionnaire, answers)}
    open_ids = {question.id for question in missing(questionnaire, answers)}
    found = []
    for number, step in enumerate(questionnaire.steps, start=1):
        still_open = tuple(one for one in step.questions if one.id in open_ids)
        answered = [one for one in step.questions if one.id in shown and one.id in answers]
        state = state_of(step, answered, still_open, asked_about=step.id in attention)
        found.append(StepProgress(step, number, state, still_open))
    return tuple(found)


def state_of(
    step: Step,
    answered: Collection[Question],
    still_open: Collection[Question],
    *,
    asked_about: bool,
) -> str:
    if asked_about:
        return "attention"
    if not answered:
        return "not_started"
    if not still_open:
        return "done"
    own = {one.id for one in step.questions}
    # Everything that this part asks by itself is answered: something else has opened it again.
    return "attention" if all(came_later(one, own) for one in still_open) else "in_progress"


def came_later(question: Question, own: Collection[str]) -> bool:
    """Whether it opened when the part was finished: by an answer elsewhere, or because an agreement
    was taken back."""
    if question.must_be is not None:
        return True
    condition = question.enable_when
    return condition is not None and all(test.q not in own for test in compares(condition))


def next_page(
    questionnaire: Questionnaire, step: Step, part: int, answers: Mapping[str, Answer]
) -> int | None:
    """The next page of this step on which something is still open, or that nobody has touched."""
    open_ids = {one.id for one in missing(questionnaire, answers, step.id)}
    shown = {one.id for one in visible(questionnaire, answers)}
    for number, questions in list(enumerate(pages(step), start=1))[part:]:
        asked = [one.id for one in questions if one.id in shown]
        untouched = bool(asked) and not any(key in answers for key in asked)
        if untouched or open_ids.intersection(asked):
            return number
    return None


def next_open(steps: Collection[StepProgress], after: str = "") -> StepProgress | None:
    """The next step that is not done, in the order in which they are asked; round to the first."""
    ordered = list(steps)
    ids = [one.step.id for one in ordered]
    start = ids.index(after) + 1 if after else 0
    turned = ordered[start:] + ordered[:start]
    return next((one for one in turned if one.state != "done"), None)


def minutes_left(
    questionnaire: Questionnaire, answers: Mapping[str, Answer], *, more: int = 0
) -> int:
    """How long the open questions take, in whole minutes; 0 only when nothing is open.

    The questions that must be answered share the longer of the two times that the questionnaire is
    published with. `more` are open parts beside the questions, each a minute.
    """
    still_open = missing(questionnaire, answers)
    asked = [one for one in visible(questionnaire, answers) if one.required]
    whole = weight(asked)
    share = max(questionnaire.estimated_minutes, default=1) * weight(still_open) / (whole or 1)
    return ceil(share) + more


def weight(questions: Collection[Question]) -> int:
    return sum(WEIGHTS.get(one.type, WEIGHT_OF_A_TEXT) for one in questions)
