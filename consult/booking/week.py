"""What stands in the clinicians' days: visits, blocks, and what is free or closed between them.

Six queries, however many clinicians, days and visits.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from consult.models import Appointment, Cell, HoursChange, TimeBlock, User, WeeklyHours
from consult.rules import clock, openings
from consult.rules.openings import Change, Weekly, Window

VISIT, BLOCK, FREE, HELD, KEPT, CLOSED = "visit", "block", "free", "held", "kept", "closed"
WORDS = {
    FREE: "Free",
    HELD: "Being chosen now",
    KEPT: "Kept free around a visit",
    CLOSED: "Closed",
}


@dataclass(frozen=True)
class Stretch:
    """Some time of one clinician, and what it is."""

    kind: str
    starts_at: datetime
    ends_at: datetime
    zone: ZoneInfo
    visit: Appointment | None = None
    block: TimeBlock | None = None

    @property
    def when(self) -> str:
        starts, ends = (clock.time_in_words(at, self.zone) for at in (self.starts_at, self.ends_at))
        return f"{starts} to {ends}"

    @property
    def words(self) -> str:
        return WORDS.get(self.kind, "")

    @property
    def part(self) -> str:
        return clock.part_of_day(self.starts_at, self.zone)


@dataclass
class Read:
    """One clinician's rows in a span of days."""

    weekly: list[Weekly] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    taken: dict[datetime, bool] = field(default_factory=dict)  # cell → is it only held?
    visits: list[Appointment] = field(default_factory=list)
    blocks: list[TimeBlock] = field(default_factory=list)


@dataclass(frozen=True)
class Span:
    """Whole days on the clinic's clock."""

    first: date
    days: int
    zone: ZoneInfo

    def dates(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.days)]

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)

    @property
    def since(self) -> datetime:
        return self.midnight(self.first)

    @property
    def until(self) -> datetime:
        return self.midnight(self.first + timedelta(days=self.days))


class Week:
    """The days of a span for all clinicians, or for one; read once."""

    def __init__(self, span: Span, *, by: User, now: datetime, only: User | None = None) -> None:
        self.span = span
        self.window = openings.window(span.since, span.until)
        self.people = [only] if only else people_in(span)
        self.read: dict[uuid.UUID, Read] = defaultdict(Read)
        keys = [one.pk for one in self.people]
        self.read_hours(keys)
        self.read_rows(keys, by, now)
        self.opened = {
            key: openings.open_cells(self.read[key].weekly, self.read[key].changes, self.window)
            for key in keys
        }

    def read_hours(self, keys: Collection[uuid.UUID]) -> None:
        for row in WeeklyHours.objects.filter(clinician__in=keys):
            weekly = Weekly(row.weekday, row.starts, row.ends, row.zone)
            self.read[row.clinician_id].weekly.append(weekly)
        first, last = self.span.first - openings.DAY, self.span.dates()[-1] + openings.DAY
        for one in HoursChange.objects.filter(last_on__gte=first, first_on__lte=last):
            change = Change(one.first_on, one.last_on, one.starts, one.ends, one.zone, one.is_open)
            for key in [one.clinician_id] if one.clinician_id else keys:
                self.read[key].changes.append(change)

    def read_rows(self, keys: Collection[uuid.UUID], by: User, now: datetime) -> None:
        span = self.span
        here = {"clinician__in": keys, "starts_at__lt": span.until}
        cells = Cell.objects.kept(now).filter(**here, starts_at__gte=span.since)
        for key, starts_at, hold in cells.values_list("clinician_id", "starts_at", "hold_id"):
            self.read[key].taken[starts_at] = hold is not None
        visits = Appointment.objects.for_actor(by).filter(**here, ends_at__gt=span.since)
        for visit in visits.select_related("visit_type", "intake").order_by("starts_at", "pk"):
            self.read[visit.clinician_id].visits.append(visit)
        for block in TimeBlock.objects.filter(**here, ends_at__gt=span.since):
            self.read[block.clinician_id].blocks.append(block)

    def visits(self) -> list[Appointment]:
        return [visit for one in self.people for visit in self.read[one.pk].visits]

    def day(self, person: User, day: date, *, by_part: bool = True) -> list[Stretch]:
        """One clinician's day in order; closed time only where it lies between something.

        `by_part` ends what is free with each part of the day.
        """
        since, until = self.span.midnight(day), self.span.midnight(day + timedelta(days=1))
        rows = self.standing_in(person, since, until)
        gaps = self.between(person, rows, since, until, by_part=by_part)
        filled = [one for one in rows + gaps if one.kind != CLOSED]
        if not filled:
            return []
        first = min(one.starts_at for one in filled)
        last = max(one.starts_at for one in filled)
        inside = [one for one in gaps if one.kind == CLOSED and first < one.starts_at < last]
        return sorted(filled + inside, key=lambda one: (one.starts_at, one.kind != VISIT))

    def standing_in(self, person: User, since: datetime, until: datetime) -> list[Stretch]:
        read, zone = self.read[person.pk], self.span.zone
        found = [
            Stretch(VISIT, one.starts_at, one.ends_at, zone, visit=one)
            for one in read.visits
            if since <= one.starts_at < until
        ]
        return found + [
            Stretch(BLOCK, max(one.starts_at, since), min(one.ends_at, until), zone, block=one)
            for one in read.blocks
            if one.starts_at < until and one.ends_at > since
        ]

    def between(
        self,
        person: User,
        rows: Iterable[Stretch],
        since: datetime,
        until: datetime,
        *,
        by_part: bool,
    ) -> list[Stretch]:
        """Free, kept, held and closed time, in stretches."""
        used = {cell for one in rows if takes_time(one) for cell in cells_of(one)}
        kinds = [
            (cell, self.kind_of(person, cell), by_part and clock.part_of_day(cell, self.span.zone))
            for cell in map(
                openings.instant_of, range(openings.cell_of(since), openings.cell_of(until))
            )
        ]
        found = []
        for (kind, _), group in groupby(
            kinds, key=lambda one: ("" if one[0] in used else one[1], one[2])
        ):
            cells = [cell for cell, _, _ in group]
            if kind:
                found.append(Stretch(kind, cells[0], cells[-1] + openings.CELL, self.span.zone))
        return found

    def kind_of(self, person: User, cell: datetime) -> str:
        taken = self.read[person.pk].taken
        if cell in taken:
            return HELD if taken[cell] else KEPT
        return FREE if is_open(self.opened[person.pk], cell, self.window) else CLOSED


def is_open(opened: int, cell: datetime, within: Window) -> bool:
    return openings.holds(opened, within, cell)


def takes_time(one: Stretch) -> bool:
    return one.visit is None or one.visit.status != Appointment.Status.CANCELLED


def cells_of(one: Stretch) -> list[datetime]:
    first = openings.cell_of(one.starts_at)
    end = -(-int(one.ends_at.timestamp()) // openings.SECONDS)
    return [openings.instant_of(cell) for cell in range(first, end)]


def people_in(span: Span) -> list[User]:
    """Whoever has hours, a visit or a block in these days, by name."""
    here = {"starts_at__lt": span.until, "ends_at__gt": span.since, "clinician": OuterRef("pk")}
    found = User.objects.filter(
        Q(Exists(WeeklyHours.objects.filter(clinician=OuterRef("pk"))), is_active=True)
        | Q(Exists(Appointment.objects.filter(**here)))
        | Q(Exists(TimeBlock.objects.filter(**here)))
    )
    return sorted(found, key=lambda one: (str(one), one.pk.hex))
