"""Taking back, and asking to erase. Each is one transaction with its audit event in it."""

from datetime import datetime, timedelta

from django.db import transaction

from consult import audit
from consult.followups import actions as followups
from consult.followups.actions import EMAIL_CONSENT, Cancelled
from consult.followups.choices import NOT_WANTED
from consult.intake.actions import NotAllowed
from consult.models import Intake, StaffTask, User
from consult.withdrawing import locked, standing_agreements, take_back, withdraw

__all__ = ["ask_to_erase", "erase_draft", "stop_email", "withdraw"]

ERASURE = "erasure_request"
ANSWER_WITHIN = timedelta(days=30)  # the page that asks promises it


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
    care = followups.care_events()
    stopped = followups.cancel(intake=intake, now=now, events=care, why=NOT_WANTED)
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
