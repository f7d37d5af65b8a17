"""Who waits for which free time: rows, as the rule of the waiting list reads them."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from consult.booking.times import diary
from consult.followups.appointments import leading_zone
from consult.models import Appointment, Cell, VisitType, WaitlistEntry, WaitlistOffer
from consult.rules import openings
from consult.rules.waitlist import FreeTime, Waiting

Outcome = WaitlistOffer.Outcome
REFUSED = {Outcome.DECLINED, Outcome.EXPIRED}


def open_offers(now: datetime) -> list[WaitlistOffer]:
    rows = WaitlistOffer.objects.open(now).order_by("offered_at", "pk")
    return list(rows.select_related("entry__visit_type", "entry__intake"))


def time_of(offer: WaitlistOffer, visit_type: VisitType) -> FreeTime:
    length = visit_type.visit().length
    return FreeTime(offer.starts_at, offer.starts_at + length, offer.clinician_id)


def free_times(visit_type: VisitType, *, now: datetime, last_on: date) -> list[FreeTime]:
    """Every free time for this kind of visit, with each clinician, until the end of a day."""
    visit = visit_type.visit()
    # A day more: the day is meant on the person's clock.
    end = datetime.combine(last_on + timedelta(days=2), time(), ZoneInfo(settings.TIME_ZONE))
    since, until = now + visit.notice, min(now + visit.horizon, end)
    read = diary(visit_type, since=since, until=max(since, until), now=now)
    offered = openings.offered(visit, read.within, now) & read.within.bits(since, until)
    return sorted(
        FreeTime(starts_at, starts_at + visit.length, clinician)
        for clinician, agenda in read.agendas.items()
        for starts_at in openings.instants(agenda.starts(visit, read.within) & offered, read.within)
    )


def suits_now(entry: WaitlistEntry, *, now: datetime) -> list[FreeTime]:
    """What is free at this moment that somebody on the list would take."""
    appointment = Appointment.objects.filter(intake=entry.intake_id).upcoming(now).first()
    waiting = as_read(entry, appointment)
    free = free_times(entry.visit_type, now=now, last_on=entry.last_on)
    return [one for one in free if waiting.suits(one)]


def listening(*, now: datetime) -> dict[VisitType, list[tuple[WaitlistEntry, Waiting]]]:
    """Who could be told of a time now, by kind of visit, the longest waiting first.

    Not those who have an offer to answer, who asked for a time that staff have not confirmed, or
    whose appointment can no longer be moved.
    """
    hearing = {offer.entry_id for offer in open_offers(now)}
    rows = WaitlistEntry.objects.waiting().exclude(pk__in=hearing)
    rows = rows.select_related("intake", "visit_type").prefetch_related("offers")
    standing = Appointment.objects.filter(intake__waitlist__in=rows).upcoming(now)
    first: dict[uuid.UUID, Appointment] = {}
    for appointment in standing.select_related("visit_type"):
        first.setdefault(appointment.intake_id, appointment)
    found = defaultdict(list)
    for entry in rows:
        own = first.get(entry.intake_id)
        if may_be_told(entry, own, now):
            found[entry.visit_type].append((entry, as_read(entry, own)))
    return found


def may_be_told(entry: WaitlistEntry, appointment: Appointment | None, now: datetime) -> bool:
    if not entry.visit_type.is_active:
        return False
    if appointment is None:
        return True
    same = appointment.visit_type_id == entry.visit_type_id
    return same and not appointment.is_request and now < appointment.changeable_until()


def as_read(entry: WaitlistEntry, appointment: Appointment | None) -> Waiting:
    offers = list(entry.offers.all())
    return Waiting(
        id=entry.pk,
        first_on=entry.first_on,
        last_on=entry.last_on,
        part=entry.day_part,
        zone=zone_of(entry),
        clinician=entry.clinician_id,
        before=appointment.starts_at if appointment else None,
        refused=tuple(time_of(one, entry.visit_type) for one in offers if one.outcome in REFUSED),
        told=frozenset((one.clinician_id, one.starts_at) for one in offers),
    )


def zone_of(entry: WaitlistEntry) -> ZoneInfo:
    """The clock on which the days and the times of the day are meant."""
    return leading_zone(entry.zone, entry.visit_type)


def no_longer_free(*, now: datetime) -> list[WaitlistOffer]:
    """The open offers in whose time a visit or a block stands. What is only held may come back."""
    there = open_offers(now)
    wanted = {
        one.pk: {
            (one.clinician_id, cell)
            for cell in openings.covered(one.starts_at, one.entry.visit_type.visit())
        }
        for one in there
    }
    taken = standing_in(cell for cells in wanted.values() for cell in cells)
    return [one for one in there if wanted[one.pk] & taken]


def standing_in(cells: Iterable[tuple[uuid.UUID, datetime]]) -> set[tuple[uuid.UUID, datetime]]:
    wanted = set(cells)
    rows = Cell.objects.filter(
        hold=None,
        clinician__in={clinician for clinician, _ in wanted},
        starts_at__in={starts_at for _, starts_at in wanted},
    )
    return wanted & set(rows.values_list("clinician_id", "starts_at"))
