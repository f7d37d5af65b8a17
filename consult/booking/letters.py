"""What is written about an appointment, and when its reminders are due."""

from datetime import datetime, timedelta

from django.conf import settings

from consult.followups import actions as followups
from consult.followups.appointments import anchor_of
from consult.models import Appointment
from consult.rules import clock
from consult.rules import followups as plan

LETTERS = frozenset({"booking_confirmed", "booking_changed"})
BY_VIDEO = "reminder_2h"
REMINDERS = frozenset({"reminder_72h", "reminder_24h", BY_VIDEO})
REMINDED_BEFORE = timedelta(hours=1)  # nobody reads a reminder later than this in time


def write(event: str, appointment: Appointment, *, now: datetime) -> None:
    """The letter about a change, and new reminders, instead of those that have not left yet."""
    intake, anchor = appointment.intake, anchor_of(appointment)
    followups.cancel(intake=intake, events=LETTERS | REMINDERS, now=now)
    followups.schedule(event, intake=intake, anchor=anchor, now=now)
    if not appointment.is_standing:
        return
    until = appointment.starts_at - REMINDED_BEFORE
    for reminder in sorted(REMINDERS):
        at = reminder_at(reminder, appointment)
        if at > now and (reminder != BY_VIDEO or appointment.visit_type.mode == "video"):
            followups.schedule(reminder, intake=intake, anchor=anchor, at=at, until=until, now=now)


def reminder_at(event: str, appointment: Appointment) -> datetime:
    """So long before the visit; in the evening before rather than in the night after it, since
    the letter names the day."""
    at = appointment.starts_at + plan.delay(plan.event(event))
    local = at.astimezone(clock.zone_or(appointment.zone, settings.TIME_ZONE))
    if local.time() < plan.QUIET_FROM:
        return at
    return local.replace(hour=plan.QUIET_FROM.hour - 1, minute=0)
