"""Three letters about a form that was started and not sent, counted from when it was started."""

from datetime import datetime, timedelta

from consult.fields import blind_index
from consult.followups import actions as followups
from consult.followups.fitting import may_be_nudged
from consult.followups.reach import address_of, zone_of
from consult.models import Intake, Message
from consult.rules import followups as plan

NUDGES = ("intake_nudge_1", "intake_nudge_2", "intake_nudge_3")
ONE_FORM_IN = timedelta(days=30)


def follow(intake: Intake, *, now: datetime) -> None:
    """Plan them, or stop them, after the form or the contact of a draft was saved.

    They need the agreement to e-mail, and an address that a code has shown to be the person's;
    whatever comes first waits for the other. What would have been due before is left out. Call it
    in the transaction that saves.
    """
    if not may_be_nudged(intake) or not followups.wants_email(intake):
        stop(intake, now=now)
        return
    if written_for_another_form(intake, now=now):
        return
    for event in NUDGES:
        at = plan.due_at(plan.event(event), intake.started_at, zone_of(intake))
        if at > now:
            followups.schedule(event, intake=intake, at=at, now=now, again=True)


def stop(intake: Intake, *, now: datetime) -> None:
    followups.cancel(intake=intake, events=NUDGES, now=now)


def written_for_another_form(intake: Intake, *, now: datetime) -> bool:
    """Whoever starts many forms under one address fills that mailbox no further."""
    index = blind_index("email", address_of(intake))
    others = Message.objects.filter(event__in=NUDGES, recipient_index=index)
    return others.filter(created_at__gt=now - ONE_FORM_IN).exclude(intake=intake).exists()
