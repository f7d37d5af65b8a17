"""What is free: two queries for any stretch of time, however many clinicians and visits."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, Q, Value, When

from consult.booking.refusals import Refusal
from consult.models import Appointment, Cell, HoursChange, Intake, VisitType, WeeklyHours
from consult.rules import openings
from consult.rules.openings import Change, Visit, Weekly, Window

COLUMNS = ("clinician_id", "weekday", "first_on", "last_on", "starts", "ends", "zone", "is_open")
# Of several clinicians, why the one came nearest to being free.
WHY_NOT_FIRST = (Refusal.TAKEN, Refusal.FULL, Refusal.CLOSED)


@dataclass
class Agenda:
    """One clinician's open and taken cells in a window."""

    weekly: list[Weekly] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    taken: list[datetime] = field(default_factory=list)
    visits: set[datetime] = field(default_factory=set)  # of a kind that has a limit a day

    def opened(self, within: Window) -> int:
        return openings.open_cells(self.weekly, self.changes, within)

    def starts(self, visit: Visit, within: Window) -> int:
        taken = openings.taken_cells(self.taken, within)
        free = openings.free_starts(self.opened(within), taken, visit, within)
        return free & ~self.full(visit, within)

    def full(self, visit: Visit, within: Window) -> int:
        """The cells of days on which no more visits of this kind may be."""
        if visit.per_day is None:
            return 0
        zone = ZoneInfo(settings.TIME_ZONE)
        return openings.full_days(self.visits, visit.per_day, zone, within)

    def refusal(self, starts_at: datetime, visit: Visit, within: Window) -> Refusal | None:
        room = openings.free_starts(self.opened(within), 0, visit, within)
        if not openings.holds(room, within, starts_at):
            return Refusal.CLOSED
        if openings.holds(self.full(visit, within), within, starts_at):
            return Refusal.FULL
        free = openings.holds(self.starts(visit, within), within, starts_at)
        return None if free else Refusal.TAKEN


@dataclass(frozen=True)
class Diary:
    """The agendas of everybody who offers a kind of visit, read once."""

    visit: Visit
    within: Window
    agendas: dict[uuid.UUID, Agenda]

    def starts(self, *, now: datetime, since: datetime, until: datetime) -> list[datetime]:
        """Every free start with anybody, in order."""
        free = 0
        for agenda in self.agendas.values():
            free |= agenda.starts(self.visit, self.within)
        free &= openings.offered(self.visit, self.within, now)
        free &= self.within.bits(since, until)
        return list(openings.instants(free, self.within))

    def free_at(self, starts_at: datetime) -> list[uuid.UUID]:
        """Who is free then; whoever has least to do in the window comes first."""
        free = [
            (len(agenda.taken), clinician.hex, clinician)
            for clinician, agenda in self.agendas.items()
            if agenda.refusal(starts_at, self.visit, self.within) is None
        ]
        return [clinician for _, _, clinician in sorted(free)]

    def refusal(self, starts_at: datetime) -> Refusal:
        """Why nobody is free then."""
        found = {a.refusal(starts_at, self.visit, self.within) for a in self.agendas.values()}
        return next(why for why in WHY_NOT_FIRST if why in found or why == Refusal.CLOSED)


def refused_by_the_clock(starts_at: datetime, visit: Visit, now: datetime) -> Refusal | None:
    """What can be said without looking at anybody's diary."""
    if not openings.on_grid(starts_at):
        return Refusal.OFF_GRID
    if starts_at <= now:
        return Refusal.PAST
    if starts_at < now + visit.notice:
        return Refusal.TOO_SOON
    return Refusal.TOO_FAR if starts_at > now + visit.horizon else None


def diary(
    visit_type: VisitType,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    clinician: uuid.UUID | None = None,
    mine: Intake | None = None,
    moving: Appointment | None = None,
) -> Diary:
    """What is open and taken between two instants for one kind of visit.

    `clinician` narrows it to one; a time held for `mine` is free for them, and so is the time of
    the appointment that is `moving`.
    """
    within, visit = openings.window(since, until), visit_type.visit()
    agendas = read_hours(hours_of(visit_type, clinician, within))
    for clinician_id, cell, visit_at in taken_by(agendas, visit_type, within, now, mine, moving):
        agendas[clinician_id].taken.append(cell)
        if visit_at:
            agendas[clinician_id].visits.add(visit_at)
    return Diary(visit, within, agendas)


def hours_of(
    visit_type: VisitType, clinician: uuid.UUID | None, within: Window
) -> Iterable[tuple[Any, ...]]:
    """Weekly hours, then changes to them, in one query."""
    listed = VisitType.clinicians.through.objects.filter(visittype=visit_type)
    weekly = WeeklyHours.objects.order_by().filter(
        Q(clinician__in=listed.values("user")) | ~Exists(listed), clinician__is_active=True
    )
    if clinician:
        weekly = weekly.filter(clinician=clinician)
    first = openings.instant_of(within.first).date() - openings.DAY
    last = openings.instant_of(within.first + within.count).date() + openings.DAY
    changes = HoursChange.objects.order_by().filter(last_on__gte=first, first_on__lte=last)
    every_week = weekly.annotate(
        first_on=Value(None, models.DateField()),
        last_on=Value(None, models.DateField()),
        is_open=Value(True, models.BooleanField()),
    )
    on_days = changes.annotate(weekday=Value(None, models.PositiveSmallIntegerField()))
    return every_week.values_list(*COLUMNS).union(on_days.values_list(*COLUMNS), all=True)


def read_hours(rows: Iterable[tuple[Any, ...]]) -> dict[uuid.UUID, Agenda]:
    """Agendas of those who have weekly hours; a change without a clinician is everybody's."""
    agendas: dict[uuid.UUID, Agenda] = defaultdict(Agenda)
    changes: list[tuple[uuid.UUID | None, Change]] = []
    for clinician, weekday, first_on, last_on, starts, ends, zone, is_open in rows:
        if weekday is None:
            change = Change(first_on, last_on, starts, ends, zone, bool(is_open))
            changes.append((clinician, change))
        else:
            agendas[clinician].weekly.append(Weekly(weekday, starts, ends, zone))
    for clinician, change in changes:
        for key, agenda in agendas.items():
            if clinician in {None, key}:
                agenda.changes.append(change)
    return dict(agendas)


def taken_by(
    clinicians: Collection[uuid.UUID],
    visit_type: VisitType,
    within: Window,
    now: datetime,
    mine: Intake | None,
    moving: Appointment | None,
) -> Iterable[tuple[uuid.UUID, datetime, datetime | None]]:
    """Whose cell, which, and when the visit begins if it counts towards the limit of a day."""
    cells = Cell.objects.kept(now).filter(
        clinician__in=clinicians,
        starts_at__gte=openings.instant_of(within.first),
        starts_at__lt=openings.instant_of(within.first + within.count),
    )
    if mine:
        cells = cells.exclude(hold__intake=mine)
    if moving:
        cells = cells.exclude(appointment=moving)
    counted: Value | Case = Value(None, models.DateTimeField())
    if visit_type.per_day_limit is not None:
        counted = Case(
            When(appointment__visit_type=visit_type, then="appointment__starts_at"),
            When(hold__visit_type=visit_type, then="hold__starts_at"),
        )
    return cells.values_list("clinician_id", "starts_at", counted)
