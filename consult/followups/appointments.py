"""Appointments as letters and calendar files tell them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from consult.models import Appointment, Message, VisitType, WaitlistOffer
from consult.rules import clock
from consult.rules.calendar import Entry, calendar_file


def anchor_of(appointment: Appointment) -> str:
    """What a letter about an appointment is about: the row, as it is after its latest change."""
    return f"{anchors_of(appointment)}{appointment.sequence}"


def anchors_of(appointment: Appointment) -> str:
    """How the anchors of a visit begin, whatever has changed since."""
    return f"{appointment.pk.hex}."


def appointment_of(message: Message) -> Appointment:
    key = message.anchor.partition(".")[0]
    rows = Appointment.objects.select_related("intake", "visit_type")
    return rows.get(pk=uuid.UUID(key), intake=message.intake_id)


def link_of(appointment: Appointment) -> str:
    return str(settings.SITE_URL + reverse("consult:appointment", args=[appointment.code]))


def offer_of(message: Message) -> WaitlistOffer:
    rows = WaitlistOffer.objects.select_related("entry__visit_type")
    return rows.get(pk=uuid.UUID(message.anchor), entry__intake=message.intake_id)


def deadline_in_words(offer: WaitlistOffer) -> str:
    zone = clock.zone_or(offer.entry.zone, settings.TIME_ZONE)
    return clock.in_words(offer.expires_at, zone)


def leading_zone(zone: str, visit_type: VisitType) -> ZoneInfo:
    """The clock that leads: where the person is, or where they have to come to."""
    if visit_type.in_person:
        return ZoneInfo(settings.TIME_ZONE)
    return clock.zone_or(zone, settings.TIME_ZONE)


def instant_in_words(instant: datetime, zone: str, visit_type: VisitType) -> str:
    return clock.in_words(instant, leading_zone(zone, visit_type))


def instant_on_other_clock(instant: datetime, zone: str, visit_type: VisitType) -> str:
    """The same moment on the other clock, where the two differ: clinic's or person's."""
    clinic = ZoneInfo(settings.TIME_ZONE)
    person = clock.zone_or(zone, settings.TIME_ZONE)
    if clock.same_clock(instant, clinic, person):
        return ""
    return clock.in_words(instant, person if visit_type.in_person else clinic)


def zone_of(appointment: Appointment) -> ZoneInfo:
    return leading_zone(appointment.zone, appointment.visit_type)


def when_in_words(appointment: Appointment) -> str:
    return instant_in_words(appointment.starts_at, appointment.zone, appointment.visit_type)


def other_clock(appointment: Appointment) -> str:
    return instant_on_other_clock(appointment.starts_at, appointment.zone, appointment.visit_type)


@dataclass(frozen=True, slots=True)
class Ahead:
    """The visit that comes next, as the page of a form shows it."""

    code: str
    when: str
    other: str
    kind: str
    is_request: bool
    is_confirmed: bool = False  # the person said that they will come


def ahead_among(visits: Iterable[Appointment], *, now: datetime) -> Ahead | None:
    """The next of a form's visits that is still to come, booked or asked for."""
    coming = [one for one in visits if one.is_standing and one.ends_at > now]
    if not coming:
        return None
    row = min(coming, key=lambda one: one.starts_at)
    words = when_in_words(row), other_clock(row), row.visit_type.name
    confirmed = row.confirmed_at is not None
    return Ahead(row.code, *words, is_request=row.is_request, is_confirmed=confirmed)


def calendar_of(appointment: Appointment) -> bytes:
    return calendar_file(
        Entry(
            uid=str(appointment.uid),
            sequence=appointment.sequence,
            starts_at=appointment.starts_at,
            ends_at=appointment.ends_at,
            zone=zone_of(appointment).key,
            changed_at=appointment.changed_at,
            link=link_of(appointment),
            organizer=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
            attendee=appointment.intake.contact_email,
            is_cancelled=appointment.status == Appointment.Status.CANCELLED,
        )
    )
