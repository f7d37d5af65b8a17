"""What is written about an appointment, and when its reminders are due."""

from datetime import datetime, timedelta

from django.conf import settings

from consult.booking import errands
from consult.followups import actions as followups
from consult.followups import calls, summaries
from consult.followups.appointments import anchor_of, anchors_of
from consult.followups.fitting import is_undecided
from consult.models import Appointment, Intake, User, VisitType
from consult.rules import clock
from consult.rules import followups as plan
from consult.rules.clearance import ASKED_AGAIN

LETTERS = frozenset({"booking_requested", "booking_confirmed", "booking_changed"})
TIME_TO_DECIDE = "time_to_decide"
AFTER_A_TALK, MISSED = summaries.LETTER, "missed_appointment"
ATTENDED = Appointment.Status.ATTENDED
CALLED_FROM = 3  # the place in the queue from which people are called instead of written to
BY_VIDEO = "reminder_2h"
REMINDERS = frozenset({"reminder_72h", "reminder_24h", BY_VIDEO})
RECHECKS = frozenset({"recheck_72h", "recheck_24h"})  # the questions before a treatment
REMINDED_BEFORE = timedelta(hours=1)  # nobody reads a reminder later than this in time


def write(event: str, appointment: Appointment, *, now: datetime) -> None:
    """The letter about a change, and new reminders, instead of those that have not left yet."""
    intake, anchor = appointment.intake, anchor_of(appointment)
    followups.cancel(intake=intake, events=LETTERS | REMINDERS | RECHECKS, now=now)
    if is_treatment(appointment):  # which is a decision
        followups.cancel(intake=intake, events={TIME_TO_DECIDE}, now=now)
    followups.schedule(event, intake=intake, anchor=anchor, now=now)
    if appointment.status != Appointment.Status.BOOKED:
        return
    until = appointment.starts_at - REMINDED_BEFORE
    for reminder in sorted(ahead_of(appointment)):
        at = reminder_at(reminder, appointment)
        if at > now:
            followups.schedule(reminder, intake=intake, anchor=anchor, at=at, until=until, now=now)
    if is_treatment(appointment) and not followups.address_of(intake):
        due = max(now, appointment.starts_at - ASKED_AGAIN)
        calls.ask_to_call(calls.RECHECK_CALL, intake, due=due, now=now)


def is_treatment(appointment: Appointment) -> bool:
    return appointment.visit_type.purpose == VisitType.Purpose.TREATMENT


def ahead_of(appointment: Appointment) -> frozenset[str]:
    """What a person is told or asked before this visit."""
    reminders = REMINDERS if appointment.visit_type.mode == "video" else REMINDERS - {BY_VIDEO}
    return reminders | RECHECKS if is_treatment(appointment) else reminders


def after(appointment: Appointment, *, was: str, by: User, now: datetime) -> None:
    """What follows from a mark, instead of what an earlier mark had planned; `was` is how the
    visit stood before it. What is written about another visit of the form stays."""
    intake, about = appointment.intake, anchors_of(appointment)
    own = REMINDERS | RECHECKS | {AFTER_A_TALK, MISSED}
    followups.cancel(intake=intake, events=own, about=about, now=now)
    if ATTENDED in {was, appointment.status}:
        plan_time_to_decide(intake, now=now)
    errands.close_task(errands.CALL_MISSED, intake, "The mark was changed.", by=by, now=now)
    summaries.after_mark(appointment, by=by, now=now)
    if appointment.status == Appointment.Status.MISSED:
        after_missed(appointment, now=now)


def after_missed(appointment: Appointment, *, now: datetime) -> None:
    """A letter; whoever stands high in the queue, or gets no letter, is called instead."""
    intake, letter = appointment.intake, None
    if intake.rank < CALLED_FROM:
        letter = followups.schedule(MISSED, intake=intake, anchor=anchor_of(appointment), now=now)
    if letter is None:
        errands.open_task(errands.CALL_MISSED, intake, now=now)


def plan_time_to_decide(intake: Intake, *, now: datetime) -> None:
    """A week after the latest talk that took place, once for a form. Every talk here is about a
    treatment; a decision is that one was planned or given, or that a clinician has said no."""
    followups.cancel(intake=intake, events={TIME_TO_DECIDE}, now=now)
    talks = Appointment.objects.filter(
        intake=intake, status=ATTENDED, visit_type__purpose=VisitType.Purpose.CONSULTATION
    )
    ends_at = talks.order_by("-ends_at").values_list("ends_at", flat=True).first()
    if ends_at is None or not is_undecided(intake):
        return
    at = plan.due_at(plan.event(TIME_TO_DECIDE), ends_at, followups.zone_of(intake))
    if at > now:
        followups.schedule(TIME_TO_DECIDE, intake=intake, at=at, now=now, again=True)


def reminder_at(event: str, appointment: Appointment) -> datetime:
    """So long before the visit; in the evening before rather than in the night after it, since
    the letter names the day."""
    at = appointment.starts_at + plan.delay(plan.event(event))
    local = at.astimezone(clock.zone_or(appointment.zone, settings.TIME_ZONE))
    if local.time() < plan.QUIET_FROM:
        return at
    return local.replace(hour=plan.QUIET_FROM.hour - 1, minute=0)
