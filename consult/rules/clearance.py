"""Whether a clinician's “ready” still holds for a visit, and what is asked again before one.

JUDGEMENT: the figures below, and the words of the questions before a treatment, were set by
judgement; a clinician must confirm them before they are relied on.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from consult.rules.published import load_checkins
from consult.rules.questionnaire import Group, Option, Question, Questionnaire

ASKED_AGAIN = timedelta(hours=72)  # so long before a visit the person is asked what has changed
ANSWERS_LAST = timedelta(days=90)  # so long answers count without a word that they still hold
CONSULTATION, TREATMENT = "consultation", "treatment"

UNDECIDED, RAISED, CHANGED, RECHECK, OLD = "undecided", "raised", "changed", "recheck", "old"
HELD = "held"
HELD_LEVEL = "contraindicated_until_reviewed"  # from here on: a talk, and no treatment
FOR_STAFF = {
    UNDECIDED: "no clinician has decided that this form is ready",
    RAISED: "the person told us of something new that no clinician has decided about",
    CHANGED: "answers have changed since the decision",
    HELD: "the rules hold this form, and no two clinicians have cleared it for a treatment",
    RECHECK: "the questions before the treatment are not answered",
    OLD: f"the answers are older than {ANSWERS_LAST.days} days and were not confirmed",
}
FOR_THE_PERSON = {
    UNDECIDED: "A clinician has to read your form first.",
    RAISED: "A clinician has to read what you told us first.",
    CHANGED: "A clinician has to read your new answers first.",
    HELD: "Our clinicians have to talk with you before a treatment can be planned.",
    RECHECK: "Please answer a few questions before your treatment.",
    OLD: "You gave your answers some time ago. Please tell us first whether they still hold.",
}
MENDED_BY_THE_PERSON = frozenset({RECHECK, OLD})

NONE = "none"
SIGNS = {
    "fever_or_infection": "A fever or an infection",
    "antibiotics": "Antibiotics",
    "new_medicine_or_blood_thinner": "A new medicine, or a blood thinner",
    "pregnancy_possible": "I am pregnant, or may be",
    "new_clot_heart_stroke": "A new blood clot, heart problem or stroke",
    "new_nerve_signs": "New numbness, weakness or other nerve problems",
    "new_lump_or_cancer_test": "A new lump, or a test for cancer",
    NONE: "None of these",
}
SIGNS_QUESTION = "recheck.signs"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a form stands.

    `ready_at` and `ready_revision` are of the latest decision “ready”, None and 0 without one;
    `kept_revision` is the number up to which later changes brought nothing new; `raised_at` is
    when the person last told of something that a clinician has to look at; `confirmed_at` when
    they last sent their answers or said that these still hold; `rechecked_at` when the questions
    before the treatment in question were last answered; `is_held` says that its level allows no
    treatment and that no two clinicians have allowed one since.
    """

    is_ready: bool
    revision: int
    ready_revision: int = 0
    kept_revision: int = 0
    ready_at: datetime | None = None
    raised_at: datetime | None = None
    confirmed_at: datetime | None = None
    rechecked_at: datetime | None = None
    is_held: bool = False


def not_cleared(
    purpose: str, form: Standing, *, now: datetime, starts_at: datetime | None = None
) -> tuple[str, ...]:
    """The reasons (keys of FOR_STAFF) why a visit is not cleared; none if it is.

    In: the visit type's purpose, how the form stands, the moment, and when the visit begins; None
    for one that is still to be chosen. All instants are aware.
    """
    found = list(undone(form))
    if purpose == TREATMENT and form.is_held:
        found.append(HELD)
    if purpose == TREATMENT and starts_at:
        if recheck_open(form.rechecked_at, starts_at=starts_at, now=now):
            found.append(RECHECK)
    elif form.confirmed_at and now - form.confirmed_at > ANSWERS_LAST:
        found.append(OLD)
    return tuple(found)


def undone(form: Standing) -> tuple[str, ...]:
    """What only a clinician's decision mends; the most telling reason alone."""
    if form.raised_at and (form.ready_at is None or form.raised_at > form.ready_at):
        return (RAISED,)
    if form.ready_at and form.revision > max(form.ready_revision, form.kept_revision):
        return (CHANGED,)
    return () if form.is_ready else (UNDECIDED,)


def is_asked_again(starts_at: datetime, now: datetime) -> bool:
    """Whether a visit is so near that the person is asked what has changed."""
    return now >= starts_at - ASKED_AGAIN


def recheck_open(answered_at: datetime | None, *, starts_at: datetime, now: datetime) -> bool:
    """Whether a visit's questions are asked by now, and were not answered since."""
    asked_at = starts_at - ASKED_AGAIN
    return is_asked_again(starts_at, now) and (answered_at is None or answered_at < asked_at)


def signs() -> Questionnaire:
    """The one question before a treatment, made from the codes of the published check-ins."""
    plan = load_checkins()
    question = Question(
        id=SIGNS_QUESTION,
        text="Has any of these come up since you filled in the form?",
        help="Tick everything that applies. If you are not sure, tick it.",
        type="multi_choice",
        required=True,
        immediate=True,  # “none” beside a sign is asked again, never taken to clear it
        options=tuple(
            Option(code, SIGNS[code], exclusive=code == NONE) for code in plan.recheck_questions
        ),
    )
    return Questionnaire(version=plan.version, questions=(question,))


def signs_group() -> Group:
    return Group("Before your treatment", signs().questions)


def signs_told(answers: Collection[str]) -> tuple[str, ...]:
    """The signs among the ticked codes."""
    return tuple(code for code in answers if code != NONE)
