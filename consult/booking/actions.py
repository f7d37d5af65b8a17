"""Hold, book, confirm, decline, move, cancel, mark. Each is one transaction; the database decides
who is first."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from consult import audit
from consult.booking import errands
from consult.booking.cells import claim, insert, let_go_of_expired
from consult.booking.guards import (
    bookable,
    choices,
    clinic_day,
    locked_row,
    missing_clearance,
    refuse_change,
    refuse_mark,
    refuse_move,
)
from consult.booking.letters import after, write
from consult.booking.limits import refuse_full_day
from consult.booking.offers import way_of
from consult.booking.refusals import NotBookable, NotCleared, SlotTaken
from consult.models import Appointment, Cell, Hold, Intake, Note, User, VisitType
from consult.models.booking import HOLD_FOR
from consult.rules.openings import covered


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
    moves, visit_type, starts_at = made["moves"], made["visit_type"], made["starts_at"]
    intake = bookable(intake, visit_type, moves, by=by, now=now)
    refuse_full_day(clinician, visit_type, starts_at, intake=intake, moving=moves, now=now)
    Hold.objects.filter(intake=intake).delete()
    held = Hold.objects.create(intake=intake, clinician_id=clinician, **made)
    # What the appointment has already stays the appointment's until it moves.
    own = Cell.objects.filter(appointment=moves, clinician=clinician) if moves else None
    kept = set(own.values_list("starts_at", flat=True)) if own else set()
    wanted = covered(starts_at, visit_type.visit())
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
    """Give the person of a ready form an appointment, or keep the time until staff confirm it.

    Which of the two is for the visit type and the form's place to say; staff always book.
    `clinician` None is anybody who is free then; `zone` is the person's. The same
    `idempotency_key` again returns the same appointment and does nothing. In one transaction:
    the appointment, its cells, the letter, staff's task, the audit event. Raises SlotTaken when
    somebody was faster, NotBookable with a sentence for everything else.
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
    visit_type, starts_at = made["visit_type"], made["starts_at"]
    bookable(locked, visit_type, None, by=by, now=now)
    refuse_full_day(clinician, visit_type, starts_at, intake=locked, moving=None, now=now)
    asked = way_of(locked, visit_type, by=by).by_request
    status = Appointment.Status.REQUESTED if asked else Appointment.Status.BOOKED
    row = Appointment.objects.create(intake=locked, clinician_id=clinician, status=status, **made)
    claim(row, mine=Q(hold__intake=locked))
    Hold.objects.filter(intake=locked).delete()
    if asked:
        errands.open_task(errands.CONFIRM, locked, now=now)
    write("booking_requested" if asked else "booking_confirmed", row, now=now)
    did = "asked for an appointment" if asked else "booked an appointment"
    audit.record(by=by, did=did, to=row, now=now)
    return row


@transaction.atomic
def confirm(appointment: Appointment, *, by: User, now: datetime) -> Appointment:
    """Turn a time that was asked for into a booked one, with its letter and reminders.

    Raises NotBookable when somebody has confirmed, declined or taken it back meanwhile, or when
    the time has passed.
    """
    row = locked_request(appointment)
    if row.starts_at <= now:
        raise NotBookable("This time has passed. Please decline it, so that another is chosen.")
    bookable(row.intake, row.visit_type, row, by=by, now=now)
    row.status = Appointment.Status.BOOKED
    row.sequence += 1
    row.changed_at = now
    row.save()
    errands.close_task(errands.CONFIRM, row.intake, "Confirmed.", by=by, now=now)
    write("booking_confirmed", row, now=now)
    audit.record(by=by, did="confirmed an appointment", to=row, now=now)
    return row


@transaction.atomic
def decline(appointment: Appointment, *, words: str, by: User, now: datetime) -> Appointment:
    """Say that a time that was asked for cannot be; `words` are for the person. The time is free.

    Raises NotBookable when somebody has confirmed, declined or taken it back meanwhile.
    """
    row = locked_request(appointment)
    row.by_clinic = True
    return cancel_row(row, by=by, now=now, reason=words)


