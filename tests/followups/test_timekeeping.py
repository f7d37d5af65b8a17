"""A worker whose clock is not the database's sends nothing, and says so."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection  # noqa: F401 - the marks read it
from django.test import Client
from django.utils import timezone

from consult.followups import timekeeping, watch
from consult.followups.timekeeping import Clock
from tests.followups.rows import letter, now_standing

pytestmark = pytest.mark.django_db
on_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="SQLite has no clock of its own"
)
OFF = [timedelta(seconds=8), timedelta(seconds=-8), timedelta(hours=-1)]


@pytest.fixture(autouse=True)
def _a_new_process() -> Iterator[None]:
    Clock.is_wrong = False
    yield
    Clock.is_wrong = False


def told_in_log(caplog: Any) -> list[str]:
    return [record.msg["event"] for record in caplog.records if "clock" in str(record.msg)]


@on_postgresql
@pytest.mark.parametrize("off", OFF, ids=str)
def test_a_process_whose_clock_is_wrong_sends_nothing(off: timedelta, mailoutbox: Any) -> None:
    message = letter(now=timezone.now() - timedelta(hours=2), expires_at=None)
    with time_machine.travel(timezone.now() + off):
        assert watch.look() is None
    assert (now_standing(message), mailoutbox) == (["scheduled"], [])
    report = watch.look()
    assert report is not None
    assert (report.sent, now_standing(message)) == (1, ["sent"])


@on_postgresql
def test_a_few_seconds_are_no_wrong_clock() -> None:
    for seconds in (-4, 0, 4):
        assert timekeeping.is_right(now=timezone.now() + timedelta(seconds=seconds))


@on_postgresql
def test_the_log_hears_of_a_wrong_clock_once_and_of_its_end(caplog: Any) -> None:
    caplog.set_level("INFO")
    for seconds in (9, 9, 9, 0, 0):
        timekeeping.is_right(now=timezone.now() + timedelta(seconds=seconds))
    assert told_in_log(caplog) == ["clock is wrong", "clock is right again"]


@on_postgresql
def test_machines_and_staff_read_that_some_workers_clock_is_wrong() -> None:
    assert Client().get("/readyz").json()["clock"] == "right"
    timekeeping.is_right(now=timezone.now() + timedelta(minutes=1))
    assert Client().get("/readyz").json()["clock"] == "wrong"
    said = StringIO()
    call_command("outbox", "status", stdout=said)
    assert said.getvalue().startswith("Clock: wrong on a worker or here")
    cache.clear()
    assert Client().get("/readyz").json()["clock"] == "right"


@on_postgresql
def test_the_command_that_sends_once_says_why_it_does_not() -> None:
    with (
        time_machine.travel(timezone.now() + timedelta(minutes=1)),
        pytest.raises(CommandError, match="this computer's clock is not the database's"),
    ):
        call_command("send_due_messages")


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="about SQLite")
def test_on_sqlite_there_is_one_clock_and_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0), time_machine.travel(timezone.now() + timedelta(days=1)):
        assert timekeeping.is_right(now=timezone.now())


def test_a_command_that_sends_once_says_what_it_did(mailoutbox: Any) -> None:
    letter(now=timezone.now())
    said = StringIO()
    call_command("send_due_messages", stdout=said)
    assert said.getvalue() == "1 sent, 0 to try again, 0 given up\n"
