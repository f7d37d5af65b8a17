"""Against a real mail server that takes, refuses, hangs and drops."""

import socket
import threading
import time
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from django.core.mail.backends.locmem import EmailBackend as Locmem
from django.db import OperationalError, connection

from consult.followups import delivery, outbox, watch
from consult.followups.actions import send_due
from consult.models import Message, StaffTask
from tests.factories import NOW, submitted
from tests.followups.rows import MINUTE, letter, now_standing, told

pytestmark = pytest.mark.django_db
FEW_SECONDS = timedelta(seconds=10)


def to(name: str, **fields: Any) -> Message:
    return letter(recipient=f"{name}@example.org", **fields)


def test_a_letter_arrives_with_the_id_it_got_when_it_was_written(mail_server: Any) -> None:
    message = to("ana")
    report = send_due(now=NOW)
    (envelope,) = mail_server.kept
    assert f"Message-ID: {message.message_id}".encode() in envelope.content
    assert f"X-Portal-Message: {message.pk}".encode() in envelope.content
    assert (str(report), told(message)) == ("1 sent, 0 to try again, 0 given up", ("sent", ""))


def test_a_sent_letter_forgets_its_code_and_knows_when_it_went(mail_server: Any) -> None:
    message = to("ana", values={"code": "H7KQ2M"})
    send_due(now=NOW)
    message.refresh_from_db()
    assert b"H7KQ2M" in mail_server.kept[0].content
    assert message.values == {}
    assert timedelta(0) <= message.sent_at - NOW < FEW_SECONDS


def test_each_refusal_stays_with_its_letter(mail_server: Any) -> None:
    fates = {
        "ana": ("sent", ""),
        "busy": ("failed", "smtp_451"),
        "gone": ("dead", "smtp_550"),
        "unwanted": ("dead", "smtp_554"),
        "ben": ("sent", ""),
        "drops": ("failed", "SMTPServerDisconnected"),
        "cleo": ("sent", ""),
        "slow": ("failed", "SMTPServerDisconnected"),
        "dora": ("sent", ""),
    }
    letters = {name: to(name, not_before=NOW - (9 - n) * MINUTE) for n, name in enumerate(fates)}
    report = send_due(now=NOW)
    assert {name: told(message) for name, message in letters.items()} == fates
    assert (report.sent, report.again, report.dead, report.server) == (4, 3, 2, "")


def test_a_dropped_letter_goes_again_under_the_same_id(mail_server: Any) -> None:
    message = to("drops")
    send_due(now=NOW)
    send_due(now=NOW + 2 * MINUTE)
    ids = [
        line for one in mail_server.kept for line in one.content.splitlines() if b"ge-ID" in line
    ]
    assert ids == [f"Message-ID: {message.message_id}".encode()] * 2


def test_a_letter_that_cannot_be_made_does_not_stop_the_others(mail_server: Any) -> None:
    poison = to("poison", event="no_such_letter", not_before=NOW - MINUTE)
    others = [to(f"person{n}") for n in range(12)]
    report = send_due(now=NOW)
    assert now_standing(*others) == ["sent"] * 12
    assert (told(poison), report.again) == (("scheduled", "not_made"), 1)


def test_a_letter_that_can_never_be_made_ends_dead(mail_server: Any) -> None:
    poison, now = to("poison", event="no_such_letter"), NOW
    for _ in range(8):
        send_due(now=now)
        poison.refresh_from_db()
        now = poison.not_before
    assert (told(poison), poison.attempts) == (("dead", "not_made"), 8)


@pytest.mark.parametrize("address", ["nobody", "a@b", "two@@example.org", "new\nline@example.org"])
def test_an_address_that_cannot_exist_is_given_up_at_once(mail_server: Any, address: str) -> None:
    message = letter(recipient=address)
    assert send_due(now=NOW).dead == 1
    assert told(message) == ("dead", "bad_address")


def lines(caplog: Any, words: str) -> int:
    return sum(words in str(record.msg) for record in caplog.records)


