"""Two workers, two threads, one database: on PostgreSQL the suite's own, on SQLite a real file."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from consult.followups import actions, outbox
from consult.followups.delivery import Pass
from consult.models import Message, Status
from tests.factories import NOW, draft
from tests.followups.rows import letter

pytestmark = pytest.mark.django_db(transaction=True)


class Workers:
    def __init__(self, file: Path) -> None:
        self.file = file
        if connection.vendor == "sqlite":  # in memory, writers fail where in a file they wait
            with sqlite3.connect(file) as target:
                connection.connection.backup(target)

    def together(self, *jobs: Callable[[], Any]) -> list[Any]:
        ready = threading.Barrier(len(jobs))
        with ThreadPoolExecutor(len(jobs)) as pool:
            return list(pool.map(lambda job: self.one(job, ready), jobs))

    def one(self, job: Callable[[], Any], ready: threading.Barrier) -> Any:
        mine = connections["default"]
        if mine.vendor == "sqlite":
            mine.settings_dict = mine.settings_dict | {"NAME": str(self.file)}
        try:
            mine.ensure_connection()
            ready.wait(10)
            return job()
        finally:
            mine.close()


def claim_all() -> list[Message]:
    taken: list[Message] = []
    while batch := outbox.claim(now=NOW, limit=5):
        taken += batch
    return taken


def test_no_letter_is_claimed_by_two_workers(tmp_path: Path) -> None:
    written = {letter().pk for _ in range(120)}
    taken = Workers(tmp_path / "db").together(*[claim_all] * 4)
    claimed = [message.pk for share in taken for message in share]
    assert (len(claimed), set(claimed)) == (120, written)


def test_two_passes_at_once_send_each_letter_once(tmp_path: Path, mail_server: Any) -> None:
    written = sorted(letter().recipient for _ in range(30))
    workers = Workers(tmp_path / "db")
    reports = workers.together(*[lambda: Pass(now=NOW).run(limit=200)] * 2)
    assert sum(report.sent for report in reports) == 30
    assert mail_server.recipients == written


def test_after_a_confirmed_cancel_nothing_is_handed_over(tmp_path: Path) -> None:
    intakes = [draft({}) for _ in range(20)]
    for intake in intakes:
        letter(intake=intake)
    workers, outcomes = Workers(tmp_path / "db"), set()
    claimed = {one.intake_id: one for one in workers.together(claim_all)[0]}
    for intake in intakes:
        message = claimed[intake.pk]
        began, cancelled = workers.together(
            lambda message=message: outbox.begin(message, now=NOW),
            lambda intake=intake: actions.cancel(intake=intake, now=NOW),
        )
        (status,) = workers.together(lambda message=message: outbox.row(message).get().status)
        outcomes.add((began, cancelled.stopped, cancelled.too_late, status))
    assert outcomes <= {(True, 0, 1, Status.SENDING), (False, 1, 0, Status.CANCELLED)}
