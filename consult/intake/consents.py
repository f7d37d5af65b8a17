"""The ledger of agreements: what was agreed to, in which words, when and how.

Rows are only ever added. The newest one for a purpose is what counts.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consult import audit
from consult.followups import actions as followups
from consult.followups.actions import EMAIL_CONSENT
from consult.followups.choices import NOT_WANTED
from consult.intake.refusals import NotAllowed
from consult.models import Consent, Intake
from consult.rules.agreements import agreements, to_ask_again
from consult.rules.conditions import Answer
from consult.rules.published import all_questionnaires, load_questionnaire
from consult.rules.questionnaire import Question, Questionnaire, visible


def keep_changes(
    intake: Intake, before: Mapping[str, Answer], after: Mapping[str, Answer], *, now: datetime
) -> None:
    """Add a row for each agreement that was given or taken back between these answers."""
    questionnaire = load_questionnaire(intake.questionnaire)
    changed = [one for one in agreements(questionnaire) if before.get(one.id) != after.get(one.id)]
    Consent.objects.bulk_create(
        entry(intake, questionnaire, one, given=after.get(one.id) is True, now=now)
        for one in changed
    )


def sign(
    intake: Intake,
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    *,
    signature: str | None,
    now: datetime,
) -> None:
    """Add a row for each agreement that the person was asked for, with their name as typed."""
    asked = [one for one in visible(questionnaire, answers) if one.kind == "agreement"]
    Consent.objects.bulk_create(
        entry(
            intake,
            questionnaire,
            one,
            given=answers.get(one.id) is True,
            signature=signature,
            now=now,
        )
        for one in asked
    )


def entry(
    intake: Intake,
    questionnaire: Questionnaire,
    question: Question,
    *,
    given: bool,
    signature: str | None = None,
    now: datetime,
) -> Consent:
    return Consent(
        intake=intake,
        purpose=question.id,
        given=given,
        wording_sha256=hashlib.sha256(question.text.encode()).hexdigest(),
        questionnaire=questionnaire.version,
        language=questionnaire.language,
        signature=signature,
        at=now,
    )


def standing_words(intake: Intake) -> dict[str, Consent]:
    """The newest row for each purpose; of one moment, the one that is signed."""
    rows = sorted(intake.consents.all(), key=lambda one: (one.at, one.signature is not None))
    return {one.purpose: one for one in rows}


def wording(consent: Consent) -> str:
    """The words that were on the page, from the version that was asked with."""
    question = load_questionnaire(consent.questionnaire).by_id.get(consent.purpose)
    return question.text if question else consent.purpose


@dataclass(frozen=True, slots=True)
class Signed:
    """One agreement as it stands."""

    purpose: str
    wording: str
    given: bool
    at: datetime
    signature: str  # empty where no name was typed, as for one that was taken back later
    version: str


def signed_copy(intake: Intake) -> list[Signed]:
    """What the person has agreed to or not, as it stands now, in the order of the form."""
    newest = standing_words(intake)
    order = [one.id for one in agreements(load_questionnaire(intake.questionnaire))]
    ordered = sorted(newest, key=lambda key: order.index(key) if key in order else len(order))
    return [
        Signed(key, wording(one), one.given, one.at, str(one.signature or ""), one.questionnaire)
        for key, one in ((key, newest[key]) for key in ordered)
    ]


# --------------------------------------------------------------------------- when words change
@dataclass(frozen=True, slots=True)
class NewWords:
    """An agreement that was given to words that meant something else."""

    question: Question  # in its newest words
    old: Consent
    old_words: str


def asked_again(intake: Intake) -> list[NewWords]:
    """The agreements of a sent form whose meaning has changed since they were given."""
    if intake.is_draft or intake.state == Intake.State.WITHDRAWN:
        return []
    given = {key: one for key, one in standing_words(intake).items() if one.given}
    versions = {key: one.questionnaire for key, one in given.items()}
    return [
        NewWords(one, given[one.id], wording(given[one.id]))
        for one in to_ask_again(versions, all_questionnaires())
    ]


@transaction.atomic
def answer_new_words(
    intake: Intake, said: Mapping[str, bool], *, version: str, signature: str, now: datetime
) -> None:
    """Keep what the person says to agreements that were put to them in new words.

    `said` is yes or no by purpose, `version` the questionnaire whose words the page showed. What
    has been answered meanwhile is left alone. A no to reminders stops those that have not left.
    Raises NotAllowed when the form was taken back, when the words are no longer the newest, or for
    a no to what the form cannot be kept without.
    """
    intake = Intake.objects.select_for_update().get(pk=intake.pk)
    newest = load_questionnaire()
    if intake.state == Intake.State.WITHDRAWN:
        raise NotAllowed("You have taken this form back.")
    if version != newest.version:
        raise NotAllowed("The words have changed once more. Please read them again.")
    asked = [one.question for one in asked_again(intake) if one.question.id in said]
    if any(one.must_be is not None and said[one.id] != one.must_be for one in asked):
        raise NotAllowed("Without this agreement we cannot keep your form. You can take it back.")
    Consent.objects.bulk_create(
        entry(intake, newest, one, given=said[one.id], signature=signature, now=now)
        for one in asked
    )
    if said.get(EMAIL_CONSENT) is False and EMAIL_CONSENT in [one.id for one in asked]:
        care = followups.care_events()
        followups.cancel(intake=intake, events=care, now=now, why=NOT_WANTED)
    if asked:
        did = "answered changed agreements"
        audit.record(by=intake.owner, did=did, to=intake, now=now, agreements=len(asked))
