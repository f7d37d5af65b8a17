"""One process learns what another has changed. Its tests commit, as processes do."""

import time
from threading import Thread

import pytest
from django.db import connection, transaction

from content.serving.version import Known, changed

pytestmark = pytest.mark.django_db(transaction=True)


def test_another_process_sees_a_change_within_a_second(settings) -> None:
    settings.CONTENT_LOOK_SECONDS = 0.5
    elsewhere, seen = Known(), []
    changed()
    before = elsewhere.current().token

    def watch() -> None:
        until = time.monotonic() + 3
        while elsewhere.current().token == before and time.monotonic() < until:
            time.sleep(0.01)
        seen.append(time.monotonic())
        connection.close()

    other = Thread(target=watch)
    other.start()
    time.sleep(0.2)
    changed()
    changed_at = time.monotonic()
    other.join()
    assert 0 <= seen[0] - changed_at < 1


def test_a_change_is_seen_when_it_is_committed_and_not_before(settings) -> None:
    settings.CONTENT_LOOK_SECONDS = 0
    elsewhere, seen = Known(), []

    def look() -> None:
        seen.append(elsewhere.current().token)
        connection.close()

    def look_from_elsewhere() -> None:
        thread = Thread(target=look)
        thread.start()
        thread.join()

    changed()
    look_from_elsewhere()
    with transaction.atomic():
        changed()
        look_from_elsewhere()
    look_from_elsewhere()
    first, during, after = seen
    assert first == during != after
