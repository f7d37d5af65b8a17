"""What is free: two queries for any stretch of time, however many clinicians and visits."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Exists, Q, Value

from consult.booking.refusals import Refusal
from consult.models import Appointment, Cell, HoursChange, Intake, VisitType, WeeklyHours
from consult.rules import openings
from consult.rules.openings import Change, Visit, Weekly, Window

COLUMNS = ("clinician_id", "weekday", "first_on", "last_on", "starts", "ends", "zone", "is_open")


@dataclass
class Agenda:
    """One clinician's open and taken cells in a window."""

    weekly: list[Weekly] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    taken: list[datetime] = field(default_factory=list)

    def opened(self, within: Window) -> int:
        return openings.open_cells(self.weekly, self.changes, within)

    def starts(self, visit: Visit, within: Window) -> int:
        taken = openings.taken_cells(self.taken, within)
        return openings.free_starts(self.opened(within), taken, visit, within)

    def refusal(self, starts_at: datetime, visit: Visit, within: Window) -> Refusal | None:
        room = openings.free_starts(self.opened(within), 0, visit, within)
        if not openings.holds(room, within, starts_at):
            return Refusal.CLOSED
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
        return Refusal.TAKEN if Refusal.TAKEN in found else Refusal.CLOSED


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
    for clinician_id, starts_at in taken_by(agendas, within, now, mine, moving):
        agendas[clinician_id].taken.append(starts_at)
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
    within: Window,
    now: datetime,
    mine: Intake | None,
    moving: Appointment | None,
) -> Iterable[tuple[uuid.UUID, datetime]]:
    cells = Cell.objects.kept(now).filter(
        clinician__in=clinicians,
        starts_at__gte=openings.instant_of(within.first),
        starts_at__lt=openings.instant_of(within.first + within.count),
    )
    if mine:
        cells = cells.exclude(hold__intake=mine)
    if moving:
        cells = cells.exclude(appointment=moving)
    return cells.values_list("clinician_id", "starts_at")
