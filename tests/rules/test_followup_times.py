"""Each kind of offset across the days on which clocks change, in the zones of our people."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from consult.rules.followups import (
    at_wall_time,
    by_the_wall,
    days_later,
    due_at,
    event,
    from_the_wall,
    on_the_wall,
    out_of_quiet_hours,
)

TIJUANA, NEW_YORK = "America/Tijuana", "America/New_York"
MEXICO, CANCUN, BERLIN = "America/Mexico_City", "America/Cancun", "Europe/Berlin"


def wall(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def local(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize(
    ("zone", "visit", "reminder"),
    [
        # exact hours: a clock that went forward or back shows another time of day
        (TIJUANA, "2026-03-08T10:00", "2026-03-07T09:00"),
        (TIJUANA, "2026-11-01T10:00", "2026-10-31T11:00"),
        (NEW_YORK, "2026-03-08T10:00", "2026-03-07T09:00"),
        (NEW_YORK, "2026-11-01T10:00", "2026-10-31T11:00"),
        (MEXICO, "2026-03-08T10:00", "2026-03-07T10:00"),
        (MEXICO, "2026-11-01T10:00", "2026-10-31T10:00"),
        (CANCUN, "2026-03-08T10:00", "2026-03-07T10:00"),
        (CANCUN, "2026-11-01T10:00", "2026-10-31T10:00"),
        (BERLIN, "2026-03-29T10:00", "2026-03-28T09:00"),
        (BERLIN, "2026-10-25T10:00", "2026-10-24T11:00"),
    ],
)
def test_hours_are_exact(zone, visit, reminder):
    found = due_at(event("recheck_24h"), wall(visit, zone), ZoneInfo(zone))
    assert (local(found, zone), found.tzinfo) == (reminder, UTC)


@pytest.mark.parametrize(
    ("zone", "started", "due"),
    [
        # days are the same time of day
        (TIJUANA, "2026-03-05T15:20", "2026-03-12T15:20"),
        (TIJUANA, "2026-10-29T15:20", "2026-11-05T15:20"),
        (NEW_YORK, "2026-03-05T15:20", "2026-03-12T15:20"),
        (MEXICO, "2026-03-05T15:20", "2026-03-12T15:20"),
        (CANCUN, "2026-10-29T15:20", "2026-11-05T15:20"),
        (BERLIN, "2026-10-22T15:20", "2026-10-29T15:20"),
        # 02:30 does not exist on that day: it moves forward by the gap
        (TIJUANA, "2026-03-01T02:30", "2026-03-08T03:30"),
        (NEW_YORK, "2026-03-01T02:30", "2026-03-08T03:30"),
        (MEXICO, "2026-03-01T02:30", "2026-03-08T02:30"),
        (CANCUN, "2026-03-01T02:30", "2026-03-08T02:30"),
        (BERLIN, "2026-03-22T02:30", "2026-03-29T03:30"),
    ],
)
def test_days_are_the_same_time_of_day(zone, started, due):
    found = due_at(event("intake_nudge_3"), wall(started, zone), ZoneInfo(zone))
    assert local(found, zone) == due


@pytest.mark.parametrize(
    ("zone", "day", "twice", "first_utc"),
    [
        (TIJUANA, "2026-11-01", "01:30", "2026-11-01T08:30"),
        (NEW_YORK, "2026-11-01", "01:30", "2026-11-01T05:30"),
        (BERLIN, "2026-10-25", "02:30", "2026-10-25T00:30"),
        (MEXICO, "2026-11-01", "01:30", "2026-11-01T07:30"),  # once: no clock is changed there
        (CANCUN, "2026-11-01", "01:30", "2026-11-01T06:30"),
    ],
)
def test_of_a_time_that_comes_twice_it_is_the_first(zone, day, twice, first_utc):
    for fold in (0, 1):
        clock = time.fromisoformat(twice).replace(fold=fold)
        found = at_wall_time(date.fromisoformat(day), clock, ZoneInfo(zone))
        assert found == datetime.fromisoformat(first_utc).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", [TIJUANA, NEW_YORK, MEXICO, CANCUN, BERLIN])
@pytest.mark.parametrize("day", ["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01"])
def test_a_day_after_a_treatment_is_nine_in_the_morning_whatever_the_clocks_do(zone, day):
    treated = date.fromisoformat(day)
    for days in (1, 3, 7, 30, 90, 180, 365):
        assert local(days_later(treated, days, ZoneInfo(zone)), zone).endswith("T09:00")


@pytest.mark.parametrize(
    ("zone", "at", "sent"),
    [
        (TIJUANA, "2026-03-07T23:30", "2026-03-08T08:00"),
        (TIJUANA, "2026-11-01T01:30", "2026-11-01T08:00"),
        (NEW_YORK, "2026-10-31T22:00", "2026-11-01T08:00"),
        (MEXICO, "2026-11-01T01:30", "2026-11-01T08:00"),
        (CANCUN, "2026-03-08T02:30", "2026-03-08T08:00"),
        (BERLIN, "2026-03-29T03:30", "2026-03-29T08:00"),
        (BERLIN, "2026-10-25T02:30", "2026-10-25T08:00"),
    ],
)
def test_quiet_hours_end_at_eight_by_the_clock_on_the_wall(zone, at, sent):
    found = out_of_quiet_hours(wall(at, zone), ZoneInfo(zone), event("reminder_24h"))
    assert local(found, zone) == sent


DAY_BEFORE = [
    # zone, visit at 09:30, instant of 09:30 on the day before, what 24 hours before would show
    (NEW_YORK, "2026-03-08", "2026-03-07T14:30", "08:30"),
    (NEW_YORK, "2026-11-01", "2026-10-31T13:30", "10:30"),
    (TIJUANA, "2026-03-08", "2026-03-07T17:30", "08:30"),
    (TIJUANA, "2026-11-01", "2026-10-31T16:30", "10:30"),
    (BERLIN, "2026-03-29", "2026-03-28T08:30", "08:30"),
    (BERLIN, "2026-10-25", "2026-10-24T07:30", "10:30"),
    (MEXICO, "2026-03-08", "2026-03-07T15:30", "09:30"),
    (MEXICO, "2026-04-05", "2026-04-04T15:30", "09:30"),  # when summer time began until 2022
    (MEXICO, "2026-11-01", "2026-10-31T15:30", "09:30"),
    (CANCUN, "2026-03-08", "2026-03-07T14:30", "09:30"),
    (CANCUN, "2026-04-05", "2026-04-04T14:30", "09:30"),
    (CANCUN, "2026-11-01", "2026-10-31T14:30", "09:30"),
]


@pytest.mark.parametrize(("zone", "day", "expected", "hours_would_show"), DAY_BEFORE)
def test_the_day_before_is_counted_by_the_calendar(zone, day, expected, hours_would_show):
    visit = wall(f"{day}T09:30", zone)
    found = at_wall_time(date.fromisoformat(day) - timedelta(days=1), time(9, 30), ZoneInfo(zone))
    assert f"{found:%Y-%m-%dT%H:%M}" == expected
    naive = visit.astimezone(UTC) - timedelta(hours=24)
    assert local(naive, zone).endswith(hours_would_show)


@pytest.mark.parametrize(("zone", "day", "expected", "hours_would_show"), DAY_BEFORE)
def test_what_the_wall_shows_leads_back_to_its_instant(zone, day, expected, hours_would_show):
    shown = f"{day}T09:30:00"
    assert on_the_wall(from_the_wall(shown, ZoneInfo(zone)), ZoneInfo(zone)) == shown


def test_a_time_that_the_wall_does_not_show_is_the_next_and_one_shown_twice_the_first():
    tijuana = ZoneInfo(TIJUANA)
    assert from_the_wall("2026-03-08T02:30:00", tijuana) == wall("2026-03-08T03:30", TIJUANA)
    first = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    assert from_the_wall("2026-11-01T01:30:00", tijuana) == first


@pytest.mark.parametrize("words", ["", "nine", "2026-13-01T09:00:00", "09:00:00"])
def test_what_is_no_time_on_a_wall_is_an_error(words):
    with pytest.raises(ValueError, match=r"isoformat|month"):
        from_the_wall(words, ZoneInfo(TIJUANA))


def test_an_instant_without_a_zone_is_on_no_wall():
    with pytest.raises(ValueError, match="without a zone"):
        on_the_wall(datetime(2026, 11, 1, 9), ZoneInfo(TIJUANA))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("key", "by_wall"),
    [
        ("checkin_day_1", True),
        ("checkin_day_365", True),
        ("intake_nudge_3", True),
        ("time_to_decide", True),
        ("intake_nudge_1", False),
        ("reminder_24h", False),
        ("recheck_72h", False),
        ("checkin_reminder", False),
        ("booking_invite", False),
    ],
)
def test_days_are_meant_by_the_wall_and_hours_are_not(key, by_wall):
    assert by_the_wall(event(key)) is by_wall
