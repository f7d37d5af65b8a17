"""What can happen to a form. Each action is one transaction with its audit event in it."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction

from consult import audit
from consult.followups import actions as followups
from consult.models import (
    Assessment,
    Consent,
    Decision,
    Intake,
    IntakeSection,
    StaffTask,
    User,
)
from consult.models.intake import may_move
from consult.rules import triage
from consult.rules.conditions import Answer
from consult.rules.promises import review_due
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import Question, Questionnaire, missing
from consult.rules.rulesets import Ruleset

CONSENT_TO_STORE = "consent.data"
DRAFTS_LIVE = timedelta(days=30)  # the start page promises it
LEVEL_TASKS = {
    "urgent": "staff_urgent_intake",
    "contraindicated_until_reviewed": "staff_hold_intake",
}
DECIDED = {Decision.Kind.READY: Intake.State.READY, Decision.Kind.HOLD: Intake.State.ON_HOLD}


class NotAllowed(Exception):
    """The form is not in a state for this; the text is a sentence for the person who tried."""


class SavedElsewhere(Exception):
    """Answers of this part were changed from another tab or device since the page was made.

    `section` is what is stored now; `questions` are the ids whose posted answer would have
    written over another one.
    """

    def __init__(self, section: IntakeSection, questions: Collection[str]) -> None:
        self.section, self.questions = section, frozenset(questions)
        super().__init__("This part was changed somewhere else.")


class NotComplete(NotAllowed):
    """Required questions are open. `questions` lists them; `contact` says the address is."""

    def __init__(self, questions: Collection[Question], *, contact: bool) -> None:
        self.questions, self.contact = tuple(questions), contact
        super().__init__("Some questions are still open.")


def start(*, language: str, now: datetime) -> Intake:
    """An empty draft, asked with the newest published questions. Nothing about health is in it."""
    version = load_questionnaire().version
    with transaction.atomic():
        intake = Intake.objects.create(
            questionnaire=version, language=language, started_at=now, saved_at=now
        )
        audit.record(by=None, did="started a form", to=intake, now=now)
    return intake


def save_contact(intake: Intake, *, contact: Mapping[str, Any], now: datetime) -> None:
    """Store how to reach the person, and make sure the address can ask for a sign-in code.

    `contact` holds full_name, email, phone, preferred_language and time_zone as text. The form
    is not tied to the account here: that takes a code sent to the address. Raises NotAllowed
    once the form is submitted.
    """
    with transaction.atomic():
        intake = draft_to_change(intake)
        intake.contact, intake.saved_at = dict(contact), now
        intake.save(update_fields=["contact", "contact_index", "saved_at"])
        ensure_account(str(contact["email"]))
        audit.record(by=intake.owner, did="saved contact details", to=intake, now=now)


def ensure_account(email: str) -> None:
    """An account without a password for a new address; one that exists is left as it is."""
    if User.objects.filter(email=email).exists():
        return
    try:
        with transaction.atomic():
            User.objects.create_user(email)
    except IntegrityError:
        pass  # made by somebody else in this moment


def save_step(
    intake: Intake,
    *,
    step: str,
    answers: Mapping[str, Answer],
    cleared: Collection[str] = (),
    seen: int | None = None,
    now: datetime,
) -> IntakeSection:
    """Store the valid answers of one step over those stored before.

    `answers` are clean answers by question id; `cleared` are ids whose answer was taken out;
    `seen` is the version of the section that the page was made from, None when it does not say.
    Raises NotAllowed once the form is submitted, or while consent to store is not given;
    SavedElsewhere when an answer changed meanwhile would be written over: that one then stays as
    it is stored, and everything else is saved.
    """
    with transaction.atomic():
        intake = draft_to_change(intake)
        section = intake.sections.select_for_update().filter(step=step).first()
        section = section or IntakeSection(intake=intake, step=step, version=0, saved_at=now)
        stale = seen is not None and seen != section.version
        clash = written_over(section, answers, cleared) if stale else set()
        answers = {key: one for key, one in answers.items() if key not in clash}
        kept = {key: one for key, one in section.answers.items() if key not in set(cleared) - clash}
        if not (kept | answers | intake.answers()).get(CONSENT_TO_STORE):
            raise NotAllowed("We may not store answers before you have agreed to it.")
        store_section(intake, section, kept | answers, now=now)
    if clash:
        raise SavedElsewhere(section, clash)
    return section


def written_over(
    section: IntakeSection, answers: Mapping[str, Answer], cleared: Collection[str]
) -> set[str]:
    """The questions whose stored answer would be lost by these."""
    return {
        key
        for key, one in section.answers.items()
        if key in cleared or answers.get(key, one) != one
    }


def store_section(
    intake: Intake, section: IntakeSection, answers: dict[str, Answer], *, now: datetime
) -> None:
    """Write the section; its version changes only when an answer does."""
    if section.version == 0 or answers != section.answers:
        section.version += 1
    section.answers, section.saved_at = answers, now
    section.save()
    intake.saved_at = now
    intake.urgent_read = still_urgent(intake) or None
    intake.save(update_fields=["saved_at", "urgent_read"])
    audit.record(by=intake.owner, did="saved answers", to=intake, now=now, step=section.step)


def still_urgent(intake: Intake) -> list[str]:
    """Cards that were read and still hold. One that no longer does comes anew if it must."""
    if not intake.urgent_read:
        return []
    raised = triage.immediate(intake.answers())
    return [code for code in intake.urgent_read if code in raised]


def urgent_unread(intake: Intake, answers: Mapping[str, Answer]) -> set[str]:
    """Codes of the cards that these answers raise and that the person has not gone on from."""
    return set(triage.immediate(answers)) - set(intake.urgent_read or ())


def leave_urgent_card(
    intake: Intake, *, cards: Collection[str], by_mistake: bool, now: datetime
) -> None:
    """Record how the person went on from the card.

    `cards` are the codes that the page showed. “Go on” marks them as read, as far as the answers
    still raise them; one raised meanwhile elsewhere is yet to be seen. “By mistake” does not: once
    the answer is mended the card is gone, and if it is not mended the card comes again. The audit
    event counts cards and does not name them: a name would say in plain text what was ticked.
    Raises NotAllowed once the form is submitted.
    """
    with transaction.atomic():
        intake = draft_to_change(intake)
        seen = {*cards, *(intake.urgent_read or ())}
        read = [code for code in triage.immediate(intake.answers()) if code in seen]
        if not by_mistake:
            intake.urgent_read = read or None
            intake.save(update_fields=["urgent_read"])
        did = "took back an urgent answer" if by_mistake else "went on after the urgent card"
        audit.record(by=intake.owner, did=did, to=intake, now=now, cards=len(read))


def draft_to_change(intake: Intake) -> Intake:
    """The row itself, locked. Raises NotAllowed when it is no longer a draft."""
    locked = Intake.objects.select_for_update().get(pk=intake.pk)
    if not locked.is_draft:
        raise NotAllowed("This form has been sent. It can no longer be changed here.")
    return locked


def submit(intake: Intake, *, now: datetime) -> Assessment:
    """Judge a complete form and hand it to the clinic.

    In one transaction: the state, the assessment, the consents, the first letter, a task where
    the level asks for one, the audit event. Raises NotComplete with what is open, NotAllowed
    when the form has been sent already.
    """
    with transaction.atomic():
        intake = draft_to_change(intake)
        questionnaire = load_questionnaire(intake.questionnaire)
        answers = intake.answers()
        refuse_incomplete(intake, questionnaire, answers)
        result = triage.assess(answers, on=clinic_day(now), questionnaire=questionnaire)
        assessment = keep_assessment(intake, result, now=now)
        intake.state, intake.submitted_at = Intake.State.SUBMITTED, now
        intake.rank = assessment.rank
        intake.save(update_fields=["state", "submitted_at", "rank"])
        keep_consents(intake, questionnaire, answers, now=now)
        followups.schedule("intake_received", intake=intake, now=now)
        if event := LEVEL_TASKS.get(result.level):
            add_task(intake, event, level=result.level, now=now)
        audit.record(
            by=intake.owner, did="submitted a form", to=intake, now=now, ruleset=result.ruleset
        )
    return assessment


def clinic_day(instant: datetime) -> date:
    """The clinic's calendar day of an instant: ages count by it."""
    return instant.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def judged_by(intake: Intake, ruleset: Ruleset) -> triage.Assessment:
    """What another ruleset says of a submitted form, as of the day it came in. Stores nothing."""
    return triage.assess(
        intake.answers(),
        on=clinic_day(intake.submitted_at or intake.saved_at),
        ruleset=ruleset,
        questionnaire=load_questionnaire(intake.questionnaire),
    )


