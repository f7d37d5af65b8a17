"""Forms that made-up people hand in, each judged as of the day on which it came."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Any

from consult.fields import blind_index
from consult.management import synthetic
from consult.marks import COUNTRY
from consult.rules import triage
from consult.rules.checkins import assess_checkin, questions_for
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import missing

DAYS = 180  # over how many days the forms came in
FORMS = 2000  # different forms; of a million people, some hundreds answer the same


@dataclass(frozen=True)
class Form:
    """A complete form as it came in on a day, and what the rules say of it."""

    on: date
    answers: dict[str, Any]
    judged: triage.Assessment

    @cached_property
    def sections(self) -> list[tuple[str, dict[str, Any]]]:
        steps = load_questionnaire().steps
        own = ([one.id for one in step.questions if one.id in self.answers] for step in steps)
        return [
            (step.id, {key: self.answers[key] for key in keys})
            for step, keys in zip(steps, own, strict=True)
        ]

    @cached_property
    def result(self) -> dict[str, Any]:
        return self.judged.to_dict()

    @cached_property
    def texts(self) -> list[str]:
        questions = load_questionnaire().questions
        return [one.id for one in questions if one.type == "text" and self.answers.get(one.id)]

    @cached_property
    def marks(self) -> frozenset[bytes]:
        topics = {topic for finding in self.judged.findings for topic in finding.topics}
        country = blind_index("country", str(self.answers.get(COUNTRY)))
        return frozenset({country, *(blind_index("topic", one) for one in topics)})


@lru_cache(FORMS)
def form(seed: int, number: int, today: date) -> Form:
    rng = random.Random(f"form {seed} {number}")  # noqa: S311 - made-up people, not secrets
    on, questionnaire = today - timedelta(days=rng.randint(1, DAYS)), load_questionnaire()
    while True:
        said = synthetic.answers(questionnaire, rng, on=on, person__filling_for="self")
        if not missing(questionnaire, said):
            return Form(on, said, triage.assess(said, on=on, questionnaire=questionnaire))


@lru_cache
def calm(day: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A check-in of somebody who is well, and what the rules say of it."""
    answers: dict[str, Any] = {}
    for one in questions_for(day):
        alone = [option.code for option in one.options if option.exclusive]
        first = one.options[0].code if one.options else None
        kinds = {"boolean": False, "integer": 3, "multi_choice": alone, "choice": first}
        answers[one.id] = kinds[one.type]
    return answers, assess_checkin(answers | {"context.day": day}).to_dict()
