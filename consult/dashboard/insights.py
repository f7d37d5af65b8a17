"""First figures about many people. Nothing here leads to one: see consult/rules/figures.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import (
    Count,
    DateField,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
)
from django.db.models.functions import TruncMonth, TruncWeek

from consult.models import (
    Appointment,
    Assessment,
    CheckIn,
    Decision,
    Intake,
    Revision,
    VisitType,
)
from consult.rules.figures import Row, Share, about, middle, share, shown
from consult.rules.promises import review_due
from consult.rules.published import load_ruleset
from consult.rules.rulesets import Level

WEEKS, MONTHS = 12, 12


@dataclass(frozen=True, slots=True)
class Period:
    """Whole weeks or months by the clinic's calendar, the running one last."""

    starts: Sequence[date]
    until: datetime
    is_by_week: bool

    @property
    def since(self) -> datetime:
        return datetime.combine(self.starts[0], datetime.min.time(), clinic())


def clinic() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def last_weeks(now: datetime) -> Period:
    today = now.astimezone(clinic()).date()
    monday = today - timedelta(days=today.weekday())
    return Period([monday - timedelta(weeks=n) for n in reversed(range(WEEKS))], now, True)


def last_year(now: datetime) -> Period:
    today = now.astimezone(clinic()).date()
    months = [today.year * 12 + today.month - 1 - n for n in reversed(range(MONTHS))]
    return Period([date(one // 12, one % 12 + 1, 1) for one in months], now, False)


PERIODS = {"weeks": ("Last 12 weeks", last_weeks), "year": ("A year", last_year)}


# --------------------------------------------------------------------------------------- arrivals
@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many forms came, by level, the most urgent first; one row for each week or month."""

    levels: Sequence[Level]
    rows: Sequence[tuple[date, Row]]


def came(period: Period) -> QuerySet[Revision]:
    """When forms were handed in for the first time, with the level that the rules gave then."""
    first = Assessment.objects.filter(intake=OuterRef("intake")).order_by("made_at", "pk")
    rows = Revision.objects.filter(number=1, made_at__gte=period.since, made_at__lte=period.until)
    return rows.annotate(rank=Subquery(first.values("rank")[:1]))


def arrivals(period: Period) -> Arrivals:
    trunc = TruncWeek if period.is_by_week else TruncMonth
    slot = trunc("made_at", tzinfo=clinic(), output_field=DateField())
    grouped = came(period).annotate(slot=slot).order_by().values_list("slot", "rank")
    counts = {(start, rank): n for start, rank, n in grouped.annotate(n=Count("pk"))}
    levels = sorted(load_ruleset().levels, key=lambda one: -one.rank)
    rows = [
        (start, shown([counts.get((start, one.rank), 0) for one in levels]))
        for start in period.starts
    ]
    return Arrivals(levels, rows)


# ------------------------------------------------------------------------------------------ times
@dataclass(frozen=True, slots=True)
class Took:
    """The median and the 90th percentile by nearest rank, None where too few to tell."""

    words: str
    about: int | None
    median: timedelta | None
    most: timedelta | None


def times(period: Period) -> list[Took]:
    """From handed in to the first decision, and from that to the first consultation held."""
    rows = Intake.objects.annotate(
        came=Subquery(
            Revision.objects.filter(intake=OuterRef("pk"), number=1).values("made_at")[:1]
        ),
        decided=Subquery(first_decisions().values("at")[:1], output_field=DateTimeField()),
        seen=Subquery(held().values("starts_at")[:1], output_field=DateTimeField()),
    ).filter(came__gte=period.since, came__lte=period.until)
    return [
        took("From handed in to reviewed", rows, "came", "decided"),
        took("From reviewed to the consultation", rows, "decided", "seen"),
    ]


def first_decisions() -> QuerySet[Decision]:
    rows = Decision.objects.counting().exclude(kind=Decision.Kind.REOPENED)
    return rows.filter(intake=OuterRef("pk")).order_by("at", "pk")


def held() -> QuerySet[Appointment]:
    rows = Appointment.objects.filter(intake=OuterRef("pk"), status=Appointment.Status.ATTENDED)
    talks = rows.filter(visit_type__purpose=VisitType.Purpose.CONSULTATION)
    return talks.order_by("starts_at", "pk")


def took(words: str, rows: QuerySet[Any], start: str, end: str) -> Took:
    """The database puts the times in order; only the two that are shown leave it."""
    between = ExpressionWrapper(F(end) - F(start), output_field=DurationField())
    ordered = rows.filter(**{f"{end}__gte": F(start)}).annotate(between=between)
    spans = ordered.order_by("between").values_list("between", flat=True)
    count = spans.count()
    places = middle(count)
    at = {place: spans[place] for place in (places.median, places.most) if place is not None}
    median = at[places.median] if places.median is not None else None
    most = at[places.most] if places.most is not None else None
    return Took(words, about(count) if median is not None or not count else None, median, most)


# ---------------------------------------------------------------------------------- kept or broken
def overdue(period: Period) -> Share:
    """Of the forms whose promised time has passed, those that were not decided by then.

    The promise is the clinic's working hours, which no database knows: one short row for each.
    """
    first = Decision.objects.counting().exclude(kind=Decision.Kind.REOPENED)
    first = first.filter(intake=OuterRef("intake")).order_by("at", "pk")
    rows = came(period).annotate(decided=Subquery(first.values("at")[:1]))
    rows = rows.exclude(decided=None, intake__state=Intake.State.WITHDRAWN)
    codes = {one.rank: one.code for one in load_ruleset().levels}
    late = in_time = 0
    for at, rank, decided in rows.values_list("made_at", "rank", "decided").iterator():
        due = review_due(codes[rank], submitted_at=at, zone=clinic()) if rank in codes else None
        if due and (decided or period.until) > due:
            late += 1
        elif due and decided:
            in_time += 1
    return share(late, in_time)


def no_shows(period: Period) -> list[tuple[str, Share]]:
    """Of the visits of each purpose that were marked, those that nobody came to."""
    marked = [Appointment.Status.ATTENDED, Appointment.Status.MISSED]
    rows = Appointment.objects.filter(
        status__in=marked, starts_at__gte=period.since, starts_at__lte=period.until
    )
    grouped = rows.order_by().values_list("visit_type__purpose", "status").annotate(n=Count("pk"))
    counts = {(purpose, status): n for purpose, status, n in grouped}
    return [
        (one.label, share(counts.get((one, "missed"), 0), counts.get((one, "attended"), 0)))
        for one in VisitType.Purpose
    ]


def answered(period: Period) -> list[tuple[str, Share]]:
    """Of the check-ins that were due, those that were answered, by the day they are for."""
    rows = CheckIn.objects.filter(
        cancelled_at=None, due_at__gte=period.since, due_at__lte=period.until
    )
    grouped = rows.order_by("day").values_list("day")
    counted = grouped.annotate(n=Count("pk"), got=Count("answered_at"))
    return [(f"Day {day}", share(got, n - got)) for day, n, got in counted]


# -------------------------------------------------------------------------------------- in words
def slot_in_words(start: date, *, is_by_week: bool) -> str:
    return f"{start.day} {start:%b}" if is_by_week else f"{start:%b %Y}"


def span_in_words(span: timedelta | None) -> str:
    if span is None:
        return "too few to tell"
    hours = round(span.total_seconds() / 3600)
    if hours < 1:
        return "under 1 hour"
    if hours < 48:
        return f"{hours} hour{'s' if hours > 1 else ''}"
    return f"{round(hours / 24)} days"
