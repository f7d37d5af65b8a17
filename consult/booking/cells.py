"""The quarters of an hour that a visit or a hold takes up. The database lets each be taken once."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from consult.booking.refusals import SlotTaken
from consult.models import Appointment, Cell, Hold
from consult.rules.openings import covered


def claim(appointment: Appointment, *, mine: Q) -> None:
    """Make the cells that the visit covers its own, taking over those in `mine`.

    New ones first, old ones away last: who comes second is refused at once instead of waiting for
    cells that are about to be freed, so no two can wait for each other. Raises SlotTaken.
    """
    visit = appointment.visit_type.visit()
    wanted = covered(appointment.starts_at, visit)
    own = Cell.objects.filter(mine)
    here = Q(clinician=appointment.clinician_id, starts_at__in=wanted)
    kept = dict(own.filter(here).values_list("starts_at", "pk"))
    missing = [cell for cell in wanted if cell not in kept]
    old = list(own.exclude(pk__in=kept.values()).values_list("pk", flat=True))
    insert(appointment.clinician_id, missing, appointment=appointment)
    Cell.objects.filter(pk__in=kept.values()).update(appointment=appointment, hold=None)
    Cell.objects.filter(pk__in=old).delete()


def insert(clinician: uuid.UUID, cells: Collection[datetime], **holder: Any) -> None:
    """Insert cells in order: of two that want the same, one is refused. Raises SlotTaken."""
    rows = [Cell(clinician_id=clinician, starts_at=cell, **holder) for cell in sorted(cells)]
    try:
        with transaction.atomic():
            Cell.objects.bulk_create(rows)
    except IntegrityError as error:
        raise SlotTaken from error


@transaction.atomic
def let_go_of_expired(*, now: datetime) -> None:
    """Free what was held too long; in a transaction of its own, so that nobody waits for it."""
    expired = Hold.objects.expired(now).select_for_update(skip_locked=True)
    keys = list(expired.values_list("pk", flat=True))
    Hold.objects.filter(pk__in=keys).delete()
