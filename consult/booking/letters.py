"""What is written about an appointment, and when its reminders are due."""

from datetime import datetime, timedelta

from django.conf import settings

from consult.booking import errands
from consult.followups import actions as followups
from consult.followups.appointments import anchor_of
from consult.models import Appointment, User
from consult.rules import clock
from consult.rules import followups as plan

LETTERS = frozenset({"booking_requested", "booking_confirmed", "booking_changed"})
AFTERWARDS = {
    Appointment.Status.ATTENDED: "after_consultation",
    Appointment.Status.MISSED: "missed_appointment",
}
CALLED_FROM = 3  # the place in the queue from which people are called instead of written to
BY_VIDEO = "reminder_2h"
REMINDERS = frozenset({"reminder_72h", "reminder_24h", BY_VIDEO})
REMINDED_BEFORE = timedelta(hours=1)  # nobody reads a reminder later than this in time


def write(event: str, appointment: Appointment, *, now: datetime) -> None:
    """The letter about a change, and new reminders, instead of those that have not left yet."""
    intake, anchor = appointment.intake, anchor_of(appointment)
    followups.cancel(intake=intake, events=LETTERS | REMINDERS, now=now)
    followups.schedule(event, intake=intake, anchor=anchor, now=now)
    if appointment.status != Appointment.Status.BOOKED:
        return
    until = appointment.starts_at - REMINDED_BEFORE
    for reminder in sorted(REMINDERS):
        at = reminder_at(reminder, appointment)
        if at > now and (reminder != BY_VIDEO or appointment.visit_type.mode == "video"):
            followups.schedule(reminder, intake=intake, anchor=anchor, at=at, until=until, now=now)


def after(appointment: Appointment, *, by: User, now: datetime) -> None:
    """What follows from a mark, instead of what an earlier mark had planned."""
    intake, event = appointment.intake, AFTERWARDS.get(Appointment.Status(appointment.status))
    followups.cancel(intake=intake, events=REMINDERS | set(AFTERWARDS.values()), now=now)
    errands.close_task(errands.CALL_MISSED, intake, "The mark was changed.", by=by, now=now)
    missed = appointment.status == Appointment.Status.MISSED
    letter = None
    if event and not (missed and intake.rank >= CALLED_FROM):
        letter = followups.schedule(event, intake=intake, anchor=anchor_of(appointment), now=now)
    if missed and letter is None:
        errands.open_task(errands.CALL_MISSED, intake, now=now)


def reminder_at(event: str, appointment: Appointment) -> datetime:
    """So long before the visit; in the evening before rather than in the night after it, since
    the letter names the day."""
    at = appointment.starts_at + plan.delay(plan.event(event))
    local = at.astimezone(clock.zone_or(appointment.zone, settings.TIME_ZONE))
    if local.time() < plan.QUIET_FROM:
        return at
    return local.replace(hour=plan.QUIET_FROM.hour - 1, minute=0)
