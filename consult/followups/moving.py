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
from consult.models import Intake, Message, Status
from consult.models.messages import WAITING
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
    # What a worker has just taken goes back: it would go to the old address.
    outbox.move(rows, out_of={Status.CLAIMED}, to=Status.SCHEDULED, claim_token=None)
    waiting = rows.filter(status__in=[*WAITING, Status.HELD]).select_for_update()
    moved = [follow(one, intake) for one in waiting]
    bring_back(rows, now=now)
    return len(moved)


def follow(letter: Message, intake: Intake) -> Message:
    letter.recipient = address_of(intake)
    zone = zone_of(intake)
    if letter.event in load_followups().by_id and not letter.attempts:
        move_clock(letter, zone)
    letter.zone = zone.key
    if letter.last_error == SUPPRESSED:  # which was said of the address before
        letter.last_error = ""
    letter.save(
        update_fields=[
            "recipient",
            "recipient_index",
            "zone",
            "wall_time",
            "not_before",
            "last_error",
        ]
    )
    return letter


def move_clock(letter: Message, zone: ZoneInfo) -> None:
    event, meant = plan.event(letter.event), letter.wall_time
    if event.is_checkin:  # by the calendar: the same day and time of day where the person is
        local = meant.astimezone(clock.zone_or(letter.zone, settings.TIME_ZONE))
        meant = plan.at_wall_time(local.date(), local.time(), zone)
    due = may_arrive(event, meant, zone)
    if letter.expires_at is None or due < letter.expires_at:
        letter.wall_time = letter.not_before = due
