"""Letters that are due and do not leave: staff are told on every page of theirs."""

from datetime import datetime
from functools import cached_property

from django.http import HttpRequest
from django.utils import timezone

from consult.dashboard.mail_filters import LATE_AFTER
from consult.followups import outbox


class Alarm:
    """Asked of the database only by a page that shows it, and then once."""

    @cached_property
    def late(self) -> datetime | None:
        """Since when the letter that waits longest should have left; None while all do leave. A
        look at a small index, however many letters there are."""
        now = timezone.now()
        oldest = outbox.oldest_due(now=now)
        return oldest if oldest and now - oldest > LATE_AFTER else None

    @cached_property
    def since(self) -> datetime | None:
        """The same, or since when one has lain in the hands of a worker that died."""
        return self.late or stuck_since()

    @property
    def sounds(self) -> bool:
        return self.since is not None


def stuck_since() -> datetime | None:
    stuck = outbox.stuck(now=timezone.now()).order_by("lease_expires_at")
    return stuck.values_list("lease_expires_at", flat=True).first()


def alarm_context(request: HttpRequest) -> dict[str, Alarm]:
    return {"alarm": Alarm()}
