"""Book, hold, move, cancel. Each is one transaction; the database decides who is first."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from consult import audit
from consult.booking.cells import claim, insert, let_go_of_expired
from consult.booking.letters import write
from consult.booking.refusals import NotBookable, Refusal, SlotTaken, TooLate
from consult.booking.times import diary, refused_by_the_clock
from consult.models import Appointment, Cell, Hold, Intake, User, VisitType
from consult.models.booking import HOLD_FOR
from consult.rules.openings import covered

STAFF_MAY = {Refusal.TOO_SOON, Refusal.TOO_FAR}  # notice and horizon bind patients
STATE_SENTENCES: dict[str, str] = {
    Intake.State.SUBMITTED: "A clinician reads your form first. We write to you after that.",
    Intake.State.ON_HOLD: "Our team needs to clear up some points with you first.",
    Intake.State.WITHDRAWN: "You have taken your form back, so no time can be booked with it.",
}


def hold(
    intake: Intake,
    *,
    visit_type: VisitType,
    clinician: User | None,
    starts_at: datetime,
    by: User,
    now: datetime,
    moves: Appointment | None = None,
    phone: str = "",
    note: str = "",
) -> Hold:
    """Keep a time for the person of `intake` for ten minutes; what was held before is let go.

    `clinician` None is anybody who is free; `moves` is the appointment that is to go there;
    `phone` and `note` are what they have typed already.
    Raises SlotTaken, or NotBookable with a sentence.
    """
    free = choices(intake, visit_type, clinician, starts_at, moves, by=by, now=now)
    let_go_of_expired(now=now)
    made = {
        "visit_type": visit_type,
        "moves": moves,
        "starts_at": starts_at,
        "expires_at": now + HOLD_FOR,
        "phone": phone,
        "note": note,
    }
    for chosen in free:
        try:
            return hold_with(chosen, intake, made, by=by, now=now)
        except SlotTaken:
            continue
    raise SlotTaken


@transaction.atomic
def hold_with(
    clinician: uuid.UUID, intake: Intake, made: dict[str, Any], *, by: User, now: datetime
) -> Hold:
    moves: Appointment | None = made["moves"]
    intake = bookable(intake, moves, now=now)
    Hold.objects.filter(intake=intake).delete()
    held = Hold.objects.create(intake=intake, clinician_id=clinician, **made)
    # What the appointment has already stays the appointment's until it moves.
    own = Cell.objects.filter(appointment=moves, clinician=clinician) if moves else None
    kept = set(own.values_list("starts_at", flat=True)) if own else set()
    wanted = covered(held.starts_at, held.visit_type.visit())
    insert(clinician, [cell for cell in wanted if cell not in kept], hold=held)
    audit.record(by=by, did="held a time", to=intake, now=now)
    return held


def book(
    intake: Intake,
    *,
    visit_type: VisitType,
    clinician: User | None,
    starts_at: datetime,
    zone: str,
    idempotency_key: str,
    by: User,
    now: datetime,
    phone: str = "",
    note: str = "",
) -> Appointment:
    """Give the person of a ready form an appointment.

    `clinician` None is anybody who is free then; `zone` is the person's. The same
    `idempotency_key` again returns the same appointment and does nothing. In one transaction:
    the appointment, its cells, the letter, the audit event. Raises SlotTaken when somebody was
    faster, NotBookable with a sentence for everything else.
    """
    key = f"{intake.pk.hex}.{idempotency_key}"
    made = {
        "visit_type": visit_type,
        "starts_at": starts_at,
        "ends_at": starts_at + visit_type.visit().length,
        "zone": zone,
        "idempotency_key": key,
        "phone": phone,
        "note": note,
        "booked_at": now,
        "changed_at": now,
    }
    if done := booked_with(key):
        return done
    try:
        return book_with_any(intake, clinician, made, by=by, now=now)
    except NotBookable:
        if done := booked_with(key):  # by the same click, which was faster the other time
            return done
        raise


def booked_with(key: str) -> Appointment | None:
    return Appointment.objects.filter(idempotency_key=key).first()


def book_with_any(
    intake: Intake, clinician: User | None, made: dict[str, Any], *, by: User, now: datetime
) -> Appointment:
    visit_type, starts_at = made["visit_type"], made["starts_at"]
    free = choices(intake, visit_type, clinician, starts_at, None, by=by, now=now)
    let_go_of_expired(now=now)
    for chosen in free:
        try:
            return book_with(chosen, intake, made, by=by, now=now)
        except SlotTaken:
            continue
    raise SlotTaken


@transaction.atomic
def book_with(
    clinician: uuid.UUID, intake: Intake, made: dict[str, Any], *, by: User, now: datetime
) -> Appointment:
    locked = Intake.objects.select_for_update().get(pk=intake.pk)
    if done := booked_with(made["idempotency_key"]):
        return done  # the same click again, which waited for the first
    refuse_state(locked, None, now=now)
    appointment = Appointment.objects.create(intake=locked, clinician_id=clinician, **made)
    claim(appointment, mine=Q(hold__intake=locked))
    Hold.objects.filter(intake=locked).delete()
    write("booking_confirmed", appointment, now=now)
    audit.record(by=by, did="booked an appointment", to=appointment, now=now)
    return appointment


def move(
    appointment: Appointment,
    *,
    clinician: User | None,
    starts_at: datetime,
    by: User,
    now: datetime,
    zone: str = "",
    seen_sequence: int | None = None,
) -> Appointment:
    """Put an appointment at another time; it stays the same one, under the same code and uid.

    Its old cells are free in the moment in which it has the new ones. `seen_sequence` is the one
    that the page showed. Raises SlotTaken, TooLate, or NotBookable with a sentence.
    """
    visit_type, intake = appointment.visit_type, appointment.intake
    if is_there(appointment, clinician, starts_at):
        return appointment
    free = choices(intake, visit_type, clinician, starts_at, appointment, by=by, now=now)
    let_go_of_expired(now=now)
    for chosen in free:
        try:
            return move_to(appointment, chosen, starts_at, zone, seen_sequence, by=by, now=now)
        except SlotTaken:
            continue
    raise SlotTaken


def is_there(appointment: Appointment, clinician: User | None, starts_at: datetime) -> bool:
    """A second click on the same button finds the work done."""
    same_person = clinician is None or clinician.pk == appointment.clinician_id
    return appointment.is_standing and same_person and appointment.starts_at == starts_at


@transaction.atomic
def move_to(
    appointment: Appointment,
    clinician: uuid.UUID,
    starts_at: datetime,
    zone: str,
    seen_sequence: int | None,
    *,
    by: User,
    now: datetime,
) -> Appointment:
    bookable(appointment.intake, appointment, now=now)
    row = locked_row(appointment)
    refuse_change(row, by=by, now=now)
    if seen_sequence is not None and row.sequence != seen_sequence:
        raise NotBookable("This appointment has been changed meanwhile. Please look again.")
    row.clinician_id, row.starts_at = clinician, starts_at
    row.ends_at = starts_at + row.visit_type.visit().length
    row.zone = zone or row.zone
    row.sequence += 1
    row.changed_at = now
    row.save()
    claim(row, mine=Q(appointment=row) | Q(hold__intake=row.intake_id))
    Hold.objects.filter(intake=row.intake_id).delete()
    write("booking_changed", row, now=now)
    audit.record(by=by, did="moved an appointment", to=row, now=now)
    return row


@transaction.atomic
def cancel(appointment: Appointment, *, by: User, now: datetime, reason: str = "") -> Appointment:
    """Call an appointment off and free its time at once; a second call changes nothing.

    Raises TooLate for a patient after the cut-off, NotBookable when it has already been.
    """
    row = locked_row(appointment)
    if row.status == Appointment.Status.CANCELLED:
        return row
    refuse_change(row, by=by, now=now)
    return cancel_row(row, by=by, now=now, reason=reason)


@transaction.atomic
def call_off(intake: Intake, *, by: User | None, now: datetime) -> int:
    """Cancel all that lies ahead for a form that is taken back or put on hold; how many.

    No cut-off binds this. Call it in the transaction that moves the form's state.
    """
    Hold.objects.filter(intake=intake).delete()
    ahead = Appointment.objects.filter(intake=intake).upcoming(now)
    rows = [locked_row(one) for one in ahead]
    return sum(cancel_row(row, by=by, now=now).sequence > 0 for row in rows if row.is_standing)


def cancel_row(
    row: Appointment, *, by: User | None, now: datetime, reason: str = ""
) -> Appointment:
    row.status = Appointment.Status.CANCELLED
    row.cancelled_at, row.cancelled_by, row.reason = now, by, reason
    row.sequence += 1
    row.changed_at = now
    row.save()
    row.cells.all().delete()
    Hold.objects.filter(moves=row).delete()
    write("booking_changed", row, now=now)
    audit.record(by=by, did="cancelled an appointment", to=row, now=now)
    return row


@transaction.atomic
def mark(appointment: Appointment, *, status: str, by: User, now: datetime) -> Appointment:
    """Write down that somebody came, or did not; its time stays taken. May be put right later.

    `status` is attended or missed. Raises NotBookable before the visit has begun, or when it was
    cancelled.
    """
    row = locked_row(appointment)
    if row.status == Appointment.Status.CANCELLED:
        raise NotBookable("This appointment was cancelled.")
    if now < row.starts_at:
        raise NotBookable("This appointment has not begun yet.")
    row.status, row.changed_at = status, now
    row.save(update_fields=["status", "changed_at"])
    audit.record(by=by, did="marked an appointment", to=row, now=now, status=status)
    return row


# ------------------------------------------------------------------------------------- who may
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
    refuse_state(intake, moving, now=now)
    if moving:
        refuse_change(moving, by=by, now=now)
    elif not by.is_care_team and not visit_type.is_bookable:
        raise NotBookable("This kind of visit cannot be chosen here. Please call us.")
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
    if looked_at.refusal(starts_at) == Refusal.TAKEN:
        raise SlotTaken
    raise NotBookable(str(Refusal.CLOSED))


def bookable(intake: Intake, moving: Appointment | None, *, now: datetime) -> Intake:
    """The form's row, locked. Raises NotBookable when its state does not allow an appointment."""
    locked = Intake.objects.select_for_update().get(pk=intake.pk)
    refuse_state(locked, moving, now=now)
    return locked


def refuse_state(intake: Intake, moving: Appointment | None, *, now: datetime) -> None:
    if intake.state != Intake.State.READY:
        raise NotBookable(STATE_SENTENCES.get(intake.state, "Please send your form first."))
    if moving is None and Appointment.objects.filter(intake=intake).upcoming(now).exists():
        raise NotBookable("You already have an appointment. You can move it to another time.")


def locked_row(appointment: Appointment) -> Appointment:
    rows = Appointment.objects.select_related("visit_type", "intake")
    return rows.select_for_update(of=("self",)).get(pk=appointment.pk)


def refuse_change(appointment: Appointment, *, by: User, now: datetime) -> None:
    """Raises NotBookable when it is over or called off, TooLate after a patient's cut-off."""
    if not appointment.is_standing:
        raise NotBookable(f"This appointment is “{appointment.get_status_display().lower()}”.")
    if not by.is_care_team and now > appointment.changeable_until():
        raise TooLate
