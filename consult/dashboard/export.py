"""The filtered queue as a table for a spreadsheet: who waits for how long, and no answers."""

import csv
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from consult import audit
from consult.dashboard import queries
from consult.dashboard.filters import LANGUAGES, Filters, countries
from consult.fields import blind_index
from consult.models import Assessment, Intake, IntakeMark, User

COLUMNS = (
    *("reference", "level", "state", "waiting_days", "handed_in", "due"),
    *("assigned_to", "language", "country"),
)
FORMULA = frozenset("=+-@\t\r\n\0")
AT_ONCE = 500
DID = "exported the queue"
DAY = timedelta(days=1)


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, however it is written."""
    begins = unicodedata.normalize("NFKC", cell.lstrip(" "))[:1]
    return f"'{cell}" if begins in FORMULA and begins else cell


class Line:
    """What csv.writer writes to: each line is handed on instead of kept."""

    def write(self, line: str) -> str:
        return line


def prepare(user: User, filters: Filters, *, reason: str, now: datetime) -> Sequence[UUID]:
    """Which forms the export holds; recorded with their number before the first line leaves.

    The reason is the person's own words; the record holds them encrypted. No value of a filter
    is recorded.
    """
    keys = list(queries.listed(user, filters).values_list("pk", flat=True))
    audit.record(
        by=user,
        did=DID,
        now=now,
        rows=len(keys),
        show=filters.show,
        filters=filters.names,
        reason=audit.sealed(reason, by=user, did=DID, now=now),
    )
    return keys


def lines(keys: Sequence[UUID], *, now: datetime) -> Iterator[str]:
    """The table, a few hundred forms at a time. What has gone meanwhile is left out."""
    writer = csv.writer(Line())
    yield "\ufeff" + writer.writerow(COLUMNS)  # spreadsheets take it for UTF-8 by this
    for start in range(0, len(keys), AT_ONCE):
        yield from chunk(writer, keys[start : start + AT_ONCE], now=now)


def chunk(writer: Any, keys: Sequence[UUID], *, now: datetime) -> Iterator[str]:
    languages, places = named_marks("language", LANGUAGES), named_marks("country", countries())
    found = Intake.objects.select_related("assignee").in_bulk(keys)
    rulesets = versions(keys)
    marked = marked_with([*languages, *places], keys)
    for key in keys:
        if intake := found.get(key):
            words = [language_or_place(marked.get(key, set()), one) for one in (languages, places)]
            row = cells(intake, rulesets.get(key), now=now) + words
            yield writer.writerow([safe(cell) for cell in row])


def cells(intake: Intake, ruleset: str | None, *, now: datetime) -> list[str]:
    level, sent = queries.level_at(intake.rank, ruleset), intake.submitted_at or intake.saved_at
    due = queries.due_at(intake, level, ruleset)
    zone = ZoneInfo(settings.TIME_ZONE)
    return [
        intake.code,
        level.label,
        intake.get_state_display(),
        str((now - sent) // DAY),
        f"{sent.astimezone(zone):%Y-%m-%d %H:%M}",
        f"{due.astimezone(zone):%Y-%m-%d %H:%M}" if due else "",
        str(intake.assignee) if intake.assignee else "",
    ]


def versions(keys: Sequence[UUID]) -> dict[UUID, str]:
    """By which rules each form was judged last."""
    rows = Assessment.objects.filter(intake__in=keys).order_by("made_at", "pk")
    return dict(rows.values_list("intake", "ruleset"))


def named_marks(purpose: str, names: Mapping[str, str]) -> dict[bytes, str]:
    return {blind_index(purpose, code): name for code, name in names.items()}


def marked_with(marks: Sequence[bytes], keys: Sequence[UUID]) -> dict[UUID, set[bytes]]:
    """Of these marks those that each form has: no answer is opened for an export."""
    found: dict[UUID, set[bytes]] = {}
    for one in IntakeMark.objects.filter(mark__in=marks, intake__in=keys):
        found.setdefault(one.intake_id, set()).add(bytes(one.mark))
    return found


def language_or_place(marks: set[bytes], names: Mapping[bytes, str]) -> str:
    return next((name for mark, name in names.items() if mark in marks), "")
