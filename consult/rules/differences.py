"""What differs between two sets of answers, in words."""

from dataclasses import dataclass

from consult.rules.conditions import Answer, Answers
from consult.rules.questionnaire import Question, Questionnaire, in_words


@dataclass(frozen=True, slots=True)
class Difference:
    """One question whose answer is another now. Words are empty where there is no answer."""

    question: str
    text: str
    step: str
    before: str
    after: str


def differences(
    before: Answers,
    after: Answers,
    *,
    questionnaire: Questionnaire,
    earlier: Questionnaire | None = None,
) -> tuple[Difference, ...]:
    """Every question answered otherwise, in document order.

    In: the answers that counted before and those that count now (see `questionnaire.counting`),
    the questions that they were asked with, `earlier` where those before were asked with others.
    An answer to a question that is no longer asked comes last, in its old words. What is only
    another order of the same options is no difference.
    """
    earlier = earlier or questionnaire
    now_gone = [one for one in earlier.questions if one.id not in questionnaire.by_id]
    return tuple(
        difference(shown, before, after, questionnaire, earlier)
        for shown in (*questionnaire.questions, *now_gone)
        if comparable(before.get(shown.id)) != comparable(after.get(shown.id))
    )


def difference(
    shown: Question,
    before: Answers,
    after: Answers,
    questionnaire: Questionnaire,
    earlier: Questionnaire,
) -> Difference:
    key = shown.id
    steps = {one.id: one.title for one in (*earlier.steps, *questionnaire.steps)}
    return Difference(
        question=key,
        text=shown.text,
        step=steps.get(shown.step, shown.step),
        before=worded(earlier.by_id.get(key), before.get(key)),
        after=worded(questionnaire.by_id.get(key), after.get(key)),
    )


def comparable(answer: Answer | None) -> object:
    return frozenset(answer) if isinstance(answer, list) else answer


def worded(question: Question | None, answer: Answer | None) -> str:
    return in_words(question, answer) if question and answer not in (None, "", []) else ""
