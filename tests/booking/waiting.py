"""People on the waiting list, and times that become free for them."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from consult.booking import blocks, waitlist
from consult.models import Intake, Message, WaitlistEntry, WaitlistOffer
from tests import factories
from tests.factories import NOW, at

PAGE = "/consult/waitlist/"
TEN = at("2026-11-24T10:00")
HOUR = timedelta(hours=1)


def free_up(doctor: Any, starts_at: Any = TEN, length: timedelta = HOUR) -> None:
    """Open one hour of the blocked days."""
    (row,) = doctor.time_blocks.filter(starts_at__lte=starts_at, ends_at__gt=starts_at)
    parts = [(row.starts_at, starts_at), (starts_at + length, row.ends_at)]
    blocks.unblock(row, by=doctor, now=NOW)
    for starts, ends in parts:
        if starts < ends:
            blocks.block(doctor, starts_at=starts, ends_at=ends, words="", by=doctor, now=NOW)


def waiting(intake: Any, talk: Any, **fields: Any) -> WaitlistEntry:
    row = {
        "visit_type": talk,
        "clinician": None,
        "first_on": date(2026, 11, 23),
        "last_on": date(2026, 11, 27),
        "day_part": "any",
        "by": intake.owner,
        "now": NOW,
    }
    return waitlist.join(intake, **(row | fields))


def others(doctor: Any, n: int) -> list[Intake]:
    return [factories.ready(by=doctor, email=f"p{i}@example.org") for i in range(n)]


def outcomes() -> list[tuple[str, str]]:
    rows = WaitlistOffer.objects.select_related("entry__intake").order_by("offered_at", "pk")
    return sorted((one.entry.intake.contact_email, one.outcome) for one in rows)


def letters() -> Counter[str]:
    rows = Message.objects.filter(event="waitlist_offer")
    return Counter(one.status for one in rows)
