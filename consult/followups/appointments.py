"""Appointments as letters and calendar files tell them."""

import uuid
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from consult.models import Appointment, Message
from consult.rules import clock
from consult.rules.calendar import Entry, calendar_file


def anchor_of(appointment: Appointment) -> str:
    """What a letter about an appointment is about: the row, as it is after its latest change."""
    return f"{appointment.pk.hex}.{appointment.sequence}"


def appointment_of(message: Message) -> Appointment:
    key = message.idem_key.rpartition(":")[2].partition(".")[0]
    rows = Appointment.objects.select_related("intake", "visit_type")
    return rows.get(pk=uuid.UUID(key), intake=message.intake_id)


def link_of(appointment: Appointment) -> str:
    return str(settings.SITE_URL + reverse("consult:appointment", args=[appointment.code]))


def zone_of(appointment: Appointment) -> ZoneInfo:
    """The clock that leads: where the person is, or where they have to come to."""
    if appointment.visit_type.in_person:
        return ZoneInfo(settings.TIME_ZONE)
    return clock.zone_or(appointment.zone, settings.TIME_ZONE)


def when_in_words(appointment: Appointment) -> str:
    return clock.in_words(appointment.starts_at, zone_of(appointment))


def other_clock(appointment: Appointment) -> str:
    """The same moment on the other clock, where the two differ: clinic's or person's."""
    clinic = ZoneInfo(settings.TIME_ZONE)
    person = clock.zone_or(appointment.zone, settings.TIME_ZONE)
    if clock.same_clock(appointment.starts_at, clinic, person):
        return ""
    other = person if appointment.visit_type.in_person else clinic
    return clock.in_words(appointment.starts_at, other)


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
