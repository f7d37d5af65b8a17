"""When clinicians can be seen, as staff set it. What has been booked stays, whatever changes."""

from collections.abc import Collection
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from consult import audit
from consult.models import HoursChange, User, VisitType, WeeklyHours

Row = TypeVar("Row", WeeklyHours, HoursChange, VisitType)


@transaction.atomic
def save(row: Row, *, by: User, now: datetime) -> Row:
    """Keep checked hours, a change of hours or a kind of visit."""
    is_new = row._state.adding
    row.save()
    name = row._meta.verbose_name
    audit.record(by=by, did=f"{'added' if is_new else 'changed'} {name}", to=row, now=now)
    return row


@transaction.atomic
def save_visit_type(
    row: VisitType, *, clinicians: Collection[User], by: User, now: datetime
) -> VisitType:
    """Keep a checked kind of visit and who offers it; nobody listed is everybody with hours."""
    save(row, by=by, now=now)
    row.clinicians.set(clinicians)
    return row


@transaction.atomic
def remove(row: WeeklyHours | HoursChange, *, by: User, now: datetime) -> None:
    """Take hours or a change of hours away."""
    audit.record(by=by, did=f"removed {row._meta.verbose_name}", to=row, now=now)
    row.delete()
