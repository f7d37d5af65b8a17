"""When a letter is meant to arrive, in the columns that say so.

Most letters are meant for an instant: so many hours before a visit, or now. Others are meant for a
time of day where the person lives: nine in the morning of a day, or eight after a quiet night.
These keep the wall's time beside its instant, so that new rules of a zone can move the instant.
"""

from datetime import datetime
from typing import Any

from django.conf import settings

from consult.models import Message
from consult.rules import clock
from consult.rules import followups as plan


def times(at: datetime, zone: str, *, by_wall: bool = False) -> dict[str, Any]:
    """The columns of a letter that is meant for this instant, or for what the wall shows then."""
    shown = plan.on_the_wall(at, clock.zone_or(zone, settings.TIME_ZONE)) if by_wall else None
    return {"wall_time": at, "wall_clock": shown, "zone": zone, "not_before": at}


def meant(letter: Message) -> datetime:
    """The instant that is meant, by the rules of the zone as they are known today."""
    return instant_of(letter.wall_clock, letter.zone) if letter.wall_clock else letter.wall_time


def instant_of(wall_clock: str, zone: str) -> datetime:
    return plan.from_the_wall(wall_clock, clock.zone_or(zone, settings.TIME_ZONE))


def end_moved(end: datetime | None, *, before: datetime, after: datetime) -> datetime | None:
    """An end that was counted from the letter's time goes with it; one of its own stays."""
    return after + plan.TOO_LATE if end == before + plan.TOO_LATE else end