def test_letters_of_a_kind_that_cannot_be_made_end_dead_with_one_task_and_one_alert(
    mail_server: Any, caplog: Any
) -> None:
    intake, now = submitted(), NOW
    StaffTask.objects.all().delete()
    poison = [to(f"poison{n}", event="no_such_letter", intake=intake) for n in range(3)]
    well = to("ana")
    while "dead" not in now_standing(*poison):
        send_due(now=now)
        now = max(Message.objects.values_list("not_before", flat=True))
    send_due(now=now + 24 * 60 * MINUTE)
    assert (now_standing(*poison), now_standing(well)) == (["dead"] * 3, ["sent"])
    assert list(StaffTask.objects.values_list("event", "intake")) == [("letter_dead", intake.pk)]
    assert (lines(caplog, "letter not made"), lines(caplog, "letters are given up")) == (1, 1)


# ------------------------------------------------------------------------ what ails the server
def lines_about_the_server(caplog: Any) -> int:
    return sum("mail server refuses" in str(record.msg) for record in caplog.records)


def test_a_server_that_is_away_costs_no_letter_a_try(no_mail_server: None, caplog: Any) -> None:
    letters = [to(f"person{n}") for n in range(3)]
    reports = [send_due(now=NOW + n * timedelta(seconds=5)).server for n in range(20)]
    assert reports == ["ConnectionRefusedError"] * 20
    assert now_standing(*letters) == ["scheduled"] * 3
    assert set(Message.objects.values_list("attempts", "not_before")) == {(0, NOW)}
    assert lines_about_the_server(caplog) == 1


GREETINGS = {
    "421 too busy": "smtp_421",
    "554 go away": "smtp_554",
    "no mail server": "smtp_-1",
    "": "SMTPServerDisconnected",
}


@pytest.mark.parametrize("greeting", GREETINGS)
def test_a_server_that_greets_us_badly_or_never_costs_no_letter_a_try(
    greeting: str, no_mail_server: None, settings: Any, caplog: Any
) -> None:
    letters = [to(f"person{n}") for n in range(3)]
    with socket.create_server(("127.0.0.1", settings.EMAIL_PORT)) as server:
        threading.Thread(target=greet_twice, args=(server, greeting), daemon=True).start()
        reports = [send_due(now=NOW + n * timedelta(seconds=5)).server for n in range(2)]
    assert reports == [GREETINGS[greeting]] * 2
    assert now_standing(*letters) == ["scheduled"] * 3
    assert set(Message.objects.values_list("attempts", flat=True)) == {0}
    assert lines_about_the_server(caplog) == 1


def greet_twice(server: socket.socket, greeting: str) -> None:
    for _ in range(2):
        caller, _address = server.accept()
        if greeting:
            caller.sendall(f"{greeting}\r\n".encode())
        with caller:
            while caller.recv(100):  # until it hangs up
                pass