def locked_request(appointment: Appointment) -> Appointment:
    row = locked_row(appointment)
    if not row.is_request:
        raise NotBookable(f"Meanwhile this time is “{row.get_status_display().lower()}”.")
    return row


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
    is_booked = appointment.status == Appointment.Status.BOOKED
    return is_booked and same_person and appointment.starts_at == starts_at


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
    intake = bookable(appointment.intake, appointment.visit_type, appointment, by=by, now=now)
    row = locked_row(appointment)
    refuse_move(row)
    refuse_change(row, by=by, now=now)
    if seen_sequence is not None and row.sequence != seen_sequence:
        raise NotBookable("This appointment has been changed meanwhile. Please look again.")
    refuse_full_day(clinician, row.visit_type, starts_at, intake=intake, moving=row, now=now)
    row.clinician_id, row.starts_at = clinician, starts_at
    row.ends_at = starts_at + row.visit_type.visit().length
    row.zone = zone or row.zone
    row.confirmed_at = None
    row.sequence += 1
    row.changed_at = now
    row.save()
    claim(row, mine=Q(appointment=row) | Q(hold__intake=row.intake_id))
    Hold.objects.filter(intake=row.intake_id).delete()
    write("booking_changed", row, now=now)
    audit.record(by=by, did="moved an appointment", to=row, now=now)
    return row


@transaction.atomic
def cancel(
    appointment: Appointment,
    *,
    by: User,
    now: datetime,
    reason: str = "",
    by_clinic: bool = False,
) -> Appointment:
    """Call an appointment off, or take a time that was asked for back; its time is free at once.

    `by_clinic` is for staff who cannot keep the time; `reason` then holds their words for the
    person. A second call changes nothing. Raises TooLate for a patient after the
    cut-off, NotBookable when it has already been.
    """
    row = locked_row(appointment)
    if row.status == Appointment.Status.CANCELLED:
        return row
    refuse_change(row, by=by, now=now)
    row.by_clinic = by_clinic and by.is_care_team
    return cancel_row(row, by=by, now=now, reason=reason)


@transaction.atomic
def call_off(intake: Intake, *, by: User, now: datetime) -> int:
    """Cancel all that lies ahead for a form that is taken back or put on hold; how many.

    No cut-off binds this. Call it in the transaction that moves the form's state.
    """
    Hold.objects.filter(intake=intake).delete()
    ahead = Appointment.objects.filter(intake=intake).upcoming(now)
    rows = [row for row in map(locked_row, ahead) if row.is_standing]
    for row in rows:
        row.by_clinic = by.is_care_team and by.pk != intake.owner_id
        cancel_row(row, by=by, now=now)
    return len(rows)


def cancel_row(row: Appointment, *, by: User, now: datetime, reason: str = "") -> Appointment:
    was_request = row.is_request
    row.status = Appointment.Status.CANCELLED
    row.cancelled_at, row.cancelled_by, row.reason = now, by, reason
    row.sequence += 1
    row.changed_at = now
    row.save()
    row.cells.all().delete()
    Hold.objects.filter(moves=row).delete()
    if was_request:
        done = "Declined." if row.by_clinic else "Taken back."
        errands.close_task(errands.CONFIRM, row.intake, done, by=by, now=now)
    write("booking_changed", row, now=now)
    did = "declined an appointment" if was_request and row.by_clinic else "cancelled an appointment"
    audit.record(by=by, did=did, to=row, now=now)
    return row


@transaction.atomic
def mark(
    appointment: Appointment, *, status: str, by: User, now: datetime, although: str = ""
) -> Appointment:
    """Write down that somebody came, or did not, with what follows from it: a letter, or a task to
    call. Its time stays taken. `although` is why a treatment took place that was not cleared, in
    words for colleagues: they are kept as a note.

    `status` is attended or missed; booked takes a wrong mark back, on the day it was made. The
    same mark again changes nothing. Raises NotBookable before the visit has begun, when it was
    never booked, or when it is too late to take the mark back; NotCleared, which says what was
    missing, for such a treatment without `although`.
    """
    row = locked_row(appointment)
    if row.status == status:
        return row
    refuse_mark(row, status, now=now)
    missing = missing_clearance(row, now=now) if status == Appointment.Status.ATTENDED else ""
    if missing and not although:
        raise NotCleared(missing)
    if missing:
        words = (
            f"Treated on {clinic_day(row.starts_at)} although not cleared ({missing}): {although}"
        )
        Note.objects.create(intake=row.intake, words=words, by=by, at=now)
    was, row.status, row.changed_at = row.status, status, now
    row.sequence += 1
    row.save(update_fields=["status", "changed_at", "sequence"])
    after(row, was=was, by=by, now=now)
    against = {"not_cleared": True} if missing else {}
    audit.record(by=by, did="marked an appointment", to=row, now=now, status=status, **against)
    return row
