"""Filling in a draft: begin, answers, urgent cards, coming back to it."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from consult import audit
from consult.followups import nudges
from consult.followups.reach import EMAIL_CONSENT
from consult.intake.consents import keep_changes
from consult.intake.refusals import NotAllowed, SavedElsewhere
from consult.models import AddressChange, Intake, IntakeSection, User
from consult.rules import triage
from consult.rules.conditions import Answer
from consult.rules.promises import DRAFTS_LIVE
from consult.rules.published import load_questionnaire

CONSENT_TO_STORE = "consent.data"
UNCONFIRMED_LIVES = timedelta(days=1)  # an address that waits for a code: so long it is shown
ERASED = "erased their unsent form"  # of the record that is about the person


def start(*, language: str, now: datetime) -> Intake:
    """An empty draft, asked with the newest published questions. Nothing about health is in it."""
    version = load_questionnaire().version
    with transaction.atomic():
        intake = Intake.objects.create(
            questionnaire=version, language=language, started_at=now, saved_at=now
        )
        audit.record(by=None, did="started a form", to=intake, now=now)
    return intake


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
    before = section.answers
    keep_changes(intake, before, answers, now=now)
    section.answers, section.saved_at = answers, now
    section.save()
    intake.saved_at = now
    intake.urgent_read = still_urgent(intake) or None
    intake.save(update_fields=["saved_at", "urgent_read"])
    if bears_on_nudges(intake, before, answers):
        nudges.follow(intake, now=now)
    audit.record(by=intake.owner, did="saved answers", to=intake, now=now, step=section.step)


def bears_on_nudges(
    intake: Intake, before: Mapping[str, Answer], after: Mapping[str, Answer]
) -> bool:
    """Whether the agreement to e-mail, or anything that cannot wait, was said or taken back."""
    if before == after or before.get(EMAIL_CONSENT) != after.get(EMAIL_CONSENT):
        return before != after
    said = intake.answers()
    was = {key: one for key, one in said.items() if key not in after} | dict(before)
    return bool(triage.immediate(said)) != bool(triage.immediate(was))


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
    """The row itself, locked. Raises NotAllowed when it is no longer a draft, or is erased."""
    locked = Intake.objects.select_for_update().filter(pk=intake.pk).first()
    if locked is None:
        raise NotAllowed("This form was erased.")
    if not locked.is_draft:
        raise NotAllowed("This form has been sent. It can no longer be changed here.")
    return locked


def erase_stale_drafts(*, now: datetime) -> int:
    """Erase forms that nobody sent or changed for thirty days, answers and all; how many. So end
    addresses whose code nobody has entered."""
    AddressChange.objects.filter(expires_at__lt=now - UNCONFIRMED_LIVES).delete()
    with transaction.atomic():
        stale = Intake.objects.drafts().filter(saved_at__lt=now - DRAFTS_LIVE)
        found = list(stale.values_list("code", "owner", "contact_index"))
        if found:
            note_erased(found, now=now)
            stale.delete()
            codes = [code for code, _, _ in found]
            audit.record(by=None, did="erased unsent forms", now=now, codes=codes)
    return len(found)


def note_erased(found: Collection[tuple[str, Any, Any]], *, now: datetime) -> None:
    """So that whoever comes back for their form is told what became of it."""
    owners = {owner for _, owner, _ in found if owner}
    indexes = {bytes(index) for _, _, index in found if index}
    for person in User.objects.filter(Q(pk__in=owners) | Q(email_index__in=indexes)):
        audit.record(by=None, did=ERASED, to=person, now=now)


def claim(user: User, *, now: datetime) -> int:
    """Tie the forms that name this person's confirmed address, or that of an account that became
    part of theirs, to their account; how many."""
    if user.works_here:
        return 0
    with transaction.atomic():
        found = Intake.objects.filter(owner=None).reachable_at(*user.address_indexes())
        claimed = list(found.select_for_update())
        for intake in claimed:
            intake.owner = user
            intake.save(update_fields=["owner"])
            audit.record(by=user, did="claimed a form", to=intake, now=now)
            if intake.is_draft:  # whose address is confirmed by that
                nudges.follow(intake, now=now)
    return len(claimed)
