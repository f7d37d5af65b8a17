"""Made-up people who answer as people do: mostly “no”, sometimes not; by a seed."""

import random
from datetime import date, timedelta
from typing import Any

from consult.rules.answers import clean
from consult.rules.questionnaire import Question, Questionnaire, visible

FIRST = [
    "Ana",
    "Bruno",
    "Carla",
    "Diego",
    "Elena",
    "Farid",
    "Grace",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Luis",
    "Marta",
    "Noor",
    "Olga",
    "Pablo",
]
LAST = [
    "Aguilar",
    "Berg",
    "Castro",
    "Dahl",
    "Evans",
    "Flores",
    "Garza",
    "Haddad",
    "Ito",
    "Jensen",
    "Keller",
    "Lopez",
    "Moreno",
    "Novak",
]
TEXTS = {
    "concern.details": "It began about two years ago and is worse on stairs.",
    "cancer.type": "It was taken out; no other treatment.",
    "meds.list": "Paracetamol when it hurts.",
}
MOSTLY = {
    "person.filling_for": "self",
    "concern.main": "knee_hip_joint",
    "concern.diagnosis": "yes_tests",
    "treatment.home_doctor": "yes_knows",
    "clot.recent": "over_12m",
    "cancer.history": "never",
    "cancer.screening": "up_to_date",
    "immune.activity": "stable",
    "transplant.status": "none",
    "allergy.anaphylaxis": "no",
    "spine.lp_problem": "never_had",
    "meds.recent_injection": "no",
    "pregnancy.status": "not_pregnant",
    "lifestyle.smoking": "never",
    "prior.treatment": "never",
    "wellbeing.mood": "not_at_all",
}
OFTEN, SELDOM = 0.95, 0.08


def name(rng: random.Random) -> str:
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def answers(
    questionnaire: Questionnaire, rng: random.Random, *, on: date, **fixed: Any
) -> dict[str, Any]:
    """A complete form; `fixed` answers are given with `__` for the dot: clot__history=["dvt"]."""
    given = {key.replace("__", "."): value for key, value in fixed.items()}
    said: dict[str, Any] = {}
    for question in questionnaire.questions:
        if question in visible(questionnaire, said):
            said[question.id] = given.get(question.id, pick(question, rng, on))
    return dict(clean(questionnaire, said, on))


def pick(question: Question, rng: random.Random, on: date) -> Any:
    match question.type:
        case "boolean":
            return question.kind == "agreement" or rng.random() < SELDOM
        case "choice":
            return one_of(question, rng)
        case "multi_choice":
            return some_of(question, rng)
        case "date":
            return (on - timedelta(days=rng.randint(20 * 365, 85 * 365))).isoformat()
        case "text":
            return TEXTS.get(question.id, "") if rng.random() < 0.5 else ""
    return number(question, rng)


def one_of(question: Question, rng: random.Random) -> str:
    usual = MOSTLY.get(question.id)
    if usual and rng.random() < OFTEN:
        return usual
    return rng.choice(question.options).code


def some_of(question: Question, rng: random.Random) -> list[str]:
    alone = [one.code for one in question.options if one.exclusive]
    others = [one.code for one in question.options if not one.exclusive]
    if alone and rng.random() < (0.99 if question.immediate else OFTEN):
        return [alone[0]]
    return rng.sample(others, rng.choice([1, 1, 2]))


def number(question: Question, rng: random.Random) -> int:
    middle, spread = {"body.height": (168, 9), "body.weight": (76, 13)}.get(question.id, (4, 2))
    low, high = int(question.min or 0), int(question.max or 10)
    return max(low, min(high, round(rng.gauss(middle, spread))))
