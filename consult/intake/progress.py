"""How far a form is, worked out from its answers each time; nothing about it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass

from consult.rules.conditions import Answer
from consult.rules.questionnaire import Question, Questionnaire, Step, missing, visible

LABELS = {
    "not_started": "Not started",
    "in_progress": "In progress",
    "done": "Done",
}


@dataclass(frozen=True)
class StepProgress:
    step: Step
    number: int
    state: str  # not_started, in_progress or done
    open: tuple[Question, ...]

    @property
    def label(self) -> str:
        return LABELS[self.state]


def progress(
    questionnaire: Questionnaire, answers: Mapping[str, Answer]
) -> tuple[StepProgress, ...]:
    """One entry a step, in order."""
    shown = visible(questionnaire, answers)
    open_ids = {question.id for question in missing(questionnaire, answers)}
    return tuple(
        of_step(step, number, answers, {one.id for one in shown}, open_ids)
        for number, step in enumerate(questionnaire.steps, start=1)
    )


def of_step(
    step: Step, number: int, answers: Mapping[str, Answer], shown: set[str], open_ids: set[str]
) -> StepProgress:
    still_open = tuple(one for one in step.questions if one.id in open_ids)
    answered = any(one.id in answers for one in step.questions if one.id in shown)
    state = "not_started" if not answered else "in_progress" if still_open else "done"
    return StepProgress(step, number, state, still_open)


def next_step(questionnaire: Questionnaire, after: str) -> Step | None:
    """The step after this one in the order in which they are asked."""
    ids = [step.id for step in questionnaire.steps]
    following = ids.index(after) + 1
    return questionnaire.steps[following] if following < len(ids) else None
