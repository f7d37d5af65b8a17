"""At most so many visits of a kind a day for one clinician.

Cells cannot say this: two visits on one day need not touch. So whoever adds a visit or a hold of
such a kind takes the clinician's row first and counts after that. Of two that want the last place,
the second waits, sees the first, and is refused. SQLite has no row locks; there the transaction
itself is IMMEDIATE, so that the second waits at its beginning.
"""

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from consult.booking.refusals import Refusal, SlotTaken
from consult.models import Appointment, Hold, Intake, User, VisitType
from consult.rules.openings import day_around


def refuse_full_day(
    clinician: uuid.UUID,
    visit_type: VisitType,
    starts_at: datetime,
    *,
    intake: Intake,
    moving: Appointment | None,
    now: datetime,
) -> None:
    """Call it in the transaction that adds the visit, before it does. Raises SlotTaken."""
    if visit_type.per_day_limit is None:
        return
    # Not the key: rows that merely refer to the clinician are inserted by others meanwhile.
    User.objects.select_for_update(no_key=True).get(pk=clinician)
    since, until = day_around(starts_at, ZoneInfo(settings.TIME_ZONE))
    here: dict[str, Any] = {
        "clinician": clinician,
        "visit_type": visit_type,
        "starts_at__gte": since,
        "starts_at__lt": until,
    }
    visits = Appointment.objects.filter(**here).exclude(status=Appointment.Status.CANCELLED)
    held = Hold.objects.filter(**here, expires_at__gt=now).exclude(intake=intake)
    others = visits.exclude(pk=moving.pk) if moving else visits
    if others.count() + held.count() >= visit_type.per_day_limit:
        raise SlotTaken(Refusal.FULL)