def test_a_server_that_refuses_our_password_ends_the_pass(settings: Any, unused_port: int) -> None:
    def refuse(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    server = Controller(
        object(),
        port=unused_port,
        authenticator=refuse,
        auth_require_tls=False,
        hostname="127.0.0.1",
    )
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", unused_port
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "portal", "wrong"
    letters = [to(f"person{n}") for n in range(3)]
    report = send_due(now=NOW)
    server.stop()
    assert (report.server, now_standing(*letters)) == ("smtp_535", ["scheduled"] * 3)


def test_a_server_that_refuses_our_sender_ends_the_pass(mail_server: Any, caplog: Any) -> None:
    mail_server.refuse_senders = "530 sign in first"
    letters = [to(f"person{n}") for n in range(4)]
    reports = [send_due(now=NOW + n * timedelta(seconds=5)) for n in range(4)]
    assert {report.server for report in reports} == {"smtp_530"}
    assert set(Message.objects.values_list("attempts", flat=True)) == {0}
    assert lines_about_the_server(caplog) == 1
    mail_server.refuse_senders = ""
    send_due(now=NOW + 2 * MINUTE)
    assert now_standing(*letters) == ["sent"] * 4


def test_a_server_that_hangs_letter_after_letter_is_left_alone(mail_server: Any) -> None:
    letters = [to("slow") for _ in range(6)]
    report = send_due(now=NOW)
    assert (report.again, report.server) == (2, "SMTPServerDisconnected")
    assert sorted(now_standing(*letters)) == ["failed"] * 2 + ["scheduled"] * 4


# ------------------------------------------------------------------------------------- the pass
class Standing(Locmem):
    """Reads what another process would see of a letter while it is handed over."""

    seen: list[str] = []

    def send_messages(self, messages: Any) -> int:
        key = messages[0].extra_headers["X-Portal-Message"]
        self.seen.append(Message.objects.get(pk=key).status)
        connection.close()
        return int(super().send_messages(messages))


@pytest.mark.django_db(transaction=True)
def test_a_letter_is_handed_over_only_after_its_row_says_so(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Standing"
    letter(), letter(), letter()
    send_due(now=NOW)
    assert Standing.seen == ["sending"] * 3


def test_a_pass_takes_no_more_than_its_limit(mail_server: Any) -> None:
    letters = [letter() for _ in range(5)]
    assert send_due(now=NOW, limit=3).sent == 3
    assert sorted(now_standing(*letters)) == ["scheduled"] * 2 + ["sent"] * 3


def test_a_process_that_ends_begins_no_further_letter(mail_server: Any) -> None:
    letters = [letter() for _ in range(3)]
    delivery.closing.set()
    assert send_due(now=NOW).sent == 0
    assert now_standing(*letters) == ["scheduled"] * 3


def test_the_letters_of_one_pass_share_one_connection(mail_server: Any, settings: Any) -> None:
    settings.OUTBOX_CONNECTIONS = 1
    for _ in range(3):
        letter()
    send_due(now=NOW)
    assert (len(mail_server.kept), mail_server.connections) == (3, 1)


def test_a_server_far_away_is_handed_several_letters_at_once(mail_server: Any) -> None:
    letters = [to("far") for _ in range(10)]
    assert send_due(now=NOW).sent == 10
    assert now_standing(*letters) == ["sent"] * 10
    assert (mail_server.most_at_once, mail_server.connections) == (4, 4)


def test_the_letters_to_one_person_go_one_after_the_other_all_the_same(mail_server: Any) -> None:
    intake = submitted()
    Message.objects.all().delete()
    meant = [NOW - n * MINUTE for n in range(5)]
    letters = [to("far", intake=intake, wall_time=at, not_before=at) for at in meant]
    others = [to("far") for _ in range(3)]
    assert send_due(now=NOW).sent == 8
    assert now_standing(*letters, *others) == ["sent"] * 8
    came = [str(one["X-Portal-Message"]) for one in map(parsed, mail_server.kept)]
    mine = [str(one.pk) for one in reversed(letters)]
    assert [one for one in came if one in mine] == mine


def parsed(envelope: Any) -> Any:
    return message_from_bytes(envelope.content)


def test_a_server_that_takes_no_second_connection_is_content_with_one(
    mail_server: Any, caplog: Any
) -> None:
    mail_server.most_connections = 1
    letters = [to("far") for _ in range(4)]
    report = send_due(now=NOW)
    assert (report.sent, report.server, now_standing(*letters)) == (4, "", ["sent"] * 4)
    assert (mail_server.most_at_once, lines_about_the_server(caplog)) == (1, 0)


def test_a_server_that_begins_to_hang_costs_each_letter_in_hand_one_try(mail_server: Any) -> None:
    well = [to("far", not_before=NOW - MINUTE) for _ in range(5)]
    hang = [to("slow") for _ in range(9)]
    report = send_due(now=NOW)
    assert now_standing(*well) == ["sent"] * 5
    assert (report.server, report.again) == ("SMTPServerDisconnected", 4)
    assert sorted(now_standing(*hang)) == ["failed"] * 4 + ["scheduled"] * 5


@pytest.mark.django_db(transaction=True)
def test_what_has_arrived_is_written_down_although_the_next_cannot_be_begun(
    mail_server: Any, monkeypatch: Any
) -> None:
    """As when the database restarts between two letters."""
    first, second = to("ana", not_before=NOW - MINUTE), to("ben")
    begin = outbox.begin

    def breaks(message: Message, **given: Any) -> bool:
        if message.pk == second.pk and now_standing(first) == ["sent"]:
            connection.close()
            monkeypatch.setattr(outbox, "begin", begin)
            raise OperationalError
        return begin(message, **given)

    monkeypatch.setattr(outbox, "begin", breaks)
    assert send_due(now=NOW).sent == 2
    assert (now_standing(first, second), len(mail_server.kept)) == (["sent"] * 2, 2)


@pytest.mark.django_db(transaction=True)
def test_the_watch_sends_without_any_broker(mail_server: Any) -> None:
    message = letter(expires_at=None)
    thread = watch.start(every=0.05)
    until = time.monotonic() + 10
    while now_standing(message) != ["sent"] and time.monotonic() < until:
        time.sleep(0.05)
    delivery.closing.set()
    thread.join(5)
    assert (now_standing(message), thread.is_alive()) == (["sent"], False)
