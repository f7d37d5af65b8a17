"""What a pass leaves behind when it ends before its time: no letter that arrived goes again."""

import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import OperationalError, connection

from consult.followups.actions import send_due
from consult.followups.delivery import closing
from consult.followups.lines import Lines
from consult.models import Message
from tests.factories import NOW
from tests.followups.asked import asked_server
from tests.followups.rows import letter, now_standing

pytestmark = pytest.mark.django_db(transaction=True)
TAKES = {"busy": 0.3, "late": 0.6, "last": 0.2}  # seconds, before it answers


class Server(BaseEmailBackend):
    """How it treats a letter is told by the recipient's name."""

    taken: list[str] = []
    cut_off: list[str] = []

    def __init__(self, **_: Any) -> None:
        super().__init__()
        self.has = ""

    def send_messages(self, messages: Any) -> int:
        (email,) = messages
        self.has = email.to[0].partition("@")[0]
        time.sleep(TAKES.get(self.has, 0))
        if self.has == "busy":
            raise smtplib.SMTPRecipientsRefused({email.to[0]: (451, b"later")})
        if self.has.startswith("hangs"):
            raise TimeoutError
        if self.has == "last":
            closing.set()
        self.taken.append(self.has)
        self.has = ""
        return 1

    def close(self) -> None:
        if self.has in TAKES and self.has != "busy":
            self.cut_off.append(self.has)


@pytest.fixture(autouse=True)
def server(settings: Any) -> Iterator[type[Server]]:
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    settings.OUTBOX_CONNECTIONS = 4
    Server.taken, Server.cut_off = [], []
    yield Server
    closing.clear()


def to(*names: str) -> list[Message]:
    """Letters that go in this order."""
    first = NOW - timedelta(seconds=len(names))
    times = [first + timedelta(seconds=n) for n in range(len(names))]
    named = zip(names, times, strict=True)
    return [letter(recipient=f"{name}@example.org", not_before=at) for name, at in named]


def away_at(word: str, *, after: bool = False) -> Callable[..., Any]:
    """The database goes away once: at, or just after, the first UPDATE that writes `word`."""
    gone = threading.Event()

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        written = (params or ())[: sql.partition(" WHERE ")[0].count("%s")]
        is_it = sql.startswith("UPDATE") and word in written and not gone.is_set()
        if is_it and not after:
            gone.set()
            raise OperationalError
        done = run(sql, params, many, context)
        if is_it:
            gone.set()
            raise OperationalError
        return done

    return execute


def test_what_arrives_is_written_down_though_the_database_fails_at_another_letter(server):
    first, busy, late = to("first", "busy", "late")
    with connection.execute_wrapper(away_at("smtp_451")), pytest.raises(OperationalError):
        send_due(now=NOW)
    assert server.taken == ["first", "late"]
    assert now_standing(first, busy, late) == ["sent", "sending", "sent"]


def test_who_waits_for_room_while_the_process_ends_begins_no_further_letter(server):
    last, never = to("last", "never")
    send_due(now=NOW)
    assert (server.taken, now_standing(last, never)) == (["last"], ["sent", "scheduled"])


def test_a_hand_over_whose_beginning_was_lost_counts_as_one_try(server):
    (first,) = to("first")
    with connection.execute_wrapper(away_at("sending", after=True)):
        send_due(now=NOW)
    first.refresh_from_db()
    assert (server.taken, first.status, first.attempts) == (["first"], "sent", 1)


def test_no_connection_is_closed_while_a_letter_is_on_it(server):
    lines = Lines(1)
    email = EmailMultiAlternatives(to=["late@example.org"])
    lines.send(lines.free(), Message(), email)
    lines.close()
    assert (server.taken, server.cut_off) == (["late"], [])


@pytest.mark.parametrize("can_be_asked", [True, False])
def test_a_server_that_hangs_is_told_once_for_as_long_as_it_hangs(can_be_asked, settings, caplog):
    hanging = to(*(f"hangs{n}" for n in range(6)))
    with asked_server() as provider:
        settings.MAIL_ASK = provider.mailgun() if can_be_asked else {}
        for second in range(3):
            send_due(now=NOW + timedelta(seconds=second))
    assert now_standing(*hanging) == ["verify" if can_be_asked else "failed"] * 6
    assert sum("mail server refuses" in str(one.msg) for one in caplog.records) == 1
