"""What can happen to a form. Each action is one transaction with its audit event in it."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from consult import audit
from consult.followups import actions as followups
from consult.followups import nudges
from consult.intake.answering import (
    CONSENT_TO_STORE,
    claim,
    draft_to_change,
    erase_stale_drafts,
    leave_urgent_card,
    save_step,
    start,
    urgent_unread,
)
from consult.intake.consents import answer_new_words, sign
from consult.intake.deciding import DECIDED, decide, standing
from consult.intake.judging import reassess
from consult.intake.marks import mark_of
from consult.intake.people import save_carer, save_contact, tie
from consult.intake.refusals import (
    ChangedElsewhere,
    ChangedSince,
    NotAllowed,
    NotComplete,
    SavedElsewhere,
)
from consult.intake.revisions import hand_in
from consult.intake.understanding import refuse_unasked
from consult.models import Assessment, Intake, Revision, User
from consult.rules import carer as carers
from consult.rules.conditions import Answer
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import Questionnaire, missing

__all__ = [
    "CONSENT_TO_STORE",
    "DECIDED",
    "ChangedElsewhere",
    "ChangedSince",
    "NotAllowed",
    "NotComplete",
    "SavedElsewhere",
    "answer_new_words",
    "claim",
    "decide",
    "erase_stale_drafts",
    "leave_urgent_card",
    "reassess",
    "save_carer",
    "save_contact",
    "save_step",
    "standing",
    "start",
    "submit",
    "urgent_unread",
]


def submit(
    intake: Intake,
    *,
    signature: str | None = None,
    seen: str | None = None,
    by: User | None = None,
    now: datetime,
) -> Assessment:
    """Judge a complete form and hand it to the clinic.

    `signature` is the person's name as typed under the agreements; `seen` the mark (`mark_of`) of
    the answers that the page showed, None when no page was shown; `by` who has signed in, if
    anybody: a form with their own address becomes theirs. In one transaction: the state,
    the first revision with its assessment, the agreements as signed, the first letter, a task
    where the level asks for one, the audit event. Raises NotComplete with what is open,
    NotAsked while a question on our pages that was put to the person has not been tried,
    ChangedSince when the answers are no longer what the page showed, NotAllowed when the form has
    been sent already.
    """
    with transaction.atomic():
        intake = draft_to_change(intake)
        if seen is not None and seen != mark_of(intake):
            raise ChangedSince
        questionnaire = load_questionnaire(intake.questionnaire)
        refuse_incomplete(intake, questionnaire, intake.answers())
        refuse_unasked(intake)
        drop_carer_not_asked(intake)
        tie(intake, to=by, now=now)
        intake.state, intake.submitted_at = Intake.State.SUBMITTED, now
        intake.save(update_fields=["state", "submitted_at"])
        assessment = hand_in(intake, Revision.Reason.SENT, now=now)
        sign(intake, questionnaire, intake.answers(), signature=signature, now=now)
        nudges.stop(intake, now=now)
        followups.schedule("intake_received", intake=intake, now=now)
        audit.record(
            by=intake.owner, did="submitted a form", to=intake, now=now, ruleset=assessment.ruleset
        )
    return assessment


def refuse_incomplete(
    intake: Intake, questionnaire: Questionnaire, answers: Mapping[str, Answer]
) -> None:
    open_questions, contact = missing(questionnaire, answers), not intake.contact_email
    carer = bool(carers.still_open(intake.carer, answers))
    if open_questions or contact or carer:
        raise NotComplete(open_questions, contact=contact, carer=carer)


def drop_carer_not_asked(intake: Intake) -> None:
    """Who turned out to answer for themselves, or for somebody else, keeps nothing of the rest."""
    if intake.carer and not carers.given(intake.carer, intake.answers()):
        intake.carer = None
        intake.save(update_fields=["carer"])
