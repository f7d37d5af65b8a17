"""The lists of the dashboard. Each costs the same number of queries for three rows or fifty."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery, prefetch_related_objects

from consult.dashboard.listing import ROWS, Page, beyond, cut
from consult.models import Assessment, Intake, Message, StaffTask, User
from consult.rules import triage
from consult.rules.promises import review_due
from consult.rules.published import load_ruleset
from consult.rules.rulesets import Level

TOP_REASONS = 3
STATES: dict[str, Intake.State] = {
    "waiting": Intake.State.SUBMITTED,
    "on_hold": Intake.State.ON_HOLD,
    "ready": Intake.State.READY,
}


@dataclass(frozen=True, slots=True)
class QueueRow:
    intake: Intake
    level: Level
    due_at: datetime | None
    reasons: Sequence[str]


def find_case(user: User, code: str) -> Intake | None:
    """A form that was handed in and that this person may see."""
    handed_in = Intake.objects.for_actor(user).filter(submitted_at__isnull=False)
    return handed_in.filter(code=code).first() if code.isalnum() else None


def counts(user: User) -> dict[str, int]:
    """How many forms stand in each list, by the list's name."""
    rows = Intake.objects.for_actor(user).filter(state__in=STATES.values())
    found = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    return {name: found.get(state, 0) for name, state in STATES.items()}


def queue_page(user: User, show: str, *, after: Intake | None) -> Page[QueueRow]:
    """One page of a list; reasons are opened for clinicians only."""
    found = waiting(user, after) if show == "waiting" else reviewed(user, show, after)
    page = cut(found)
    prefetch_related_objects(
        list(page.rows), Prefetch("assessments", latest_assessments(), "latest")
    )
    rows = [queue_row(intake, clinical=user.is_clinical) for intake in page.rows]
    return Page(rows, page.more)


def waiting(user: User, after: Intake | None) -> list[Intake]:
    """Highest level first, then oldest: the rest of the last row's level, then lower levels."""
    rows = Intake.objects.for_actor(user).awaiting_review()
    if after is None:
        return list(rows[: ROWS + 1])
    found = list(beyond(rows.filter(rank=after.rank), after, "submitted_at")[: ROWS + 1])
    if len(found) <= ROWS:
        found += rows.filter(rank__lt=after.rank)[: ROWS + 1 - len(found)]
    return found


def reviewed(user: User, show: str, after: Intake | None) -> list[Intake]:
    rows = Intake.objects.for_actor(user).filter(state=STATES[show])
    rows = rows.order_by("submitted_at", "pk")
    return list(beyond(rows, after, "submitted_at")[: ROWS + 1])


def latest_assessments() -> QuerySet[Assessment]:
    newest = Assessment.objects.filter(intake=OuterRef("intake")).order_by("-made_at", "-pk")
    return Assessment.objects.filter(pk=Subquery(newest.values("pk")[:1]))


def queue_row(intake: Intake, *, clinical: bool) -> QueueRow:
    latest: list[Assessment] = intake.latest  # type: ignore[attr-defined]
    version = latest[0].ruleset if latest else None
    level = level_at(intake.rank, version)
    reasons = top_reasons(latest[0]) if latest and clinical else ()
    return QueueRow(intake, level, due_at(intake, level, version), reasons)


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


def open_tasks(user: User, *, after: StaffTask | None) -> Page[StaffTask]:
    rows = StaffTask.objects.for_actor(user).open().select_related("intake", "assignee")
    return cut(list(beyond(rows, after, "due_at")[: ROWS + 1]))


def latest_messages(user: User, *, after: Message | None) -> Page[Message]:
    rows = Message.objects.for_actor(user).order_by("-created_at", "-pk").select_related("intake")
    return cut(list(beyond(rows, after, "-created_at")[: ROWS + 1]))
