"""Times that staff keep free of visits. A block takes the same cells as a visit: one has them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from consult import audit
from consult.booking.cells import insert, let_go_of_expired
from consult.booking.refusals import NotBookable, SlotTaken
from consult.models import Appointment, Cell, TimeBlock, User
from consult.rules import clock
from consult.rules.openings import cell_of, instant_of

NAMED = 5  # visits that a refusal names; more than that are counted


class InTheWay(NotBookable):
    """Something stands in the time that was to be blocked."""


def block(
    clinician: User,
    *,
    starts_at: datetime,
    ends_at: datetime,
    words: str,
    by: User,
    now: datetime,
) -> TimeBlock:
    """Keep a clinician free from one quarter of an hour to another.

    In one transaction: the block, its cells, the audit event. Raises InTheWay, which says what
    stands there; nothing is moved for a block.
    """
    let_go_of_expired(now=now)
    try:
        return block_cells(clinician, starts_at, ends_at, words, by=by, now=now)
    except SlotTaken as refusal:
        raise InTheWay(what_stands(clinician, starts_at, ends_at, by=by)) from refusal


@transaction.atomic
def block_cells(
    clinician: User, starts_at: datetime, ends_at: datetime, words: str, *, by: User, now: datetime
) -> TimeBlock:
    row = TimeBlock.objects.create(
        clinician=clinician,
        starts_at=starts_at,
        ends_at=ends_at,
        words=words,
        made_by=by,
        made_at=now,
    )
    insert(clinician.pk, quarters(starts_at, ends_at), block=row)
    audit.record(by=by, did="blocked time", to=row, now=now)
    return row


@transaction.atomic
def unblock(row: TimeBlock, *, by: User, now: datetime) -> None:
    """Open a blocked time again, at once."""
    audit.record(by=by, did="removed a block", to=row, now=now)
    row.delete()


def quarters(starts_at: datetime, ends_at: datetime) -> list[datetime]:
    return [instant_of(cell) for cell in range(cell_of(starts_at), cell_of(ends_at))]


def what_stands(clinician: User, starts_at: datetime, ends_at: datetime, *, by: User) -> str:
    """Which visits stand in a time, buffers included, in a sentence for staff."""
    cells = Cell.objects.filter(
        clinician=clinician, starts_at__gte=starts_at, starts_at__lt=ends_at
    )
    visits = (
        Appointment.objects.for_actor(by)
        .filter(cells__in=cells)
        .select_related("intake")
        .order_by("starts_at")
        .distinct()
    )
    named = [in_short(visit) for visit in visits]
    if not named:
        return "Part of this time is blocked already, or somebody is choosing it now."
    more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
    listed = "; ".join(named[:NAMED]) + more
    return f"Nothing is blocked. In this time there is: {listed}. Move or cancel that first."


def in_short(visit: Appointment) -> str:
    zone = ZoneInfo(settings.TIME_ZONE)
    day, at = clock.date_in_words(visit.starts_at, zone), clock.time_in_words(visit.starts_at, zone)
    return f"{day}, {at}, {visit.intake.contact.get('full_name', '')} ({visit.code})"
