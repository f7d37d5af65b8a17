"""What staff do with one letter at the mail desk, beside holding and releasing it.

Hold, release and requeue are in `actions` and `recovery`. Whoever comes too late is told so: a
letter that a worker has begun to hand over is nobody's to stop.
"""

from datetime import datetime

from django.db import transaction

from consult import audit
from consult.followups import outbox, wanted
from consult.models import Intake, Message, Status, User
from consult.models.messages import PENDING, WAITING

STOPPED_BY_STAFF = "stopped_by_staff"


class NotNow(Exception):
    """This letter must not go now; the text is the code of the reason."""


@transaction.atomic
def send_now(*, message: Message, by: User, now: datetime) -> bool:
    """Let a letter that waits or is held go with the next look, whatever its time.

    It also goes before letters to the same person that were meant to come first. False if it was
    too late: a worker has it, or it has come to its end. Raises NotNow for a letter that would
    come too late, or that the person does not want.
    """
    refuse_unwanted(message, now=now)
    sooner = {"not_before": now, "wall_time": min(message.wall_time, now), "wall_clock": None}
    row = outbox.row(message)
    hurried = outbox.move(row, out_of={Status.HELD}, to=Status.SCHEDULED, **sooner)
    hurried = hurried or row.filter(status__in=WAITING).update(**sooner)
    if hurried:
        audit.record(by=by, did="sent a letter at once", to=message, now=now, event=message.event)
    return bool(hurried)


def refuse_unwanted(message: Message, *, now: datetime) -> None:
    if message.expires_at is not None and message.expires_at <= now:
        raise NotNow(outbox.EXPIRED)
    if message.intake and message.intake.state == Intake.State.WITHDRAWN:
        raise NotNow(outbox.WITHDRAWN)
    if code := wanted.why_not(message, now=now):
        raise NotNow(code)


@transaction.atomic
def cancel_one(*, message: Message, by: User, now: datetime) -> bool:
    """Stop one letter for good. True: it never leaves. False: too late, it has left or is leaving,
    or it had come to its end before."""
    stopped = outbox.move(
        outbox.row(message),
        out_of={*PENDING, Status.HELD},
        to=Status.CANCELLED,
        last_error=STOPPED_BY_STAFF,
        outcome_at=now,
        **outbox.forgetting(message),
    )
    if stopped:
        audit.record(by=by, did="cancelled a letter", to=message, now=now, event=message.event)
    return bool(stopped)


def too_late(message: Message) -> str:
    """What to say to whoever came too late, from the row as it is now."""
    status = Message.objects.values_list("status", flat=True).get(pk=message.pk)
    if status in {Status.SENDING, Status.VERIFY}:
        return "Too late: it is being handed over. It may arrive."
    if status == Status.CLAIMED:
        return "Too late: a worker has just taken it. Look again in a moment."
    return f"Nothing was changed: the letter is “{Status(status).label}”."
