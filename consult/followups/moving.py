"""When a person's address or time zone changes: letters that wait follow them.

What was meant is a wall time in a zone. Hours before or after something stay the same instant;
what was meant for nine in the morning is for nine in the morning where the person is now; and
nothing moves into their night.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from consult.followups import outbox
from consult.followups.actions import may_arrive
from consult.followups.reach import address_of, zone_of
from consult.followups.returning import bring_back
from consult.followups.suppression import SUPPRESSED
from consult.followups.times import end_moved, times
from consult.models import Intake, Message, Status
from consult.models.messages import PENDING, WAITING
from consult.rules import clock
from consult.rules import followups as plan
from consult.rules.published import load_followups


def after_contact_changed(intake: Intake, *, before: Mapping[str, Any], now: datetime) -> int:
    """Send what waits to the present address, by the present clock; how many letters that moves.

    `before` is the contact as it was. What was stopped because of the old address and is still
    ahead is planned again for the new one. Call it in the transaction that saves the contact.
    """
    if all(before.get(key) == intake.contact.get(key) for key in ("email", "time_zone")):
        return 0
    rows = Message.objects.filter(intake=intake)
    # Locked first, so that no worker takes one between the two lines that follow.
    list(rows.filter(status__in=[*PENDING, Status.HELD]).select_for_update().values_list("pk"))
    # What a worker has just taken goes back: it would go to the old address.
    outbox.move(rows, out_of={Status.CLAIMED}, to=Status.SCHEDULED, claim_token=None)
    moved = [follow(one, intake) for one in rows.filter(status__in=[*WAITING, Status.HELD])]
    bring_back(rows, now=now)
    return len(moved)


def follow(letter: Message, intake: Intake) -> Message:
    letter.recipient = address_of(intake)
    zone = zone_of(intake)
    wall_clock, letter.wall_clock = letter.wall_clock, None  # which was of the zone before
    if letter.event in load_followups().by_id and not letter.attempts:
        move_clock(letter, zone, wall_clock)
    letter.zone = zone.key
    if letter.last_error == SUPPRESSED:  # which was said of the address before
        letter.last_error = ""
    letter.save(
        update_fields=[
            "recipient",
            "recipient_index",
            "zone",
            "wall_time",
            "wall_clock",
            "not_before",
            "expires_at",
            "last_error",
        ]
    )
    return letter


def move_clock(letter: Message, zone: ZoneInfo, wall_clock: str | None) -> None:
    """By the calendar what is meant by it: the same day and time of day where the person is."""
    event, before = plan.event(letter.event), letter.wall_time
    is_by_wall, meant = plan.by_the_wall(event), before
    if is_by_wall:
        old = clock.zone_or(letter.zone, settings.TIME_ZONE)
        meant = plan.from_the_wall(wall_clock or plan.on_the_wall(before, old), zone)
    due = may_arrive(event, meant, zone)
    ends = end_moved(letter.expires_at, before=before, after=due)
    if ends is not None and due >= ends:
        return
    letter.expires_at = ends
    for name, value in times(due, zone.key, by_wall=is_by_wall or due != meant).items():
        setattr(letter, name, value)
