"""Stable keys as the person whom they are about reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consult.models import Role, User
from consult.rules import carer as carers
from consult.rules.published import load_followups
from consult.rules.questionnaire import Questionnaire, in_words

OWN_LETTERS = {
    "sign_in_code": "Code to sign in",
    "password_reset": "Link to set a password",
    "address_code": "Code for an address",
    "address_taken": "About an address that is in use",
    "letters_moved": "Address for letters changed",
    "sign_in_moved": "Address to sign in changed",
}
# The first that somebody holds is the one that is told.
ROLES = {
    Role.LEAD_CLINICIAN: "Lead clinician",
    Role.CLINICIAN: "Clinician",
    Role.FRONT_DESK: "Front desk",
    Role.ADMINISTRATOR: "Administrator",
}
LOOKS = {
    ("viewed intake", "everything"): "Opened your form with your answers",
    ("viewed intake", "contact"): "Opened your form without your answers",
    ("viewed intake", "for a reason"): "Opened your form with your answers, for a stated reason",
    ("viewed intake", "appointment"): "Opened your appointment, or chose a time for you",
    ("viewed intake", "asking"): "Opened your form to ask you for more",
    ("viewed intake", "letter"): "Opened a letter to you",
    ("viewed intake", "letters"): "Opened the list of letters to you",
    ("viewed intake", "messages"): "Opened the messages with you",
    ("viewed intake", "treatments"): "Opened the record of your treatment",
    ("viewed intake", "summary"): "Opened the summary of a talk with you",
    ("viewed intake", "brief"): "Opened your form with your answers, as a brief",
    ("viewed the notes", ""): "Opened our notes about your form",
    ("viewed a request", ""): "Opened the time that you asked for",
    ("viewed a task", ""): "Opened a task about your form",
}


@dataclass(frozen=True, slots=True)
class Answered:
    question: str
    asked: str
    answer: Any
    words: str


def answered(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> list[Answered]:
    return [
        Answered(key, *answer_in_words(questionnaire, key, said)) for key, said in answers.items()
    ]


def answer_in_words(questionnaire: Questionnaire, key: str, said: Any) -> tuple[str, Any, str]:
    """What was asked, the answer as it is kept, and the answer in words."""
    question = questionnaire.by_id.get(key)
    if question is None:
        return key, said, str(said)
    try:
        return question.text, said, in_words(question, said)
    except (KeyError, ValueError, TypeError):
        return question.text, said, str(said)


def carer_in_words(carer: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """What somebody who fills the form in for another person has said of that."""
    return [(question.text, said) for question, said in carers.rows(carer) if said]


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
