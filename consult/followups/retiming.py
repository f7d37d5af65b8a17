"""When the rules of a zone change: letters that wait for a time of day keep that time of day.

A country drops its summer time, and nine in the morning is another instant from then on. The new
rules come with a new zone database, when the portal starts anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from consult import audit
from consult.followups.times import instant_of
from consult.models import Message, Status
from consult.models.messages import WAITING, MessageQuerySet
from consult.rules.followups import TOO_LATE

WAIT = frozenset({*WAITING, Status.HELD})


@dataclass(frozen=True, slots=True)
class Moved:
    """What the wall shows in a zone, the instant that was thought to be, and the one it is."""

    wall_clock: str
    zone: str
    before: datetime
    after: datetime


def retime(*, now: datetime) -> int:
    """Move the letters ahead whose instant is not what their wall time means today; how many.

    One query finds them, and one UPDATE moves all that are meant for the same time: nothing is
    written where nothing has changed. Tries that follow a failed one, and an end of its own, such
    as the visit, stay. A letter whose end would then be over stays too.
    """
    found = list(changed(now=now))
    return move_all(found, now=now) if found else 0


@transaction.atomic
def move_all(found: Sequence[Moved], *, now: datetime) -> int:
    moves = [(one, move(one, now=now)) for one in found]
    moved = sum(letters for _, letters in moves)
    if moved:
        zones = sorted({one.zone for one, letters in moves if letters})
        audit.record(by=None, did="moved letters", now=now, letters=moved, zones=zones)
    return moved


def changed(*, now: datetime) -> Iterator[Moved]:
    meant = ahead(now=now).order_by().values_list("wall_clock", "zone", "wall_time").distinct()
    for wall_clock, zone, before in meant:
        shown = str(wall_clock)
        after = instant_of(shown, zone)
        if after != before.replace(microsecond=0):
            yield Moved(shown, zone, before, after)


def ahead(*, now: datetime) -> MessageQuerySet:
    waiting = Message.objects.filter(status__in=WAIT, wall_time__gt=now)
    return waiting.filter(wall_clock__isnull=False)


def move(one: Moved, *, now: datetime) -> int:
    by_time = one.before + TOO_LATE  # an end that was counted from the letter's time
    in_time = Q(expires_at__isnull=True) | Q(expires_at__gt=one.after) | Q(expires_at=by_time)
    meant = {"wall_clock": one.wall_clock, "zone": one.zone, "wall_time": one.before}
    return (
        ahead(now=now)
        .filter(in_time, **meant)
        .update(
            wall_time=one.after,
            not_before=Case(
                When(not_before=one.before, then=Value(one.after)), default=F("not_before")
            ),
            expires_at=Case(
                When(expires_at=by_time, then=Value(one.after + TOO_LATE)), default=F("expires_at")
            ),
        )
    )