def reassess(intake: Intake, *, ruleset: Ruleset, now: datetime) -> Assessment:
    """Add an assessment by another ruleset; the older ones stay. The queue follows the new one."""
    with transaction.atomic():
        intake = Intake.objects.select_for_update().get(pk=intake.pk)
        assessment = keep_assessment(intake, judged_by(intake, ruleset), now=now)
        intake.rank = assessment.rank
        intake.save(update_fields=["rank"])
        audit.record(by=None, did="reassessed a form", to=intake, now=now, ruleset=ruleset.version)
    return assessment


def refuse_incomplete(
    intake: Intake, questionnaire: Questionnaire, answers: Mapping[str, Answer]
) -> None:
    open_questions = missing(questionnaire, answers)
    if open_questions or not intake.contact_email:
        raise NotComplete(open_questions, contact=not intake.contact_email)


def keep_assessment(intake: Intake, result: triage.Assessment, *, now: datetime) -> Assessment:
    return Assessment.objects.create(
        intake=intake,
        ruleset=result.ruleset,
        questionnaire=result.questionnaire,
        rank=triage.rank(result.level),
        result=result.to_dict(),
        made_at=now,
    )


def keep_consents(
    intake: Intake, questionnaire: Questionnaire, answers: Mapping[str, Answer], *, now: datetime
) -> None:
    Consent.objects.bulk_create(
        Consent(
            intake=intake,
            purpose=question.id,
            given=bool(answers.get(question.id)),
            wording_sha256=hashlib.sha256(question.text.encode()).hexdigest(),
            questionnaire=questionnaire.version,
            language=questionnaire.language,
            at=now,
        )
        for question in agreements(questionnaire)
    )


