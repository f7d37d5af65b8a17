"""A month of free times as a page shows it: days, parts of the day, times on one or two clocks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from consult.booking.times import diary
from consult.models import Appointment, Intake, User, VisitType
from consult.rules import clock

NEXT_FEW = 6


@dataclass(frozen=True, slots=True)
class Time:
    value: str  # the instant, as the button posts it
    words: str
    other: str  # on the other clock, where it differs
    day: str


@dataclass(frozen=True, slots=True)
class Day:
    words: str
    parts: list[tuple[str, list[Time]]]
    count: int

    @property
    def lists(self) -> list[tuple[str, SafeString]]:
        """The times of each part as buttons. A month has hundreds: to write them one by one in a
        template took most of the time of the page."""
        return [
            (part, mark_safe("".join(map(button, times))))  # noqa: S308 - words of ours only
            for part, times in self.parts
        ]


def button(time: Time) -> str:
    other = f" <small>{time.other}</small>" if time.other else ""
    return (
        f'<li><button class="time" name="starts_at" value="{time.value}">{time.words}{other}'
        "</button></li>\n"
    )


@dataclass(frozen=True, slots=True)
class Month:
    words: str
    days: list[Day]
    previous: str
    following: str
    next_few: list[Time]


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clock that leads a visit's page, and the one beside it."""

    leading: ZoneInfo
    beside: ZoneInfo

    def time(self, instant: datetime) -> Time:
        one_clock = self.leading == self.beside
        same = one_clock or clock.same_clock(instant, self.leading, self.beside)
        return Time(
            value=f"{instant:%Y-%m-%dT%H:%MZ}",
            words=clock.time_in_words(instant, self.leading),
            other="" if same else clock.time_in_words(instant, self.beside),
            day=clock.date_in_words(instant, self.leading),
        )


def clocks_for(intake: Intake, visit_type: VisitType, zone: str = "") -> Clocks:
    """The person's clock leads, with the clinic's beside it; where they come to us, ours does.

    `zone` is where they are now, if it is not where they said they live.
    """
    clinic = ZoneInfo(settings.TIME_ZONE)
    person = clock.zone_or(zone, zone_of_person(intake).key)
    return Clocks(clinic, person) if visit_type.in_person else Clocks(person, clinic)


def zone_of_person(intake: Intake) -> ZoneInfo:
    return clock.zone_or(str(intake.contact.get("time_zone", "")), settings.TIME_ZONE)


@dataclass(frozen=True, slots=True)
class Asked:
    """For whom, for what and with whom times are looked for."""

    visit_type: VisitType
    mine: Intake
    clinician: User | None = None
    moving: Appointment | None = None

    def free(self, since: datetime, until: datetime, *, now: datetime) -> list[datetime]:
        read = diary(
            self.visit_type,
            since=since,
            until=until,
            now=now,
            clinician=self.clinician.pk if self.clinician else None,
            mine=self.mine,
            moving=self.moving,
        )
        return read.starts(now=now, since=since, until=until)


def month_of(
    asked: Asked,
    clocks: Clocks,
    *,
    month: datetime | None,
    now: datetime,
    wanted: datetime | None = None,
) -> Month:
    """The free times of a month, or of the first month that has any when none is named.

    `wanted` is a time that could not be had: the next few after it are listed apart.
    """
    visit, zone = asked.visit_type.visit(), clocks.leading
    opens, closes = now + visit.notice, now + visit.horizon
    wanted = min(max(wanted, opens), closes) if wanted else None
    first = first_of_month(min(max(month or wanted or opens, opens), closes), zone)
    starts = asked.free(first, month_after(first), now=now)
    if not starts and month is None:
        starts = asked.free(first, closes + timedelta(days=1), now=now)
        first = first_of_month(starts[0], zone) if starts else first
        starts = [start for start in starts if start < month_after(first)]
    before = first_of_month(first - timedelta(days=1), zone)
    after = [start for start in starts if wanted and start >= wanted] or starts
    return Month(
        words=f"{clock.MONTHS[first.month - 1]} {first.year}",
        days=days_of(starts, clocks),
        previous=f"{before:%Y-%m}" if first > opens else "",
        following=f"{month_after(first):%Y-%m}" if month_after(first) <= closes else "",
        next_few=[clocks.time(start) for start in after[:NEXT_FEW]] if wanted else [],
    )


def days_of(starts: list[datetime], clocks: Clocks) -> list[Day]:
    zone = clocks.leading
    days = []
    for _, of_day in groupby(starts, key=lambda start: start.astimezone(zone).date()):
        same_day = list(of_day)
        parts = [
            (part, [clocks.time(start) for start in group])
            for part, group in groupby(same_day, key=lambda one: clock.part_of_day(one, zone))
        ]
        days.append(Day(clock.date_in_words(same_day[0], zone), parts, len(same_day)))
    return days


def first_of_month(instant: datetime, zone: ZoneInfo) -> datetime:
    local = instant.astimezone(zone)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)


def month_after(first: datetime) -> datetime:
    return (first.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0)
