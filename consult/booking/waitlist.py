"""Waiting for a free time: joining, leaving, answering an offer.

An offer holds nothing: the first to accept it has the time, through the same cells as everybody.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction

from consult import audit
from consult.booking import actions
from consult.booking.cells import let_go_of_expired
from consult.booking.month import zone_of_person
from consult.booking.offers import refuse_before_ready, way_of
from consult.booking.refusals import NotBookable, SlotTaken
from consult.booking.waitlist_times import no_longer_free
from consult.followups import actions as followups
from consult.models import Appointment, Intake, User, VisitType, WaitlistEntry, WaitlistOffer
from consult.rules.waitlist import FreeTime

LETTER = "waitlist_offer"
Outcome = WaitlistOffer.Outcome


class OfferOver(NotBookable):
    """This offer cannot be accepted any more; the person stays on the list."""


# ---------------------------------------------------------------------------- joining and leaving
@transaction.atomic
def join(
    intake: Intake,
    *,
    visit_type: VisitType,
    clinician: User | None,
    first_on: date,
    last_on: date,
    day_part: str,
    by: User,
    now: datetime,
    not_wanted: Iterable[FreeTime] = (),
) -> WaitlistEntry:
    """Put the person of a ready form on the list, or change what they wait for; their place in it
    stays. `not_wanted` are free times that they were shown and that do not suit: they are not
    offered. Raises NotBookable when the form's state or its level does not allow it."""
    locked = Intake.objects.select_for_update().get(pk=intake.pk)
    refuse_wish(locked, visit_type, by=by, now=now)
    row = {
        "visit_type": visit_type,
        "clinician": clinician,
        "first_on": first_on,
        "last_on": last_on,
        "day_part": day_part,
        "zone": zone_of_person(locked).key,
    }
    entry, is_new = WaitlistEntry.objects.update_or_create(
        intake=locked, ended_at=None, defaults=row, create_defaults=row | {"made_at": now}
    )
    pass_over(entry, not_wanted, now=now)
    did = "joined the waiting list" if is_new else "changed their place on the waiting list"
    audit.record(by=by, did=did, to=entry, now=now)
    return entry


def refuse_wish(intake: Intake, visit_type: VisitType, *, by: User, now: datetime) -> None:
    """Who has an appointment waits for an earlier one like it, others for what they may book."""
    refuse_before_ready(intake, by=by)
    existing = Appointment.objects.filter(intake=intake).upcoming(now).first()
    if existing is None:
        way_of(intake, visit_type, by=by)
    elif existing.visit_type_id != visit_type.pk:
        raise NotBookable("You have an appointment of another kind. You can wait for one like it.")


@transaction.atomic
def leave(entry: WaitlistEntry, *, by: User | None, now: datetime) -> None:
    """Take somebody off the list, with the offers that they have not answered."""
    if not end(entry, now=now):
        return
    open_now = entry.offers.filter(outcome=Outcome.OPEN)
    open_now.update(outcome=Outcome.DECLINED, answered_at=now)
    followups.cancel(intake=entry.intake, events={LETTER}, now=now)
    audit.record(by=by, did="left the waiting list", to=entry, now=now)


def end(entry: WaitlistEntry, *, now: datetime) -> bool:
    rows = WaitlistEntry.objects.filter(pk=entry.pk, ended_at=None)
    return rows.update(ended_at=now) == 1


def pass_over(entry: WaitlistEntry, shown: Iterable[FreeTime], *, now: datetime) -> None:
    """Write these times down as answered with no."""
    row: dict[str, Any] = {
        "entry": entry,
        "offered_at": now,
        "expires_at": now,
        "answered_at": now,
        "outcome": Outcome.DECLINED,
    }
    WaitlistOffer.objects.bulk_create(
        [
            WaitlistOffer(clinician_id=one.clinician, starts_at=one.starts_at, **row)
            for one in shown
        ],
        ignore_conflicts=True,
    )


# ------------------------------------------------------------------------------------- answering
def accept(offer: WaitlistOffer, *, by: User, now: datetime) -> Appointment:
    """Give the person of an offer its time: a new appointment, or the one that they have, moved.

    In one transaction with its letter; a second click returns the same. What others were offered
    of this time is gone then. Raises OfferOver or NotBookable with a sentence, SlotTaken when
    somebody was faster.
    """
    let_go_of_expired(now=now)  # not inside: nobody shall wait for that
    try:
        appointment = accept_row(offer, by=by, now=now)
    except SlotTaken:
        gone([offer], now=now)
        raise
    gone(no_longer_free(now=now), now=now)
    return appointment


@transaction.atomic
def accept_row(offer: WaitlistOffer, *, by: User, now: datetime) -> Appointment:
    # The form's row first, as booking does: a second click waits here and finds the answer.
    intake = Intake.objects.select_for_update(of=("self",)).get(waitlist__offers=offer.pk)
    rows = WaitlistOffer.objects.select_related("entry__visit_type", "clinician", "appointment")
    row = rows.get(pk=offer.pk)
    if row.appointment:
        return row.appointment
    if row.outcome != Outcome.OPEN or row.expires_at <= now:
        raise OfferOver("This offer has ended.")
    appointment = take(row, intake, by=by, now=now)
    row.outcome, row.answered_at, row.appointment = Outcome.TAKEN, now, appointment
    row.save(update_fields=["outcome", "answered_at", "appointment"])
    end(row.entry, now=now)
    audit.record(by=by, did="accepted a freed time", to=row, now=now)
    return appointment


def take(row: WaitlistOffer, intake: Intake, *, by: User, now: datetime) -> Appointment:
    existing = Appointment.objects.filter(intake=intake).upcoming(now).first()
    if existing and existing.visit_type_id != row.entry.visit_type_id:
        raise OfferOver("You have an appointment of another kind now.")
    zone = zone_of_person(intake).key
    when: dict[str, Any] = {"starts_at": row.starts_at, "now": now}
    if existing:
        return actions.move(existing, clinician=row.clinician, zone=zone, by=by, **when)
    return actions.book(
        intake,
        visit_type=row.entry.visit_type,
        clinician=row.clinician,
        zone=zone,
        idempotency_key=f"offer.{row.code}",
        phone=intake.contact.get("phone", "") if row.entry.visit_type.mode == "phone" else "",
        by=by,
        **when,
    )


@transaction.atomic
def decline(offer: WaitlistOffer, *, by: User, now: datetime) -> None:
    """This time is not wanted; the person waits on for another. A second click changes nothing."""
    rows = WaitlistOffer.objects.filter(pk=offer.pk, outcome=Outcome.OPEN)
    if rows.update(outcome=Outcome.DECLINED, answered_at=now):
        followups.cancel(intake=offer.entry.intake, events={LETTER}, now=now)
        audit.record(by=by, did="declined a freed time", to=offer, now=now)


@transaction.atomic
def gone(offers: Iterable[WaitlistOffer], *, now: datetime) -> None:
    """Somebody else has the time: who has not answered yet finds a kind page, and waits on."""
    for offer in offers:
        rows = WaitlistOffer.objects.filter(pk=offer.pk, outcome=Outcome.OPEN)
        if rows.update(outcome=Outcome.GONE):
            followups.cancel(intake=offer.entry.intake, events={LETTER}, now=now)
