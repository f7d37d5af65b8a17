"""Taking back, and asking to erase. Each is one transaction with its audit event in it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from consult import audit
from consult.booking.actions import call_off
from consult.followups import actions as followups
from consult.followups.actions import EMAIL_CONSENT, Cancelled
from consult.intake.actions import NotAllowed
from consult.models import Consent, Intake, StaffTask, User
from consult.models.intake import may_move
from consult.rules.published import load_followups

ERASURE = "erasure_request"
ANSWER_WITHIN = timedelta(days=30)  # the page that asks promises it


@transaction.atomic
def withdraw(intake: Intake, *, by: User, now: datetime) -> Cancelled | None:
    """Take a sent form back for its person, at once.

    Agreements that stand are taken back, appointments are called off and every letter that has
    not left is stopped. Tasks stay open: nothing closes by itself.
    Out: which letters were stopped; None if it had been taken back before. Raises NotAllowed for
    a draft, which can be erased instead.
    """
    intake = locked(intake)
    if intake.state == Intake.State.WITHDRAWN:
        return None
    if intake.is_draft or not may_move(intake, Intake.State.WITHDRAWN):
        raise NotAllowed("This form was not sent. You can erase it instead.")
    intake.state = Intake.State.WITHDRAWN
    intake.save(update_fields=["state"])
    take_back(standing_agreements(intake), now=now)
    visits = call_off(intake, by=by, now=now)
    # Last, so that it also stops what calling off has just written: letters end here.
    stopped = followups.cancel(intake=intake, now=now)
    audit.record(
        by=by, did="withdrew a form", to=intake, now=now, letters=stopped.stopped, visits=visits
    )
    return stopped


@transaction.atomic
def stop_email(intake: Intake, *, by: User, now: datetime) -> Cancelled | None:
    """Take back the agreement to reminders and check-ins by e-mail; service letters still come.

    Out: which letters were stopped; None if there was no such agreement. Raises NotAllowed for a
    draft, where the answer itself can be changed.
    """
    intake = locked(intake)
    if intake.is_draft:
        raise NotAllowed("This form is not sent yet. You can change this answer in the form.")
    agreed = [one for one in standing_agreements(intake) if one.purpose == EMAIL_CONSENT]
    if not agreed:
        return None
    take_back(agreed, now=now)
    stopped = followups.cancel(intake=intake, now=now, events=care_events())
    audit.record(by=by, did="stopped e-mail reminders", to=intake, now=now, letters=stopped.stopped)
    return stopped


@transaction.atomic
def erase_draft(intake: Intake, *, by: User | None, now: datetime) -> None:
    """Erase a form that was never sent: answers, contact, letters about it. `by` None: a visitor.

    Raises NotAllowed when it was sent meanwhile or is gone.
    """
    found = Intake.objects.select_for_update().drafts().filter(pk=intake.pk).first()
    if found is None:
        raise NotAllowed("This form was sent or erased meanwhile.")
    audit.record(by=by, did="erased an unsent form", to=found, now=now, codes=[found.code])
    found.delete()


@transaction.atomic
def ask_to_erase(intake: Intake, *, by: User, now: datetime) -> StaffTask:
    """Give the clinic a task to answer a wish to erase a sent form; the same one if asked before.

    Raises NotAllowed for a draft, which is erased at once instead.
    """
    intake = locked(intake)
    if intake.is_draft:
        raise NotAllowed("This form was not sent. You can erase it at once.")
    made = {"made_at": now, "due_at": now + ANSWER_WITHIN}
    task, is_new = StaffTask.objects.get_or_create(event=ERASURE, intake=intake, defaults=made)
    if is_new:
        audit.record(by=by, did="asked for erasure", to=intake, now=now)
    return task


def locked(intake: Intake) -> Intake:
    return Intake.objects.select_for_update().get(pk=intake.pk)


def standing_agreements(intake: Intake) -> list[Consent]:
    """The newest word on each purpose, where it is a yes."""
    newest = {one.purpose: one for one in intake.consents.order_by("at")}
    return [one for one in newest.values() if one.given]


def take_back(agreements: Iterable[Consent], *, now: datetime) -> None:
    """A no is added after each yes, to the same wording; the yes stays in the record."""
    Consent.objects.bulk_create(
        Consent(
            intake_id=one.intake_id,
            purpose=one.purpose,
            given=False,
            wording_sha256=one.wording_sha256,
            questionnaire=one.questionnaire,
            language=one.language,
            at=now,
        )
        for one in agreements
    )


def care_events() -> frozenset[str]:
    """The letters that need the agreement to e-mail."""
    events = load_followups().events
    return frozenset(one.id for one in events if one.needs == "email_consent")
