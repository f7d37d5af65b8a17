"""Stable keys as the person whom they are about reads them."""

from collections.abc import Sequence
from typing import Any

from consult.models import Role, User
from consult.rules.published import load_followups
from consult.rules.questionnaire import Questionnaire, in_words

OWN_LETTERS = {"sign_in_code": "Code to sign in", "password_reset": "Link to set a password"}
# The first that somebody holds is the one that is told.
ROLES = {
    Role.LEAD_CLINICIAN: "Lead clinician",
    Role.CLINICIAN: "Clinician",
    Role.FRONT_DESK: "Front desk",
}
LOOKS = {
    ("viewed intake", "everything"): "Opened your form with your answers",
    ("viewed intake", "contact"): "Opened your form without your answers",
    ("viewed a task", ""): "Opened a task about your form",
}


def answer_in_words(questionnaire: Questionnaire, key: str, said: Any) -> tuple[str, Any, str]:
    """What was asked, the answer as it is kept, and the answer in words."""
    question = questionnaire.by_id.get(key)
    if question is None:
        return key, said, str(said)
    try:
        return question.text, said, in_words(question, said)
    except (KeyError, ValueError, TypeError):
        return question.text, said, str(said)


def letter_in_words(event: str) -> str:
    planned = load_followups().by_id.get(event)
    return planned.subject if planned else OWN_LETTERS.get(event, "Letter")


def role_in_words(looker: User | None, person: User | None) -> str:
    if looker is None:
        return "The portal"
    if looker == person:
        return "You"
    held: Sequence[str] = [group.name for group in looker.groups.all()]
    return next((words for role, words in ROLES.items() if role in held), "Somebody of our team")


def look_in_words(did: str, part: str) -> str:
    return LOOKS.get((did, part), f"{did.capitalize()} of yours")
