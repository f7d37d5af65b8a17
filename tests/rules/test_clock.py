from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consult.rules import clock

TIJUANA, BERLIN = ZoneInfo("America/Tijuana"), ZoneInfo("Europe/Berlin")
INSTANT = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)


def test_an_instant_reads_by_the_clock_of_the_zone() -> None:
    assert clock.in_words(INSTANT, TIJUANA) == "Tuesday 24 November 2026, 10:30, Tijuana time"
    assert clock.in_words(INSTANT, BERLIN) == "Tuesday 24 November 2026, 19:30, Berlin time"


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        (datetime(2026, 11, 1, 8, 30, tzinfo=UTC), "01:30 (UTC-7)"),
        (datetime(2026, 11, 1, 9, 30, tzinfo=UTC), "01:30 (UTC-8)"),
        (datetime(2026, 11, 1, 10, 30, tzinfo=UTC), "02:30"),
    ],
)
def test_an_hour_that_comes_twice_says_which_one_it_is(instant: datetime, words: str) -> None:
    assert clock.time_in_words(instant, TIJUANA) == words


@pytest.mark.parametrize(
    ("zone", "words"),
    [("Asia/Kolkata", "UTC+5:30"), ("UTC", "UTC+0"), ("America/St_Johns", "UTC-3:30")],
)
def test_an_offset_reads_in_hours_and_minutes(zone: str, words: str) -> None:
    assert clock.offset_in_words(INSTANT.astimezone(ZoneInfo(zone))) == words


@pytest.mark.parametrize(
    ("hour", "part"), [(9, "Morning"), (12, "Afternoon"), (16, "Afternoon"), (17, "Evening")]
)
def test_a_day_has_three_parts(hour: int, part: str) -> None:
    local = datetime(2026, 11, 24, hour, tzinfo=TIJUANA)
    assert clock.part_of_day(local, TIJUANA) == part


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc", "a\0b"])
def test_a_zone_that_does_not_exist_gives_way_to_the_other(name: str) -> None:
    assert clock.zone_or(name, "Europe/Berlin") == BERLIN


def test_two_zones_show_the_same_time_or_not() -> None:
    assert clock.same_clock(INSTANT, TIJUANA, ZoneInfo("America/Los_Angeles"))
    assert not clock.same_clock(INSTANT, TIJUANA, BERLIN)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(0), "0 minutes"),
        (timedelta(seconds=59), "0 minutes"),
        (timedelta(seconds=-5), "0 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=23), "23 hours"),
        (timedelta(hours=1, minutes=1), "1 hour, 1 minute"),
        (timedelta(days=1, minutes=5), "1 day"),
        (timedelta(days=40, hours=2, minutes=59), "40 days, 2 hours"),
    ],
)
def test_how_long_in_the_two_largest_units(span: timedelta, words: str) -> None:
    assert clock.lasting(span).replace("\xa0", " ") == words


def test_the_zone_database_of_today_knows_that_mexico_has_no_summer_time() -> None:
    assert clock.knows_present_rules()
