"""Telling people of free times.

No action that frees a time knows of the waiting list. A look, once a minute, compares what is free
with who waits: so a time counts however it became free, a look that dies is made good by the next,
and what a second one beside it finds, it finds written already.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from consult import audit
from consult.booking.waitlist import LETTER, gone, leave
from consult.booking.waitlist_times import (
    free_times,
    listening,
    no_longer_free,
    open_offers,
    time_of,
    zone_of,
)
from consult.followups import actions as followups
from consult.models import Appointment, Intake, WaitlistEntry, WaitlistOffer
from consult.rules import waitlist as rule
from consult.rules.waitlist import FreeTime

Outcome = WaitlistOffer.Outcome


def look(*, now: datetime) -> int:
    """Close what is over, then tell people of what is free now; how many were told.

    Each step is a short transaction that finds its work in the rows: call it as often as you like.
    """
    close(now=now)
    told = 0
    for visit_type, people in listening(now=now).items():
        free = free_times(visit_type, now=now, last_on=max(one.last_on for _, one in people))
        entries = {entry.pk: entry for entry, _ in people}
        is_open = [time_of(one, one.entry.visit_type) for one in open_offers(now)]
        notice = visit_type.visit().notice
        offers = rule.next_offers((one for _, one in people), free, is_open, now=now, notice=notice)
        told += sum(tell(entries[one.id], found, until, now=now) for one, found, until in offers)
    return told


def close(*, now: datetime) -> None:
    """End what waits for days that are over, with a form that cannot be booked with, or for
    another kind of visit than the person has booked meanwhile; and offers that were not answered
    or whose time somebody has."""
    waiting = WaitlistEntry.objects.waiting().select_related("intake", "visit_type")
    booked = set(waiting.filter(Exists(of_another_kind(now))).values_list("pk", flat=True))
    for entry in waiting:
        is_over = entry.last_on < now.astimezone(zone_of(entry)).date()
        if is_over or entry.intake.state != Intake.State.READY or entry.pk in booked:
            leave(entry, by=None, now=now)
    late = WaitlistOffer.objects.filter(outcome=Outcome.OPEN, expires_at__lte=now)
    late.update(outcome=Outcome.EXPIRED)
    gone(no_longer_free(now=now), now=now)


def of_another_kind(now: datetime) -> QuerySet[Appointment]:
    """Who has an appointment can only move it, and it keeps its length."""
    visits = Appointment.objects.upcoming(now).filter(intake=OuterRef("intake"))
    return visits.exclude(visit_type=OuterRef("visit_type"))


@transaction.atomic
def tell(entry: WaitlistEntry, found: FreeTime, until: datetime, *, now: datetime) -> bool:
    """Offer somebody a time until a deadline: the offer, its letter and the audit event in one
    transaction. False if another look has told them of something meanwhile."""
    waiting = WaitlistEntry.objects.select_for_update().filter(pk=entry.pk, ended_at=None)
    row = waiting.first()
    if row is None or row.offers.filter(Q(outcome=Outcome.OPEN) | same(found)).exists():
        return False
    offer = row.offers.create(
        clinician_id=found.clinician, starts_at=found.starts_at, offered_at=now, expires_at=until
    )
    anchor = offer.pk.hex
    followups.schedule(LETTER, intake=entry.intake, anchor=anchor, until=until, now=now)
    audit.record(by=None, did="offered a freed time", to=offer, now=now)
    return True


def same(found: FreeTime) -> Q:
    return Q(clinician=found.clinician, starts_at=found.starts_at)
