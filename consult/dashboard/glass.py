"""Breaking the glass: somebody without the right to answers opens one form's, for a reason.

It lasts an hour and ends by itself. A lead clinician gets a task, every look is recorded as one
for a reason, and the person reads of it on their own page.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from consult import audit
from consult.intake.actions import NotAllowed
from consult.intake.judging import add_task
from consult.models import GlassBroken, Intake, Role, User
from consult.rules.clearance import HELD_LEVEL

LASTS: Final = timedelta(hours=1)
TASK = "glass_broken"
MAY_BREAK = (Role.FRONT_DESK, Role.ADMINISTRATOR)


def break_glass(intake: Intake, *, by: User, reason: str, now: datetime) -> GlassBroken:
    """Open a form's answers to `by` for an hour. Out: the row; the one that lasts still, if any.

    Raises NotAllowed for who reads answers anyway, for who may not, and for one's own form.
    """
    if by.is_clinical:
        raise NotAllowed("You can read the answers without this.")
    if not by.has_role(*MAY_BREAK):
        raise NotAllowed("Your role cannot open answers.")
    if intake.owner_id == by.pk:
        raise NotAllowed("This is your own form: you read it on your own page.")
    with transaction.atomic():
        intake = Intake.objects.select_for_update().get(pk=intake.pk)
        if open_now := opened_for(by, intake, now=now):
            return open_now
        row = GlassBroken.objects.create(
            intake=intake, by=by, reason=reason, at=now, until=now + LASTS
        )
        add_task(intake, TASK, level=HELD_LEVEL, now=now)
        audit.record(by=by, did="opened answers for a reason", to=intake, now=now)
    return row


def opened_for(user: User, intake: Intake, *, now: datetime) -> GlassBroken | None:
    """What lets this person read the form's answers now, if anything of this kind does."""
    if user.is_clinical or not user.has_role(*MAY_BREAK):
        return None
    rows = GlassBroken.objects.filter(by=user, intake=intake, at__lte=now, until__gt=now)
    return rows.order_by("-until").first()
