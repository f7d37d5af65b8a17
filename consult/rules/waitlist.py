"""Who is told of which free time: the longest waiting first, few at once, each with a deadline."""

import uuid
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from consult.rules.followups import QUIET_FROM, QUIET_UNTIL, at_wall_time

# JUDGEMENT of the builders, not from a source; for the clinic to confirm.
BATCH = 3  # people who are asked about one time at once
TO_ANSWER = timedelta(hours=4)
BEFORE_IT = timedelta(hours=2)  # the last moment to accept, so long before it starts
LEAST = timedelta(minutes=30)  # with less than this to answer, nobody is asked
NOON = time(12)


@dataclass(frozen=True, slots=True, order=True)
class FreeTime:
    """A clinician's free time, as long as the visit that somebody waits for."""

    starts_at: datetime
    ends_at: datetime
    clinician: uuid.UUID

    def overlaps(self, other: "FreeTime") -> bool:
        same = self.clinician == other.clinician
        return same and self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one person on the list would take. Days and parts of the day are meant in their zone."""

    id: uuid.UUID
    first_on: date
    last_on: date
    part: str  # any, morning or afternoon
    zone: ZoneInfo
    clinician: uuid.UUID | None = None
    before: datetime | None = None  # their appointment: only what is earlier is news to them
    # What they did not want or did not answer: nothing that overlaps it is offered again.
    refused: tuple[FreeTime, ...] = ()
    told: frozenset[tuple[uuid.UUID, datetime]] = field(default=frozenset())  # never twice

    def suits(self, found: FreeTime) -> bool:
        local = found.starts_at.astimezone(self.zone)
        return (
            self.first_on <= local.date() <= self.last_on
            and self.part in {"any", part_of(local)}
            and self.clinician in {None, found.clinician}
            and (self.before is None or found.starts_at < self.before)
            and (found.clinician, found.starts_at) not in self.told
            and not any(found.overlaps(one) for one in self.refused)
        )

    def opens(self) -> datetime:
        return datetime.combine(self.first_on, time(), self.zone).astimezone(UTC)


def part_of(local: datetime) -> str:
    return "morning" if local.time() < NOON else "afternoon"


def deadline(
    now: datetime, starts_at: datetime, *, notice: timedelta, zone: ZoneInfo
) -> datetime | None:
    """Until when somebody may accept; None when there is too little time left to ask them.

    Four hours, which in their night begin in the morning; never later than two hours before it
    starts, nor than the notice that this kind of visit needs.
    """
    begins = awake(now, zone)
    ends = min(begins + TO_ANSWER, starts_at - max(BEFORE_IT, notice))
    return ends if ends >= begins + LEAST else None


def awake(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return now
    day = local.date() + timedelta(days=local.time() >= QUIET_FROM)
    return at_wall_time(day, QUIET_UNTIL, zone)


def next_offers(
    waiting: Iterable[Waiting],
    free: Sequence[FreeTime],
    is_open: Iterable[FreeTime],
    *,
    now: datetime,
    notice: timedelta,
) -> list[tuple[Waiting, FreeTime, datetime]]:
    """Whom to tell of what now, and until when they may accept.

    In: those without an open offer, the longest waiting first; the free times, in order; the times
    of all open offers, one each. Each person hears of the earliest time that suits them. Of a time
    at most BATCH people hear at once, and of times that overlap only one is offered at a time.
    """
    asked, offers = list(is_open), []
    room = [one for one in free if has_room(one, asked)]
    for person in waiting:
        first = bisect_left(room, person.opens(), key=lambda one: one.starts_at)
        for found in room[first:]:
            until = deadline(now, found.starts_at, notice=notice, zone=person.zone)
            if until and person.suits(found):
                asked.append(found)
                offers.append((person, found, until))
                room = [one for one in room if not one.overlaps(found) or has_room(one, asked)]
                break
    return offers


def has_room(found: FreeTime, asked: Sequence[FreeTime]) -> bool:
    there = [one for one in asked if one.overlaps(found)]
    return len(there) < BATCH and all(one == found for one in there)
