"""Saying beforehand that one will come to a visit."""

from datetime import datetime, timedelta

from django.db import transaction

from consult import audit
from consult.booking.guards import BOOKED, locked_row
from consult.booking.refusals import NotBookable
from consult.followups.appointments import appointment_of
from consult.followups.coming_links import letter_named
from consult.followups.fitting import booked_as_told
from consult.models import Appointment, Message, User

ASKED_FROM = timedelta(hours=72)  # before the visit, as the first reminder: earlier it means little
BY_LETTER, BY_PAGE = "letter", "page"


def visit_of(token: str, *, now: datetime) -> Appointment | None:
    """The visit that a letter's address confirms; None if it has moved, was called off or has
    begun since, and for an address that we did not make."""
    key = letter_named(token)
    message = Message.objects.filter(pk=key).exclude(intake=None).first() if key else None
    if message is None:
        return None
    visit = appointment_of(message)
    return visit if booked_as_told(message, visit, now) else None


def is_asked(visit: Appointment, *, now: datetime) -> bool:
    """Whether the page of the visit offers to say so."""
    near = visit.starts_at - ASKED_FROM <= now < visit.starts_at
    return visit.status == BOOKED and near and visit.confirmed_at is None


@transaction.atomic
def say(
    appointment: Appointment, *, seen_sequence: int, through: str, by: User | None, now: datetime
) -> Appointment:
    """Note that the person will come; a second time changes nothing.

    `seen_sequence` is how the visit stood in the letter or on the page, `through` which of the two
    it was; `by` is None for the letter, which asks nobody who they are. Raises NotBookable when the
    visit has moved, was called off or has begun.
    """
    row = locked_row(appointment)
    if row.status != BOOKED or row.sequence != seen_sequence or row.starts_at <= now:
        raise NotBookable("This appointment has been changed meanwhile. Please look again.")
    if row.confirmed_at is None:
        row.confirmed_at = now
        row.save(update_fields=["confirmed_at"])
        audit.record(by=by, did="said that they will come", to=row, now=now, through=through)
    return row
