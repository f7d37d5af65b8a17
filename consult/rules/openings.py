"""Free times: what is open, less what is taken, in starts that leave room for the whole visit.

Time is cut into cells of fifteen minutes. A set of cells is one whole number: bit n stands for the
cell n places after the first of the window, so that a clinician's month is a handful of ANDs.
Opening hours are wall times in a zone; a cell is an instant, the same for everybody.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

CELL = timedelta(minutes=15)
SECONDS = int(CELL.total_seconds())
DAY = timedelta(days=1)
NOON = time(12)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Open every week on this weekday (Monday is 0) from one wall time to another."""

    weekday: int
    starts: time
    ends: time
    zone: str


@dataclass(frozen=True, slots=True)
class Change:
    """On these days it is otherwise: open at these hours and no others, or closed for them.

    Closed without hours means all day. Where both apply, closed wins.
    """

    first_on: date
    last_on: date
    starts: time | None
    ends: time | None
    zone: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """How long a visit takes, what it needs before and after, how soon and far it is offered, and
    how many of its kind one clinician has a day.

    The visit lies inside the opening hours; its buffers may reach out of them, but never into
    another visit.
    """

    length: timedelta
    before: timedelta = timedelta()
    after: timedelta = timedelta()
    notice: timedelta = timedelta()
    horizon: timedelta = timedelta(days=90)
    per_day: int | None = None

    def __post_init__(self) -> None:
        if self.length <= timedelta():
            raise ValueError("A visit takes some time.")


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time that a set of cells is about."""

    first: int
    count: int

    def bits(self, starts: datetime, ends: datetime) -> int:
        """The cells that lie wholly between two instants, as far as they are in the window."""
        low = max(-(-int(starts.timestamp()) // SECONDS) - self.first, 0)
        high = min(int(ends.timestamp()) // SECONDS - self.first, self.count)
        return ((1 << (high - low)) - 1) << low if high > low else 0

    def days(self, zone: ZoneInfo) -> Iterator[date]:
        day = instant_of(self.first).astimezone(zone).date()
        last = instant_of(self.first + self.count).astimezone(zone).date()
        while day <= last:
            yield day
            day += DAY


def instant_of(cell: int) -> datetime:
    return datetime.fromtimestamp(cell * SECONDS, UTC)


def cell_of(instant: datetime) -> int:
    return int(instant.timestamp()) // SECONDS


def window(starts: datetime, ends: datetime) -> Window:
    """A window over these instants, with a day to either side for buffers and zones."""
    first = cell_of(starts - DAY)
    return Window(first, cell_of(ends + DAY) - first)


def on_grid(instant: datetime) -> bool:
    return instant.timestamp() % SECONDS == 0


def covered(starts_at: datetime, visit: Visit) -> list[datetime]:
    """The cells, in order, that a visit starting then takes up, its buffers included."""
    first = cell_of(starts_at - visit.before)
    end = -(-int((starts_at + visit.length + visit.after).timestamp()) // SECONDS)
    return [instant_of(cell) for cell in range(first, end)]


@lru_cache(maxsize=8192)
def between(day: date, starts: time, ends: time, zone: str) -> tuple[datetime, datetime]:
    """The instants from one wall time to another on a day.

    Hours that begin at a time which the clocks skip begin later by what is skipped; hours that end
    at one end when the clocks jump, so that nothing is open after its closing time. Of a time that
    comes twice it is the first.
    """
    place = ZoneInfo(zone)
    opens = datetime.combine(day, starts, place).astimezone(UTC)
    closes = datetime.combine(day, ends, place).astimezone(UTC)
    skipped = closes.astimezone(place).replace(tzinfo=None) - datetime.combine(day, ends)
    if skipped > timedelta():
        closes = jump(closes, place)
    return opens, closes


def jump(after: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the clocks of a zone went forward, shortly before this one."""
    after = instant_of(cell_of(after))
    offset = after.astimezone(zone).utcoffset()
    while (after - CELL).astimezone(zone).utcoffset() == offset:
        after -= CELL
    return after


