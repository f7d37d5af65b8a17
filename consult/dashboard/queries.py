"""The lists of the dashboard. Each costs the same number of queries for three rows or fifty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery, prefetch_related_objects

from consult.dashboard.filters import STATES, Filters
from consult.dashboard.listing import ROWS, Page, beyond, cut
from consult.followups.appointments import Ahead, ahead_among
from consult.models import Appointment, Assessment, Intake, Note, User
from consult.rules import triage
from consult.rules.clock import lasting
from consult.rules.promises import review_due
from consult.rules.published import load_ruleset
from consult.rules.rulesets import Level

TOP_REASONS = 3
COUNTED = 1000  # a list is counted so far and no further: it grows, and its page must not


@dataclass(frozen=True, slots=True)
class QueueRow:
    """What a row shows, in words as far as it can be: fifty of them make up most of a page's
    time, and a template is slow to choose and to work out."""

    intake: Intake
    level: Level
    due_at: datetime | None
    reasons: Sequence[str]
    note: Note | None
    visit: Ahead | None
    now: datetime

    @property
    def since(self) -> str:
        return lasting(self.now - (self.intake.submitted_at or self.now))

    @property
    def is_overdue(self) -> bool:
        return self.due_at is not None and self.due_at < self.now

    @property
    def clock(self) -> str:
        """The time left until the promise, or since."""
        if self.due_at is None:
            return "No time promised"
        left = lasting(abs(self.due_at - self.now))
        return f"Overdue by {left}" if self.is_overdue else f"Due in {left}"

    @property
    def first_line(self) -> str:
        """How the last note begins."""
        lines = self.note.words.strip().splitlines() if self.note else []
        return str(lines[0]) if lines else ""


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a list has, counted up to a bound."""

    number: int

    @property
    def is_whole(self) -> bool:
        return self.number <= COUNTED

    def __str__(self) -> str:
        return str(self.number) if self.is_whole else f"{COUNTED}+"


def find_case(user: User, code: str) -> Intake | None:
    """A form that was handed in and that this person may see."""
    handed_in = Intake.objects.for_actor(user).filter(submitted_at__isnull=False)
    return handed_in.filter(code=code).first() if code.isalnum() else None


def count(rows: QuerySet[Intake]) -> Count:
    return Count(rows.order_by()[: COUNTED + 1].count())


def counts(user: User) -> dict[str, Count]:
    """How many forms stand in each list, by the list's name."""
    rows = Intake.objects.in_lists_of(user)
    return {name: count(rows.filter(state=state)) for name, (state, _) in STATES.items()}


def hidden(user: User, filters: Filters, total: Count) -> Count:
    """How many forms of the list the filters keep from view. Where the list is longer than is
    counted, how many are shown is not counted either."""
    if not filters.narrowing or not total.is_whole:
        return Count(COUNTED + 1 if filters.narrowing else 0)
    return Count(total.number - count(listed(user, filters)).number)


def listed(user: User, filters: Filters) -> QuerySet[Intake]:
    """The forms of a list as far as the filters show them, in the list's order."""
    rows = Intake.objects.in_lists_of(user).filter(state=filters.state)
    return filters.apply(rows, user).order_by(*order_of(filters))


def order_of(filters: Filters) -> tuple[str, ...]:
    """Highest level first and then oldest, which within a level is who waited longest against the
    promise; what is no longer waiting for us in the order it came."""
    waits = filters.state == Intake.State.SUBMITTED
    return ("-rank", "submitted_at", "pk") if waits else ("submitted_at", "pk")


def queue_page(
    user: User, filters: Filters, *, after: Intake | None, now: datetime
) -> Page[QueueRow]:
    """One page of a list; reasons and notes are opened for clinicians only."""
    page = cut(part_after(listed(user, filters).select_related("assignee"), filters, after))
    fetch_with(page.rows, clinical=user.is_clinical, now=now)
    rows = [queue_row(intake, clinical=user.is_clinical, now=now) for intake in page.rows]
    return Page(rows, page.more)


def part_after(rows: QuerySet[Intake], filters: Filters, after: Intake | None) -> list[Intake]:
    """The next rows: those left of the last row's level, then lower levels."""
    if after is None:
        return list(rows[: ROWS + 1])
    if filters.state != Intake.State.SUBMITTED:
        return list(beyond(rows, after, "submitted_at")[: ROWS + 1])
    found = list(beyond(rows.filter(rank=after.rank), after, "submitted_at")[: ROWS + 1])
    if len(found) <= ROWS:
        found += rows.filter(rank__lt=after.rank)[: ROWS + 1 - len(found)]
    return found


def next_after(user: User, filters: Filters, after: Intake | None) -> Intake | None:
    return next(iter(part_after(listed(user, filters), filters, after)), None)


def fetch_with(intakes: Sequence[Intake], *, clinical: bool, now: datetime) -> None:
    """What a row shows beside the form itself, in one query each."""
    coming = Appointment.objects.filter(status__in=Appointment.STANDING, ends_at__gt=now)
    parts = [
        Prefetch("assessments", latest_assessments(), "latest"),
        Prefetch("appointments", coming.select_related("visit_type"), "coming"),
    ]
    if clinical:
        parts.append(Prefetch("notes", latest_notes(), "last_notes"))
    prefetch_related_objects(list(intakes), *parts)


def latest_assessments() -> QuerySet[Assessment]:
    newest = Assessment.objects.filter(intake=OuterRef("intake")).order_by("-made_at", "-pk")
    return Assessment.objects.filter(pk=Subquery(newest.values("pk")[:1]))


def latest_notes() -> QuerySet[Note]:
    newest = Note.objects.filter(intake=OuterRef("intake")).order_by("-at", "-pk")
    return Note.objects.filter(pk=Subquery(newest.values("pk")[:1])).select_related("by")


def notes_of(intake: Intake) -> list[Note]:
    """What colleagues wrote down, newest first."""
    return list(Note.objects.filter(intake=intake).select_related("by").order_by("-at", "-pk"))


def queue_row(intake: Intake, *, clinical: bool, now: datetime) -> QueueRow:
    latest: list[Assessment] = intake.latest  # type: ignore[attr-defined]
    coming: list[Appointment] = intake.coming  # type: ignore[attr-defined]
    notes: list[Note] = intake.last_notes if clinical else []  # type: ignore[attr-defined]
    version = latest[0].ruleset if latest else None
    level = level_at(intake.rank, version)
    return QueueRow(
        intake=intake,
        level=level,
        due_at=due_at(intake, level, version),
        reasons=top_reasons(latest[0]) if latest and clinical else (),
        note=notes[0] if notes else None,
        visit=ahead_among(coming, now=now),
        now=now,
    )


def level_at(rank: int, version: str | None) -> Level:
    levels = load_ruleset(version).levels if version else load_ruleset().levels
    return next(level for level in levels if level.rank <= rank)


def due_at(intake: Intake, level: Level, version: str | None) -> datetime | None:
    """By when a form that still waits was promised to be read."""
    if intake.state != Intake.State.SUBMITTED or intake.submitted_at is None:
        return None
    zone = ZoneInfo(settings.TIME_ZONE)
    return review_due(level.code, submitted_at=intake.submitted_at, zone=zone, ruleset=version)


def top_reasons(assessment: Assessment) -> list[str]:
    judged = triage.Assessment.from_dict(assessment.result)
    by_level = load_ruleset(judged.ruleset).by_level
    findings = sorted(judged.findings, key=lambda one: -by_level[one.level].rank)
    return [finding.title for finding in findings[:TOP_REASONS]]
