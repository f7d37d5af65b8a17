"""What is asked of somebody who fills the form in for a child or for an adult in their care.

The rules SU-01 and SU-03 put such a form before a clinician. These answers tell them whom to ask
for consent and what the patient wants; no rule reads them, and none of them turns anybody away.
"""

from collections.abc import Mapping
from typing import Any

from consult.rules.conditions import Answers
from consult.rules.questionnaire import (
    Group,
    Option,
    Question,
    Questionnaire,
    Step,
    in_words,
    missing,
    visible,
)

STEP = "carer"
VERSION = "0.1.0"


def choice(key: str, text: str, why: str, options: dict[str, str]) -> Question:
    offered = tuple(Option(code, words) for code, words in options.items())
    return Question(
        key, text, "choice", step=STEP, required=True, help=f"Why we ask: {why}", options=offered
    )


def written(key: str, text: str, why: str, *, required: bool = False) -> Question:
    return Question(
        key,
        text,
        "text",
        step=STEP,
        required=required,
        help=f"Why we ask: {why}",
        max_length=1000,
    )


def questionnaire(title: str, *groups: Group) -> Questionnaire:
    step = Step(STEP, title, groups)
    return Questionnaire(version=VERSION, questions=step.questions, steps=(step,))


CHILD = questionnaire(
    "You answer for a child",
    Group(
        "You and the child",
        (
            choice(
                "relation",
                "Who are you to the child?",
                "we need to know whom we talk with.",
                {
                    "parent": "A parent",
                    "guardian": "A legal guardian",
                    "family": "A grandparent or another relative",
                    "other": "Somebody else",
                },
            ),
            choice(
                "authority",
                "Who may decide about the child’s medical care?",
                "everybody who may decide must agree before any treatment. If there are papers "
                "about it, please bring them: we look at them together at the consultation.",
                {
                    "me": "I do, alone",
                    "me_and_other": "I do, together with another parent or guardian",
                    "other": "Somebody else does",
                    "not_sure": "I am not sure",
                },
            ),
            choice(
                "other_parent",
                "Does the child’s other parent know about this, and do they agree?",
                "in most places both parents have to agree. You can go on with the form either "
                "way.",
                {
                    "yes": "Yes, they know and agree",
                    "not_yet": "Not yet",
                    "none": "There is no other parent with a say",
                    "prefer_not": "Prefer not to say",
                },
            ),
        ),
    ),
    Group(
        "What the child wants",
        (
            choice(
                "asked",
                "Does the child know about this, and do they want it, as far as they can "
                "understand?",
                "a child has a say too. Nobody should be treated against their will.",
                {
                    "wants": "They know, and they want it",
                    "unsure": "They know, and they are not sure",
                    "against": "They know, and they do not want it",
                    "not_yet": "We have not talked about it yet",
                    "too_young": "They are too young, or cannot understand it",
                },
            ),
            written(
                "wishes",
                "What does the child say about it, in their own words? (You can skip this.)",
                "we want to hear the child. A person will read this.",
            ),
        ),
    ),
)

ADULT = questionnaire(
    "You answer for an adult in your care",
    Group(
        "You and the patient",
        (
            choice(
                "relation",
                "Who are you to the patient?",
                "we need to know whom we talk with.",
                {
                    "partner": "Husband, wife or partner",
                    "child": "Son or daughter",
                    "family": "A parent, brother, sister or another relative",
                    "friend": "A friend",
                    "professional": "Somebody who cares for them as a job",
                    "other": "Somebody else",
                },
            ),
            choice(
                "authority",
                "By what right do you decide with the patient, or for them?",
                "the person who may decide must agree before any treatment. You can go on with "
                "the form either way.",
                {
                    "helps": "The patient decides. I help to understand and to write",
                    "proxy": "The patient has named me on paper to decide about their care",
                    "court": "A court has named me",
                    "family": "As family, without papers",
                    "not_sure": "I am not sure",
                },
            ),
            written(
                "papers",
                "If there are legal papers about it, which are they? (You can skip this.)",
                "please bring them: we look at them together at the consultation.",
            ),
        ),
    ),
    Group(
        "What the patient wants",
        (
            choice(
                "asked",
                "Has the patient been asked?",
                "a patient who needs help to decide still has a say.",
                {
                    "wants": "Yes, and they want it",
                    "unsure": "Yes, and they are not sure",
                    "against": "Yes, and they do not want it",
                    "not_yet": "Not yet",
                    "cannot": "They cannot understand it or cannot answer",
                },
            ),
            written(
                "wishes",
                "What does the patient want, in their own words?",
                "we want to hear the patient. If they cannot say it, write what you know of "
                "their wishes. A person will read this.",
                required=True,
            ),
        ),
    ),
)

FOR = {"child": CHILD, "adult_care": ADULT}  # by the answer to person.filling_for
WHOM = "filling_for"  # beside the answers: for which of the two they were given


def asked_of(answers: Answers) -> Questionnaire | None:
    """The questions that come with these answers to the form; None for one's own form."""
    return FOR.get(str(answers.get("person.filling_for", "")))


def given(carer: Mapping[str, Any] | None, answers: Answers) -> dict[str, Any]:
    """What was answered before, as far as it was about the same: a child or an adult."""
    same = carer and carer.get(WHOM) == answers.get("person.filling_for")
    return {key: one for key, one in (carer or {}).items() if key != WHOM} if same else {}


def still_open(carer: Mapping[str, Any] | None, answers: Answers) -> tuple[Question, ...]:
    """The required questions without an answer; none where nothing of this is asked."""
    asked = asked_of(answers)
    return missing(asked, given(carer, answers)) if asked else ()


def rows(carer: Mapping[str, Any] | None) -> list[tuple[Question, str]]:
    """Every question that was asked, with the answer in words; empty without one."""
    asked = FOR.get(str((carer or {}).get(WHOM, "")))
    if not carer or not asked:
        return []
    return [
        (one, in_words(one, carer[one.id]) if one.id in carer else "")
        for one in visible(asked, carer)
    ]