def open_cells(weekly: Iterable[Weekly], changes: Sequence[Change], within: Window) -> int:
    """The cells in which somebody can be seen."""
    opened = 0
    special: set[date] = set()
    for change in changes:
        if change.is_open:
            special.update(days_of(change, within))
            opened |= cells_of(change, within)
    for hours in weekly:
        for day in weekly_days(hours.weekday, within, hours.zone):
            if day not in special:
                opened |= within.bits(*between(day, hours.starts, hours.ends, hours.zone))
    for change in changes:
        if not change.is_open:
            opened &= ~cells_of(change, within)
    return opened


@lru_cache(maxsize=512)
def weekly_days(weekday: int, within: Window, zone: str) -> tuple[date, ...]:
    return tuple(day for day in within.days(ZoneInfo(zone)) if day.weekday() == weekday)


def days_of(change: Change, within: Window) -> list[date]:
    days = within.days(ZoneInfo(change.zone))
    return [day for day in days if change.first_on <= day <= change.last_on]


def cells_of(change: Change, within: Window) -> int:
    cells = 0
    for day in days_of(change, within):
        if change.starts is None or change.ends is None:
            midnight, next_midnight = time(), day + DAY
            starts = between(day, midnight, midnight, change.zone)[0]
            ends = between(next_midnight, midnight, midnight, change.zone)[0]
        else:
            starts, ends = between(day, change.starts, change.ends, change.zone)
        cells |= within.bits(starts, ends) if change.is_open else touched(starts, ends, within)
    return cells


def touched(starts: datetime, ends: datetime, within: Window) -> int:
    """The cells that two instants reach into, if only in part."""
    return within.bits(
        instant_of(cell_of(starts)), instant_of(-(-int(ends.timestamp()) // SECONDS))
    )


def taken_cells(taken: Iterable[datetime], within: Window) -> int:
    cells = bytearray(within.count // 8 + 1)
    for instant in taken:
        place = int(instant.timestamp()) // SECONDS - within.first
        if 0 <= place < within.count:
            cells[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(cells, "little")


def day_around(instant: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The beginning and the end of the calendar day that an instant falls on."""
    day = instant.astimezone(zone).date()
    midnights = (datetime.combine(one, time(), zone) for one in (day, day + DAY))
    starts, ends = (one.astimezone(UTC) for one in midnights)
    return starts, ends


def full_days(visits: Iterable[datetime], limit: int, zone: ZoneInfo, within: Window) -> int:
    """The cells of the days on which as many visits start as may."""
    counted = Counter(visit.astimezone(zone).date() for visit in visits)
    cells = 0
    for day, count in counted.items():
        if count >= limit:
            cells |= within.bits(*day_around(datetime.combine(day, NOON, zone), zone))
    return cells


def free_starts(opened: int, taken: int, visit: Visit, within: Window) -> int:
    """The cells at whose beginning a visit can start, by room alone."""
    free = opened & ~taken
    for cell in range(1, length_in_cells(visit.length)):
        free &= (opened & ~taken) >> cell
    first, last = reach(visit)
    for cell in range(first, 0):
        free &= ~(taken << -cell)
    for cell in range(length_in_cells(visit.length), last):
        free &= ~(taken >> cell)
    return free & ((1 << within.count) - 1)


def length_in_cells(length: timedelta) -> int:
    return -(-int(length.total_seconds()) // SECONDS)


def reach(visit: Visit) -> tuple[int, int]:
    """From which cell before the start to which after it a visit reaches."""
    return -length_in_cells(visit.before), length_in_cells(visit.length + visit.after)


def offered(visit: Visit, within: Window, now: datetime) -> int:
    """The cells that are neither too soon nor too far ahead for this kind of visit."""
    soonest = max(now + visit.notice, now + timedelta(seconds=1))
    return within.bits(soonest, now + visit.horizon + CELL)


def instants(cells: int, within: Window) -> Iterator[datetime]:
    """The beginnings of the cells of a set, in order."""
    while cells:
        lowest = cells & -cells
        yield instant_of(within.first + lowest.bit_length() - 1)
        cells ^= lowest


def holds(cells: int, within: Window, instant: datetime) -> bool:
    place = cell_of(instant) - within.first
    return on_grid(instant) and 0 <= place < within.count and bool(cells >> place & 1)
