"""Letters after something went wrong: a restored backup, or letters that were given up.

A letter that has come to its end stays there. One that goes again is a row of its own, whose key
is the dead one's with a number behind it: the database lets each dead letter have one successor.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consult import audit
from consult.fields import blind_index
from consult.followups import fitting, outbox, provider, suppression, wanted
from consult.followups.actions import address_of, new_row
from consult.followups.keys import next_key
from consult.followups.times import times
from consult.models import Intake, Message, Status, User
from consult.models.messages import PENDING, MessageQuerySet
from consult.rules import followups as plan

HAD_LEFT = "had_left"  # before the backup's moment: the mail server's log knows it
MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>\s]+>")
# The mail server's answer was never heard: such a letter may have arrived.
UNHEARD = frozenset({outbox.NO_ANSWER, provider.AWAY, "SMTPServerDisconnected", "TimeoutError"})


class NotAgain(Exception):
    """This letter must not go again; the words say why."""


@dataclass(frozen=True)
class Held:
    held: int
    in_hand: int  # a worker may be handing these over right now


@dataclass(frozen=True)
class Released:
    released: int
    had_left: int


@transaction.atomic
def hold_unfinished(*, by: User | None, now: datetime) -> Held:
    """Keep back every letter that is not finished, as after a restored backup.

    Out: how many are held, and how many are not because a worker's lease on them still runs.
    """
    over = Message.objects.filter(lease_expires_at__lte=now - outbox.SETTLE)
    outbox.move(over, out_of={Status.SENDING}, to=Status.VERIFY)
    held = outbox.move(over, out_of={Status.VERIFY}, to=Status.HELD)
    stoppable = PENDING
    held += outbox.move(Message.objects.all(), out_of=stoppable, to=Status.HELD)
    in_hand = Message.objects.filter(status__in=[Status.SENDING, Status.VERIFY]).count()
    audit.record(by=by, did="held all letters", now=now, held=held, in_hand=in_hand)
    return Held(held, in_hand)


@transaction.atomic
def release_held(
    *,
    by: User | None,
    now: datetime,
    events: Collection[str] | None = None,
    left: Collection[str] = (),
) -> Released:
    """Let held letters go at their time; those of some events, or all.

    `left` are the Message-IDs that the mail server's log knows: these letters are cancelled, for
    they arrived after the backup was made.
    """
    held = Message.objects.filter(status=Status.HELD)
    if events is not None:
        held = held.filter(event__in=events)
    gone = cancel_those_that_left(held, left, now=now)
    released = outbox.move(held, out_of={Status.HELD}, to=Status.SCHEDULED)
    names = sorted(events) if events is not None else ["all"]
    audit.record(
        by=by, did="released letters", now=now, events=names, released=released, had_left=gone
    )
    return Released(released, gone)


def cancel_those_that_left(held: MessageQuerySet, left: Collection[str], *, now: datetime) -> int:
    known = held.values_list("pk", "message_id")
    keys = [pk for pk, message_id in known.iterator() if message_id in left]
    return sum(
        outbox.move(
            Message.objects.filter(pk__in=keys[start : start + 500]),
            out_of={Status.HELD},
            to=Status.CANCELLED,
            last_error=HAD_LEFT,
            outcome_at=now,
        )
        for start in range(0, len(keys), 500)
    )


def ids_in(lines: Iterable[str]) -> frozenset[str]:
    """The Message-IDs in a mail server's log."""
    return frozenset(one for line in lines for one in MESSAGE_ID.findall(line))


@transaction.atomic
def requeue(*, message: Message, by: User | None, now: datetime) -> Message:
    """Send a letter that was given up again, due now, to the person's present address.

    Out: the new row; the same one when asked twice. Raises NotAgain for a letter that is not dead,
    that would come too late, that the person no longer wants, or whose code is forgotten.
    """
    intake = intake_to_write_to(message, now=now)
    key = next_key(message.idem_key)
    row = new_row(key, now=now) | {
        "event": message.event,
        "intake": intake,
        "recipient": address_of(intake),
        "language": message.language,
        "category": message.category,
        **times(now, message.zone),
        "expires_at": good_until(message, now=now),
    }
    again, is_new = Message.objects.get_or_create(idem_key=key, defaults=row)
    if is_new:
        details = {"event": message.event, "again": str(again.pk), "reason": message.last_error}
        audit.record(by=by, did="sent a dead letter again", to=message, now=now, **details)
    return again


def intake_to_write_to(message: Message, *, now: datetime) -> Intake:
    if message.status != Status.DEAD:
        raise NotAgain(f"It is not given up; it is “{message.get_status_display()}”.")
    if message.intake is None:
        raise NotAgain("Its code is forgotten. The person can ask for a new one.")
    if (until := good_until(message, now=now)) is not None and until <= now:
        raise NotAgain("It would come too late.")
    if message.intake.state == Intake.State.WITHDRAWN:
        raise NotAgain("The form was taken back.")
    if why := against_again(message, message.intake, now=now):
        raise NotAgain(why)
    return message.intake


def good_until(message: Message, *, now: datetime) -> datetime | None:
    """A reminder keeps its end. What the service needs was dropped for being late; whoever sends it
    again wants it now, and gets the plan's hours anew."""
    if message.category == Message.Category.CARE or message.expires_at is None:
        return message.expires_at
    return plan.late_after(plan.event(message.event), now)


def against_again(message: Message, intake: Intake, *, now: datetime) -> str:
    """What address and person say to it today, as a sentence; "" if nothing."""
    care = message.category == Message.Category.CARE
    if care and wanted.unwanted(intake, message.event, at=now):
        return "The person does not want such letters."
    address = address_of(intake)
    if not address:
        return "There is no address to send it to."
    if suppression.is_stopped(blind_index("email", address), care=care):
        return "No letters go to this address any more. Please call the person."
    return "" if fitting.fits(message, now=now) else "What it says does not hold any more."
