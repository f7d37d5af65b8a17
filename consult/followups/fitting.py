"""Whether a letter still fits what is the case, looked at in the moment in which it would leave.

Whatever ends a letter's reason also cancels it, in its own transaction. This is the second look:
some reasons end by the clock alone, and a row that slipped through must not reach anybody.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from consult.followups.appointments import anchor_of, appointment_of
from consult.followups.checkins_asked import is_still_asked
from consult.followups.choices import CHECKINS
from consult.followups.reach import is_confirmed
from consult.models import Appointment, Intake, Message, Recheck, VisitSummary, VisitType
from consult.rules import triage

ANSWERS_OLD_AFTER = timedelta(hours=48)  # the plan: before a treatment they are asked again
Fits = Callable[[Message, datetime], bool]


def fits(message: Message, *, now: datetime) -> bool:
    check = CHECKS.get(message.event)
    return check is None or check(message, now)


def unfinished_form(message: Message, now: datetime) -> bool:
    intake = message.intake
    return intake is not None and may_be_nudged(intake)


def may_be_nudged(intake: Intake) -> bool:
    """A form that waits for its person, who reads the address in it and has not ticked anything
    that cannot wait. To whoever else has that mailbox the letter would tell of the form."""
    waits = intake.is_draft and is_confirmed(intake)
    return waits and not triage.immediate(intake.answers())


def visit_ahead(message: Message, now: datetime) -> bool:
    return booked_as_told(message, appointment_of(message), now)


def booked_as_told(message: Message, visit: Appointment, now: datetime) -> bool:
    as_told = message.anchor == anchor_of(visit)
    return as_told and visit.status == Appointment.Status.BOOKED and visit.starts_at > now


def first_questions(message: Message, now: datetime) -> bool:
    visit = appointment_of(message)
    return asks_before(message, visit, now) and answered_at(visit) is None


def last_questions(message: Message, now: datetime) -> bool:
    """Only if they are unanswered, or were answered so long ago that much may have changed."""
    visit = appointment_of(message)
    answered = answered_at(visit)
    is_old = answered is None or now - answered > ANSWERS_OLD_AFTER
    return asks_before(message, visit, now) and is_old


def asks_before(message: Message, visit: Appointment, now: datetime) -> bool:
    """While the form is with a clinician its person cannot answer, and staff have a task."""
    is_open = visit.intake.state == Intake.State.READY
    is_treatment = visit.visit_type.purpose == VisitType.Purpose.TREATMENT
    return is_open and is_treatment and booked_as_told(message, visit, now)


def answered_at(visit: Appointment) -> datetime | None:
    answered = Recheck.objects.filter(appointment=visit).order_by("-answered_at")
    return answered.values_list("answered_at", flat=True).first()


def summary_written(message: Message, now: datetime) -> bool:
    """No letter speaks of a summary that is not there; one of before there were any does not go."""
    visit = appointment_of(message)
    is_there = VisitSummary.objects.filter(appointment=visit).exists()
    return is_there and visit.status == Appointment.Status.ATTENDED


def undecided(message: Message, now: datetime) -> bool:
    return message.intake is not None and is_undecided(message.intake)


def is_undecided(intake: Intake) -> bool:
    """After a talk: nothing has ended it, and no treatment was planned or given."""
    if intake.state != Intake.State.READY:
        return False
    treatment = VisitType.Purpose.TREATMENT
    planned = Appointment.objects.filter(intake=intake, visit_type__purpose=treatment)
    return not planned.exists() and not intake.treatments.exists()


CHECKS: dict[str, Fits] = {
    "intake_nudge_1": unfinished_form,
    "intake_nudge_2": unfinished_form,
    "intake_nudge_3": unfinished_form,
    "booking_confirmed": visit_ahead,
    "reminder_72h": visit_ahead,
    "reminder_24h": visit_ahead,
    "reminder_2h": visit_ahead,
    "recheck_72h": first_questions,
    "recheck_24h": last_questions,
    "after_consultation": summary_written,
    "time_to_decide": undecided,
    "checkin_reminder": is_still_asked,
}
CHECKS |= dict.fromkeys(CHECKINS, is_still_asked)
