"""What is held of the time after sending: new versions, what staff asked for, the waiting list."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from consult.models import FollowUpRequest, Recheck, Revision, WaitlistEntry, WaitlistOffer
from consult.privacy.words import Answered, answered
from consult.rules.clearance import signs
from consult.rules.published import load_questionnaire

AFTER_SENDING: tuple[str | Prefetch[str], ...] = (
    "letter_choice",
    "revisions",
    "understanding",
    "own_questions",
    Prefetch("requests", FollowUpRequest.objects.order_by("asked_at")),
    Prefetch(
        "rechecks", Recheck.objects.select_related("appointment").order_by("answered_at", "pk")
    ),
    Prefetch(
        "waitlist", WaitlistEntry.objects.select_related("visit_type").order_by("made_at", "pk")
    ),
    Prefetch("waitlist__offers", WaitlistOffer.objects.order_by("offered_at", "pk")),
)


@dataclass(frozen=True, slots=True)
class HandedIn:
    revision: Revision
    answers: Sequence[Answered]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that staff asked for: the part of the form, the question, their words beside it."""

    part: str
    question: str
    words: str


@dataclass(frozen=True, slots=True)
class AskedFor:
    request: FollowUpRequest
    items: Sequence[Wanted]


@dataclass(frozen=True, slots=True)
class ToldOfChanges:
    recheck: Recheck
    answers: Sequence[Answered]


def told_of_changes(recheck: Recheck) -> ToldOfChanges:
    """Some of its questions are the form's, others the one before a treatment."""
    form, said = load_questionnaire(recheck.intake.questionnaire), recheck.answers or {}
    of_form = {key: answer for key, answer in said.items() if key in form.by_id}
    others = {key: answer for key, answer in said.items() if key not in form.by_id}
    before_treatment = signs()
    return ToldOfChanges(recheck, [*answered(form, of_form), *answered(before_treatment, others)])


def handed_in(revision: Revision) -> HandedIn:
    questionnaire = load_questionnaire(revision.questionnaire)
    return HandedIn(revision, answered(questionnaire, revision.answers))


def asked_for(request: FollowUpRequest) -> AskedFor:
    questionnaire = load_questionnaire(request.intake.questionnaire)
    titles = {one.id: one.title for one in questionnaire.steps}
    items = []
    for one in request.items:
        step, key = one.get("step", ""), one.get("question", "")
        question = questionnaire.by_id.get(key)
        asked = question.text if question else key
        items.append(Wanted(titles.get(step, step), asked, one.get("words", "")))
    return AskedFor(request, items)
