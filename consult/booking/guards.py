"""Who may have which time, and what may be changed. Each raises a sentence for the person."""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from consult.booking.offers import way_of, why_not
from consult.booking.refusals import NotBookable, Refusal, SlotTaken, StaleClearance, TooLate
from consult.booking.times import diary, refused_by_the_clock
from consult.followups import clearance
from consult.models import Appointment, Intake, User, VisitType

STAFF_MAY = {Refusal.TOO_SOON, Refusal.TOO_FAR}  # notice and horizon bind patients
BOOKED = Appointment.Status.BOOKED


def choices(
    intake: Intake,
    visit_type: VisitType,
    clinician: User | None,
    starts_at: datetime,
    moving: Appointment | None,
    *,
    by: User,
    now: datetime,
) -> list[uuid.UUID]:
    """Who could see the person then. Raises NotBookable or SlotTaken when nobody can."""
    refuse_state(intake, visit_type, moving, by=by, now=now)
    if moving:
        refuse_move(moving)
        refuse_change(moving, by=by, now=now)
    else:
        way_of(intake, visit_type, by=by)
    refusal = refused_by_the_clock(starts_at, visit_type.visit(), now)
    if refusal and not (by.is_care_team and refusal in STAFF_MAY):
        raise NotBookable(str(refusal))
    looked_at = diary(
        visit_type,
        since=starts_at,
        until=starts_at,
        now=now,
        clinician=clinician.pk if clinician else None,
        mine=intake,
        moving=moving,
    )
    if free := looked_at.free_at(starts_at):
        return free
    refusal = looked_at.refusal(starts_at)
    if refusal == Refusal.CLOSED:
        raise NotBookable(str(refusal))
    raise SlotTaken(refusal)


def bookable(
    intake: Intake,
    visit_type: VisitType,
    moving: Appointment | None,
    *,
    by: User,
    now: datetime,
) -> Intake:
    """The form's row, locked. Raises NotBookable when it does not allow this kind of visit now."""
    locked = Intake.objects.select_for_update().get(pk=intake.pk)
    refuse_state(locked, visit_type, moving, by=by, now=now)
    if moving is None:
        way_of(locked, visit_type, by=by)
    return locked


def refuse_state(
    intake: Intake,
    visit_type: VisitType,
    moving: Appointment | None,
    *,
    by: User,
    now: datetime,
) -> None:
    """`moving` is the appointment that is to be moved or confirmed; None for a new one."""
    if moving and moves_freely(moving, by=by):
        return
    if sentence := why_not(intake, by=by):
        raise NotBookable(sentence)
    if moving is None and Appointment.objects.filter(intake=intake).upcoming(now).exists():
        raise NotBookable("You already have an appointment. You can move it to another time.")
    if stale := not_cleared(intake, visit_type.purpose, by=by, now=now):
        raise StaleClearance(stale)


def not_cleared(intake: Intake, purpose: str, *, by: User, now: datetime) -> str:
    """Why no visit of this purpose can be chosen with a ready form, in words for `by`."""
    tell = clearance.refusal_for_staff if by.is_care_team else clearance.refusal
    return tell(intake, now=now, purpose=purpose)


def moves_freely(visit: Appointment, *, by: User) -> bool:
    """Staff move a booked talk whatever has become of its form: a clinician who is ill cannot keep
    the time. A treatment needs its clearance each time."""
    is_talk = visit.visit_type.purpose == VisitType.Purpose.CONSULTATION
    return by.is_care_team and is_talk and visit.status == BOOKED


def cannot_choose(intake: Intake, moving: Appointment | None, *, by: User) -> str:
    """Why `by` can choose no time with this form, be it a new one or for `moving`; empty if so."""
    return "" if moving and moves_freely(moving, by=by) else why_not(intake, by=by)


def locked_row(appointment: Appointment) -> Appointment:
    rows = Appointment.objects.select_related("visit_type", "intake")
    return rows.select_for_update(of=("self",)).get(pk=appointment.pk)


def refuse_move(appointment: Appointment) -> None:
    if appointment.is_request:
        raise NotBookable("This time is not confirmed yet. You can take it back and ask again.")


def refuse_change(appointment: Appointment, *, by: User, now: datetime) -> None:
    """Raises NotBookable when it is over or called off, TooLate after a patient's cut-off."""
    if not appointment.is_standing:
        raise NotBookable(f"This appointment is “{appointment.get_status_display().lower()}”.")
    # What was only asked for can be taken back until it begins.
    late = now > (
        appointment.starts_at if appointment.is_request else appointment.changeable_until()
    )
    if late and not by.is_care_team:
        raise TooLate


def refuse_mark(row: Appointment, status: str, *, now: datetime) -> None:
    if row.status == Appointment.Status.CANCELLED:
        raise NotBookable("This appointment was cancelled.")
    if row.is_request:
        raise NotBookable("This time was asked for and never confirmed. Please decline it.")
    if now < row.starts_at:
        raise NotBookable("This appointment has not begun yet.")
    if status == BOOKED and clinic_day(row.changed_at) != clinic_day(now):
        raise NotBookable("A mark can be taken back on the same day only.")


def missing_clearance(row: Appointment, *, now: datetime) -> str:
    """What speaks against a treatment that takes place, in words for staff; empty for a talk."""
    if row.visit_type.purpose != VisitType.Purpose.TREATMENT:
        return ""
    return "; ".join(clearance.reasons_against_one(row, now=now))


def clinic_day(instant: datetime) -> str:
    return f"{instant.astimezone(ZoneInfo(settings.TIME_ZONE)):%Y-%m-%d}"
