"""Openings without a database: hours, buffers, changed days, and the days with 23 and 25 hours."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.rules import clock, openings
from consult.rules.openings import Change, Visit, Weekly, Window

QUARTER = timedelta(minutes=15)
TIJUANA = "America/Tijuana"


def minutes(length: int, **others: int) -> Visit:
    return Visit(timedelta(minutes=length), **{k: timedelta(minutes=v) for k, v in others.items()})


def day_of(day: date, zone: str) -> tuple[datetime, datetime]:
    place = ZoneInfo(zone)
    starts = datetime.combine(day, time(), place).astimezone(UTC)
    return starts, datetime.combine(day + openings.DAY, time(), place).astimezone(UTC)


def starts_on(
    day: date,
    weekly: list[Weekly],
    visit: Visit,
    *,
    zone: str = TIJUANA,
    changes: tuple[Change, ...] = (),
    taken: tuple[datetime, ...] = (),
) -> list[datetime]:
    since, until = day_of(day, zone)
    within = openings.window(since, until)
    free = openings.free_starts(
        openings.open_cells(weekly, changes, within),
        openings.taken_cells(taken, within),
        visit,
        within,
    )
    return list(openings.instants(free & within.bits(since, until), within))


def clocks(starts: list[datetime], zone: str) -> list[str]:
    return [f"{start.astimezone(ZoneInfo(zone)):%H:%M}" for start in starts]


def every_day(starts: str, ends: str, zone: str) -> list[Weekly]:
    hours = time.fromisoformat(starts), time.fromisoformat(ends)
    return [Weekly(weekday, *hours, zone) for weekday in range(7)]


TUESDAY = date(2026, 11, 24)
MORNING = every_day("09:00", "11:00", TIJUANA)


def at(text: str, zone: str = TIJUANA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_visit_starts_every_quarter_as_long_as_it_ends_in_time() -> None:
    assert clocks(starts_on(TUESDAY, MORNING, minutes(60)), TIJUANA) == [
        "09:00", "09:15", "09:30", "09:45", "10:00",
    ]  # fmt: skip


def test_visit_longer_than_the_hours_has_no_start() -> None:
    assert starts_on(TUESDAY, MORNING, minutes(121)) == []


def test_length_off_the_grid_takes_the_whole_cell() -> None:
    assert clocks(starts_on(TUESDAY, MORNING, minutes(50)), TIJUANA)[-1] == "10:00"


def test_break_between_two_stretches_is_never_crossed() -> None:
    two = [
        Weekly(1, time(9), time(10), TIJUANA),
        Weekly(1, time(10, 30), time(11, 30), TIJUANA),
    ]
    assert clocks(starts_on(TUESDAY, two, minutes(45)), TIJUANA) == [
        "09:00", "09:15", "10:30", "10:45",
    ]  # fmt: skip


def test_stretches_that_touch_are_one() -> None:
    two = [Weekly(1, time(9), time(10), TIJUANA), Weekly(1, time(10), time(11), TIJUANA)]
    assert starts_on(TUESDAY, two, minutes(60)) == starts_on(TUESDAY, MORNING, minutes(60))


def test_taken_cells_leave_room_for_the_buffers_of_the_newcomer() -> None:
    taken = (at("2026-11-24T10:00"),)
    visit = minutes(15, before=15, after=30)
    assert clocks(starts_on(TUESDAY, MORNING, visit, taken=taken), TIJUANA) == [
        "09:00", "09:15", "10:30", "10:45",
    ]  # fmt: skip


def test_buffers_may_reach_out_of_the_hours() -> None:
    visit = minutes(120, before=30, after=30)
    assert clocks(starts_on(TUESDAY, MORNING, visit), TIJUANA) == ["09:00"]


def test_cells_of_a_visit_cover_its_buffers_in_order() -> None:
    cells = openings.covered(at("2026-11-24T10:00"), minutes(20, before=10, after=15))
    assert clocks(cells, TIJUANA) == ["09:45", "10:00", "10:15", "10:30"]


def test_closed_day_has_no_openings() -> None:
    closed = Change(TUESDAY, TUESDAY, None, None, TIJUANA, is_open=False)
    assert starts_on(TUESDAY, MORNING, minutes(15), changes=(closed,)) == []
    assert starts_on(TUESDAY + openings.DAY, MORNING, minutes(60), changes=(closed,)) != []


def test_closed_hours_take_the_cells_they_touch() -> None:
    closed = Change(TUESDAY, TUESDAY, time(9, 20), time(10, 20), TIJUANA, is_open=False)
    assert clocks(starts_on(TUESDAY, MORNING, minutes(15), changes=(closed,)), TIJUANA) == [
        "09:00", "10:30", "10:45",
    ]  # fmt: skip


def test_other_hours_replace_those_of_the_week_and_closed_wins() -> None:
    other = Change(TUESDAY, TUESDAY, time(14), time(15), TIJUANA, is_open=True)
    closed = Change(TUESDAY, TUESDAY, time(14, 30), time(15), TIJUANA, is_open=False)
    found = starts_on(TUESDAY, MORNING, minutes(15), changes=(other, closed))
    assert clocks(found, TIJUANA) == ["14:00", "14:15"]


def test_notice_and_horizon_are_exact() -> None:
    now = at("2026-11-24T09:07")
    visit = Visit(QUARTER, notice=timedelta(hours=1), horizon=timedelta(hours=2))
    within = openings.window(now, now + openings.DAY)
    found = list(openings.instants(openings.offered(visit, within, now), within))
    assert clocks(found, TIJUANA) == ["10:15", "10:30", "10:45", "11:00"]


def test_visit_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="takes some time"):
        Visit(timedelta())


# day, zone, hours -> what a 15-minute visit is offered, first and last, and how many
DST = [
    # clocks go forward at 02:00
    ("2027-03-14", "America/Tijuana", "00:00", "06:00", "00:00", "05:45", 20),
    ("2027-03-14", "America/New_York", "00:00", "06:00", "00:00", "05:45", 20),
    ("2027-03-28", "Europe/Berlin", "00:00", "06:00", "00:00", "05:45", 20),
    # an opening at 02:30, which does not exist, begins an hour later
    ("2027-03-14", "America/New_York", "02:30", "05:00", "03:30", "04:45", 6),
    ("2027-03-28", "Europe/Berlin", "02:30", "05:00", "03:30", "04:45", 6),
    # and one that ends then ends when the clocks jump
    ("2027-03-14", "America/New_York", "01:00", "02:30", "01:00", "01:45", 4),
    ("2027-03-28", "Europe/Berlin", "01:00", "02:37", "01:00", "01:45", 4),
    ("2027-03-14", "America/Tijuana", "02:00", "03:00", None, None, 0),
    # clocks go back: 25 hours
    ("2026-11-01", "America/Tijuana", "00:00", "06:00", "00:00", "05:45", 28),
    ("2026-11-01", "America/New_York", "00:00", "06:00", "00:00", "05:45", 28),
    ("2026-10-25", "Europe/Berlin", "00:00", "06:00", "00:00", "05:45", 28),
    # of 01:30, which comes twice, the first
    ("2026-11-01", "America/New_York", "01:30", "02:00", "01:30", "01:45", 6),
    ("2026-11-01", "America/New_York", "00:00", "01:30", "00:00", "01:15", 6),
    # no summer time
    ("2027-03-14", "America/Mexico_City", "00:00", "06:00", "00:00", "05:45", 24),
    ("2026-11-01", "America/Mexico_City", "00:00", "06:00", "00:00", "05:45", 24),
    ("2027-03-14", "America/Cancun", "00:00", "06:00", "00:00", "05:45", 24),
    ("2026-11-01", "America/Cancun", "00:00", "06:00", "00:00", "05:45", 24),
]


@pytest.mark.parametrize(("day", "zone", "opens", "closes", "first", "last", "count"), DST)
def test_days_of_23_and_25_hours(
    day: str, zone: str, opens: str, closes: str, first: str, last: str, count: int
) -> None:
    hours = every_day(opens, closes, zone)
    found = clocks(starts_on(date.fromisoformat(day), hours, minutes(15), zone=zone), zone)
    assert (found[:1], found[-1:], len(found)) == (
        [first] if first else [],
        [last] if last else [],
        count,
    )


def test_closed_day_of_25_hours_is_closed_throughout() -> None:
    day = date(2026, 11, 1)
    closed = Change(day, day, None, None, TIJUANA, is_open=False)
    hours = every_day("00:00", "23:59", TIJUANA)
    assert starts_on(day, hours, minutes(15), changes=(closed,)) == []


ZONES = ["America/Tijuana", "America/New_York", "America/Mexico_City", "America/Cancun",
         "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"]  # fmt: skip
walls = st.integers(0, 24 * 12 - 1).map(lambda n: time(n // 12, n % 12 * 5))
hours_of_a_week = st.lists(
    st.tuples(st.integers(0, 6), walls, walls, st.sampled_from(ZONES)).filter(
        lambda one: one[1] < one[2]
    ),
    min_size=1,
    max_size=6,
)
visits = st.builds(
    minutes,
    st.integers(5, 180),
    before=st.sampled_from([0, 10, 15, 40]),
    after=st.sampled_from([0, 5, 15, 30]),
)
# Ends of the years hold both changes of the clocks of every zone.
some_days = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(hours_of_a_week, visits, some_days, st.sets(st.integers(0, 7 * 96), max_size=60))
def test_no_start_leaves_the_hours_or_touches_what_is_taken(
    weekly: list[tuple[int, time, time, str]], visit: Visit, day: date, busy: set[int]
) -> None:
    since = datetime.combine(day, time(), UTC)
    until = since + timedelta(days=7)
    within = openings.window(since, until)
    rows = [Weekly(*one) for one in weekly]
    taken = {since + cell * QUARTER for cell in busy}
    opened = openings.open_cells(rows, (), within)
    free = openings.free_starts(opened, openings.taken_cells(taken, within), visit, within)
    spans = [
        openings.between(on, row.starts, row.ends, row.zone)
        for row in rows
        for on in within.days(ZoneInfo(row.zone))
        if on.weekday() == row.weekday
    ]
    for start in openings.instants(free & within.bits(since, until), within):
        assert not taken & set(openings.covered(start, visit))
        for cell in openings.covered(start, Visit(visit.length)):
            assert any(opens <= cell and cell + QUARTER <= closes for opens, closes in spans)


@given(hours_of_a_week, visits, some_days, st.sets(st.integers(0, 2 * 96), max_size=12))
def test_every_cell_with_room_is_offered(
    weekly: list[tuple[int, time, time, str]], visit: Visit, day: date, busy: set[int]
) -> None:
    since = datetime.combine(day, time(), UTC)
    until = since + timedelta(days=2)
    within = openings.window(since, until)
    opened = openings.open_cells([Weekly(*one) for one in weekly], (), within)
    taken = {since + cell * QUARTER for cell in busy}
    free = openings.free_starts(opened, openings.taken_cells(taken, within), visit, within)
    cells = set(openings.instants(opened, within))
    expected = [
        start
        for start in sorted(cells)
        if since <= start < until
        and set(openings.covered(start, Visit(visit.length))) <= cells
        and not set(openings.covered(start, visit)) & taken
    ]
    assert list(openings.instants(free & within.bits(since, until), within)) == expected


@given(some_days, walls, walls, st.sampled_from(ZONES))
def test_nothing_is_open_before_its_opening_or_after_its_closing_time(
    day: date, starts: time, ends: time, zone: str
) -> None:
    place = ZoneInfo(zone)
    starts, ends = sorted((starts, ends))
    opens, closes = openings.between(day, starts, ends, zone)
    last = (closes - timedelta(seconds=1)).astimezone(place).replace(tzinfo=None)
    assert opens.astimezone(place).replace(tzinfo=None) >= datetime.combine(day, starts)
    assert last < datetime.combine(day, ends)


def test_window_knows_its_edges() -> None:
    within = Window(10, 4)
    whole = within.bits(openings.instant_of(0), openings.instant_of(100))
    assert (whole, openings.holds(whole, within, openings.instant_of(14))) == (0b1111, False)
    assert openings.holds(whole, within, openings.instant_of(13))
    assert not openings.holds(whole, within, openings.instant_of(13) + timedelta(minutes=5))


@pytest.mark.parametrize(
    ("text", "zone", "words"),
    [
        ("2026-11-24T18:30", "America/Tijuana", "Tuesday 24 November 2026, 10:30, Tijuana time"),
        ("2026-11-24T18:30", "Europe/Berlin", "Tuesday 24 November 2026, 19:30, Berlin time"),
        (
            "2026-11-01T08:30",
            "America/Tijuana",
            "Sunday 1 November 2026, 01:30 (UTC-7), Tijuana time",
        ),
        (
            "2026-11-01T09:30",
            "America/Tijuana",
            "Sunday 1 November 2026, 01:30 (UTC-8), Tijuana time",
        ),
        (
            "2026-11-24T18:30",
            "America/Argentina/Buenos_Aires",
            "Tuesday 24 November 2026, 15:30, Buenos Aires time",
        ),
    ],
)
def test_times_in_words(text: str, zone: str, words: str) -> None:
    assert clock.in_words(at(text, "UTC"), ZoneInfo(zone)) == words


def test_what_is_taken_on_another_day_takes_nothing_from_this_one() -> None:
    far = (at("2026-10-01 09:00"), at("2027-01-01 09:00"))
    free = starts_on(TUESDAY, MORNING, minutes(60), taken=far)
    assert free == starts_on(TUESDAY, MORNING, minutes(60))


def full(visits: list[str], limit: int) -> list[str]:
    """The days of the week of 23 November 2026 that are full, by their first and last cell."""
    place = ZoneInfo(TIJUANA)
    within = openings.window(*day_of(date(2026, 11, 24), TIJUANA))
    starts = [datetime.fromisoformat(one).replace(tzinfo=place) for one in visits]
    cells = list(openings.instants(openings.full_days(starts, limit, place, within), within))
    edges = cells[:1] + cells[-1:]
    return [f"{one.astimezone(place):%d %H:%M}" for one in edges]


def test_a_day_is_full_from_midnight_to_midnight_on_the_clinics_clock() -> None:
    early, late = "2026-11-24T00:15", "2026-11-24T23:45"
    assert full([early], 2) == []
    assert full([early, late], 2) == ["24 00:00", "24 23:45"]
    assert full([early, "2026-11-25T09:00"], 2) == []


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25)])
def test_a_full_day_has_the_hours_that_it_has(day: str, hours: int) -> None:
    place = ZoneInfo(TIJUANA)
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=place)
    within = openings.window(noon, noon)
    cells = openings.full_days([noon], 1, place, within)
    starts, ends = openings.day_around(noon, place)
    assert ends - starts == timedelta(hours=hours)
    assert cells == within.bits(starts, ends)
