"""What was stopped for a reason that has ended, and whose time is still ahead, is planned again.

A row that was stopped stays as it is: the letter gets another, whose key is the old one's with a
number behind it.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from consult.fields import blind_index
from consult.followups import fitting, wanted
from consult.followups.actions import new_row
from consult.followups.keys import next_key
from consult.followups.reach import address_of
from consult.followups.suppression import end_suppression
from consult.followups.times import end_moved, meant, times
from consult.models import Intake, Message, Status, Suppression, User
from consult.models.messages import MessageQuerySet


def bring_back(letters: MessageQuerySet, *, now: datetime) -> int:
    """Plan again those of `letters` that nothing stands against any more; how many.

    Call it in the transaction that ends the reason, and hand over letters that are about forms.
    """
    in_time = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    stopped = letters.filter(
        in_time,
        status=Status.CANCELLED,
        last_error__in=wanted.MAY_RETURN,
        attempts=0,  # one that was tried may have arrived
        not_before__gt=now,
        intake__isnull=False,
    ).select_related("intake__owner")
    return sum(again(one, now=now) for one in stopped.order_by("created_at", "pk"))


def again(letter: Message, *, now: datetime) -> bool:
    intake, key = letter.intake, next_key(letter.idem_key)
    if intake is None or intake.state == Intake.State.WITHDRAWN or not address_of(intake):
        return False
    if Message.objects.filter(idem_key=key).exists() or not fitting.fits(letter, now=now):
        return False
    row = new_row(key, now=now) | {
        "idem_key": key,
        "event": letter.event,
        "intake": intake,
        "recipient": address_of(intake),
        "language": letter.language,
        "category": letter.category,
        **when(letter),
    }
    fresh = Message(**row)
    fresh.recipient_index = blind_index("email", fresh.recipient)
    if wanted.refused(fresh, at=fresh.not_before):
        return False
    fresh.save(force_insert=True)
    return True


def when(letter: Message) -> dict[str, Any]:
    """Its own times, by the rules of its zone as they are now."""
    at = meant(letter)
    is_same = at == letter.wall_time
    return times(at, letter.zone) | {
        "wall_clock": letter.wall_clock,
        "not_before": letter.not_before if is_same else at,
        "expires_at": end_moved(letter.expires_at, before=letter.wall_time, after=at),
    }


@transaction.atomic
def let_come_again(suppression: Suppression, *, by: User, now: datetime) -> int:
    """Lift the stop of an address, and plan again what it had stopped; how many letters."""
    if not end_suppression(suppression, by=by, now=now):
        return 0
    index = bytes(suppression.recipient_index)
    return bring_back(Message.objects.filter(recipient_index=index), now=now)
