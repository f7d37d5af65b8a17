"""Who is told of a free time, in which order, and until when."""

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consult.rules.waitlist import FreeTime, Waiting, deadline, next_offers

TIJUANA, BERLIN = ZoneInfo("America/Tijuana"), ZoneInfo("Europe/Berlin")
LUISA, ABEL = uuid.UUID(int=1), uuid.UUID(int=2)
NOW = datetime(2026, 11, 17, 18, 0, tzinfo=UTC)  # ten in the morning in Tijuana
DAY = timedelta(hours=24)


def free(text: str, clinician: uuid.UUID = LUISA, minutes: int = 45) -> FreeTime:
    starts_at = datetime.fromisoformat(text).replace(tzinfo=TIJUANA).astimezone(UTC)
    return FreeTime(starts_at, starts_at + timedelta(minutes=minutes), clinician)


def person(n: int = 0, **fields: object) -> Waiting:
    row: dict = {
        "id": uuid.UUID(int=100 + n),
        "first_on": date(2026, 11, 20),
        "last_on": date(2026, 11, 27),
        "part": "any",
        "zone": TIJUANA,
    }
    return Waiting(**(row | fields))


TEN = free("2026-11-24T10:00")


@pytest.mark.parametrize(
    ("wish", "suits"),
    [
        ({}, True),
        ({"first_on": date(2026, 11, 24), "last_on": date(2026, 11, 24)}, True),
        ({"first_on": date(2026, 11, 25)}, False),
        ({"last_on": date(2026, 11, 23)}, False),
        ({"part": "morning"}, True),
        ({"part": "afternoon"}, False),
        ({"part": "afternoon", "zone": BERLIN}, True),  # it is seven in the evening there
        ({"clinician": LUISA}, True),
        ({"clinician": ABEL}, False),
        ({"before": TEN.starts_at + timedelta(minutes=15)}, True),
        ({"before": TEN.starts_at}, False),
        ({"told": frozenset({(LUISA, TEN.starts_at)})}, False),
        ({"told": frozenset({(ABEL, TEN.starts_at)})}, True),
        ({"refused": (free("2026-11-24T10:30"),)}, False),
        ({"refused": (free("2026-11-24T10:45"),)}, True),
        ({"refused": (free("2026-11-24T10:30", ABEL),)}, True),
    ],
)
def test_a_time_suits_who_asked_for_such_a_time(wish: dict, suits: bool) -> None:
    assert person(**wish).suits(TEN) is suits


def test_a_day_is_meant_on_the_persons_clock() -> None:
    late = free("2026-11-24T16:00")  # already the 25th in Berlin
    assert person(last_on=date(2026, 11, 24)).suits(late)
    assert not person(last_on=date(2026, 11, 24), zone=BERLIN).suits(late)


def offers(waiting: list, times: list, is_open: tuple = ()) -> list:
    found = next_offers(waiting, sorted(times), is_open, now=NOW, notice=DAY)
    return [(one.id.int - 100, time) for one, time, _ in found]


def test_the_longest_waiting_are_told_first_and_three_at_once() -> None:
    people = [person(n) for n in range(5)]
    assert offers(people, [TEN]) == [(0, TEN), (1, TEN), (2, TEN)]
    assert offers(people[2:], [TEN], (TEN, TEN)) == [(2, TEN)]
    assert offers(people[3:], [TEN], (TEN, TEN, TEN)) == []


def test_each_hears_of_the_earliest_time_that_suits_them() -> None:
    nine, two = free("2026-11-24T09:00"), free("2026-11-24T14:00")
    people = [person(0, part="afternoon"), person(1), person(2, first_on=date(2026, 11, 25))]
    assert offers(people, [two, nine]) == [(0, two), (1, nine)]


def test_of_times_that_overlap_one_is_offered_at_a_time() -> None:
    beside = free("2026-11-24T10:15")
    people = [person(n) for n in range(4)]
    assert offers(people, [TEN, beside]) == [(0, TEN), (1, TEN), (2, TEN)]
    assert offers(people, [TEN], (beside,)) == []
    other = free("2026-11-24T10:15", ABEL)
    assert offers(people, [TEN, other]) == [(0, TEN), (1, TEN), (2, TEN), (3, other)]


def test_nobody_is_asked_about_what_is_too_near() -> None:
    near, later = free("2026-11-18T10:15"), free("2026-11-18T11:00")
    people = [person(first_on=date(2026, 11, 17))]
    assert offers(people, [near]) == []
    assert offers(people, [near, later]) == [(0, later)]


def local(text: str, zone: ZoneInfo = TIJUANA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "starts", "notice", "until"),
    [
        ("2026-11-17T10:00", "2026-11-24T10:00", 24, "2026-11-17T14:00"),
        ("2026-11-17T10:00", "2026-11-17T14:00", 0, "2026-11-17T12:00"),  # two hours before it
        ("2026-11-17T10:00", "2026-11-18T12:00", 24, "2026-11-17T12:00"),  # its notice
        ("2026-11-17T10:00", "2026-11-18T10:30", 24, "2026-11-17T10:30"),
        ("2026-11-17T10:00", "2026-11-18T10:15", 24, None),
        ("2026-11-17T20:59", "2026-11-24T10:00", 24, "2026-11-18T00:59"),
        (
            "2026-11-17T21:00",
            "2026-11-24T10:00",
            24,
            "2026-11-18T12:00",
        ),  # the night does not count
        ("2026-11-18T03:00", "2026-11-24T10:00", 24, "2026-11-18T12:00"),
        ("2026-11-18T08:00", "2026-11-24T10:00", 24, "2026-11-18T12:00"),
        ("2026-11-17T22:00", "2026-11-18T10:15", 0, None),  # fifteen minutes to answer
        ("2026-10-31T23:00", "2026-11-24T10:00", 24, "2026-11-01T12:00"),  # a night of 25 hours
    ],
)
def test_a_deadline_leaves_four_waking_hours(
    now: str, starts: str, notice: int, until: str | None
) -> None:
    found = deadline(local(now), local(starts), notice=timedelta(hours=notice), zone=TIJUANA)
    assert found == (local(until) if until else None)
