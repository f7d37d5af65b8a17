"""Taking a sent form back: for its person on their own page, or at their word by a clinician."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from consult import audit
from consult.booking import waitlist
from consult.booking.actions import call_off
from consult.followups import actions as followups
from consult.followups import checkins
from consult.followups.actions import Cancelled
from consult.intake import amending
from consult.intake.actions import NotAllowed
from consult.intake.reopened import forget
from consult.models import Consent, FollowUpRequest, Intake, User, WaitlistEntry
from consult.models.intake import may_move


@transaction.atomic
def withdraw(intake: Intake, *, by: User, now: datetime) -> Cancelled | None:
    """Take a sent form back for its person, at once.

    Agreements that stand are taken back, appointments and times that were asked for are called
    off, the place on the waiting list, what staff asked for and the check-ins end, and every letter
    that has not left is stopped. Tasks stay open: nothing closes by itself.
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
    end_what_waits(intake, by=by, now=now)
    # Last, so that it also stops what calling off has just written: letters end here.
    stopped = followups.cancel(intake=intake, now=now)
    audit.record(
        by=by, did="withdrew a form", to=intake, now=now, letters=stopped.stopped, visits=visits
    )
    return stopped


def end_what_waits(intake: Intake, *, by: User, now: datetime) -> None:
    """What staff asked for is closed, with what was typed for it, and nobody is offered a time."""
    for request in FollowUpRequest.objects.open().filter(intake=intake):
        amending.close(request, answered=False, now=now)
    forget(intake)
    checkins.end(intake, now=now)
    for entry in WaitlistEntry.objects.waiting().filter(intake=intake):
        waitlist.leave(entry, by=by, now=now)


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