def agreements(questionnaire: Questionnaire) -> Iterable[Question]:
    return (one for one in questionnaire.questions if one.kind == "agreement")


def add_task(intake: Intake, event: str, *, level: str, now: datetime) -> StaffTask:
    due_at = review_due(level, submitted_at=now, zone=ZoneInfo(settings.TIME_ZONE)) or now
    return StaffTask.objects.create(intake=intake, event=event, made_at=now, due_at=due_at)


def decide(
    intake: Intake,
    *,
    by: User,
    kind: str,
    reason: str,
    now: datetime,
    seen: str | None = None,
) -> Decision:
    """A clinician's decision on a submitted form; “ready” writes the invitation to book.

    `kind` is a Decision.Kind, `reason` the clinician's words, `seen` the `standing` of the form
    that the page showed when the decision was made. Raises NotAllowed when `by` is not a clinician
    or is the person themselves, when somebody else decided meanwhile, or when the state does not
    allow this decision.
    """
    if not by.is_clinical:
        raise NotAllowed("Only a clinician can decide about a form.")
    if intake.owner_id == by.pk:
        raise NotAllowed("Nobody decides about their own form. Please ask a colleague.")
    with transaction.atomic():
        intake = Intake.objects.select_for_update().get(pk=intake.pk)
        if seen is not None and seen != standing(intake):
            raise NotAllowed(
                "Somebody else has decided meanwhile: the form is now "
                f"“{intake.get_state_display()}”. Please look again before you decide."
            )
        if not may_move(intake, DECIDED[Decision.Kind(kind)]):
            raise NotAllowed(
                f"A form that is “{intake.get_state_display()}” cannot be decided this way."
            )
        intake.state = DECIDED[Decision.Kind(kind)]
        intake.save(update_fields=["state"])
        decision = Decision.objects.create(intake=intake, kind=kind, reason=reason, by=by, at=now)
        if kind == Decision.Kind.READY:
            followups.schedule("booking_invite", intake=intake, anchor=decision.pk.hex, now=now)
        audit.record(by=by, did="decided about a form", to=intake, now=now, kind=kind)
    return decision


def standing(intake: Intake) -> str:
    """A mark that changes whenever somebody decides about the form."""
    latest = intake.decisions.order_by("-at", "-pk").values_list("pk", flat=True).first()
    return f"{intake.state}.{latest.hex if latest else ''}"


def erase_stale_drafts(*, now: datetime) -> int:
    """Erase forms that nobody sent or changed for thirty days, answers and all; how many."""
    with transaction.atomic():
        stale = Intake.objects.drafts().filter(saved_at__lt=now - DRAFTS_LIVE)
        codes = list(stale.values_list("code", flat=True))
        if codes:
            stale.delete()
            audit.record(by=None, did="erased unsent forms", now=now, codes=codes)
    return len(codes)


def claim(user: User, *, now: datetime) -> int:
    """Tie the forms that name this person's confirmed address to their account; how many."""
    if user.works_here:
        return 0
    with transaction.atomic():
        found = Intake.objects.filter(owner=None).reachable_at(bytes(user.email_index or b""))
        claimed = list(found.select_for_update())
        for intake in claimed:
            intake.owner = user
            intake.save(update_fields=["owner"])
            audit.record(by=user, did="claimed a form", to=intake, now=now)
    return len(claimed)
