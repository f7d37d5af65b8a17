"""Several workers at one moment, on the database that the suite runs on."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from consult.followups import actions, outbox
from consult.followups.delivery import Pass
from consult.models import Message
from tests.factories import NOW, draft
from tests.followups.rows import letter, now_standing

pytestmark = pytest.mark.django_db(transaction=True)


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Each job in a thread of its own, on a connection of its own, all begun at one moment."""
    ready = threading.Barrier(len(jobs))

    def work(job: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            ready.wait(10)
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(work, jobs))


def claim_all() -> list[Message]:
    taken: list[Message] = []
    while batch := outbox.claim(now=NOW, limit=5):
        taken += batch
    return taken


def test_no_letter_is_claimed_by_two_workers() -> None:
    written = {letter().pk for _ in range(120)}
    taken = together(*[claim_all] * 4)
    claimed = [message.pk for share in taken for message in share]
    assert (len(claimed), set(claimed)) == (120, written)


def test_two_passes_at_once_send_each_letter_once(mail_server: Any) -> None:
    written = sorted(letter().recipient for _ in range(30))
    reports = together(*[lambda: Pass(now=NOW).run(limit=200)] * 2)
    assert sum(report.sent for report in reports) == 30
    assert mail_server.recipients == written


def test_after_a_confirmed_cancel_nothing_is_handed_over() -> None:
    for message in [letter(intake=draft({})) for _ in range(20)]:
        (mine,) = outbox.claim(now=NOW, limit=1)
        began, cancelled = together(
            lambda mine=mine: outbox.begin(mine, now=NOW),
            lambda mine=mine: actions.cancel(intake=mine.intake, now=NOW),
        )
        outcome = (began, cancelled.stopped, cancelled.too_late, *now_standing(mine))
        assert outcome in {(True, 0, 1, "sending"), (False, 1, 0, "cancelled")}, message
