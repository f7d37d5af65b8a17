"""A provider is asked about a letter whose answer nobody heard, and is believed with care."""

import contextlib
import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.mail.backends.locmem import EmailBackend as Locmem
from django.db import connection

from consult.followups import askable, outbox, unheard
from consult.followups.actions import send_due
from consult.models import Message
from portal import mail
from portal.refusal import WillNotStart
from tests.factories import NOW
from tests.followups.asked import DOMAIN, OTHER, Asked, asked_server, event_of
from tests.followups.rows import HOUR, MINUTE, in_state, letter, now_standing, told

pytestmark = pytest.mark.django_db
LEASED = NOW + 5 * MINUTE  # until when the worker that died had its letter
SETTLED = LEASED + 2 * MINUTE


@pytest.fixture
def asked(settings: Any) -> Iterator[Asked]:
    with asked_server() as server:
        settings.MAIL_ASK = server.mailgun()
        unheard.silent_as.clear()
        yield server


def open_letter(**fields: Any) -> Message:
    """One whose worker died in the hand-over, with its lease just over."""
    return in_state("sending", attempts=1, lease_expires_at=LEASED, **fields)


def name_of(message: Message) -> str:
    return message.message_id.strip("<>")


# ------------------------------------------------------------------------------- what is asked
@pytest.mark.parametrize("provider", ["mailgun", "postmark"])
def test_a_letter_that_the_provider_has_is_sent_and_does_not_go_again(
    provider: str, asked: Asked, settings: Any, mailoutbox: Any
) -> None:
    message = open_letter(values={"code": "H7KQ2M"})
    settings.MAIL_ASK = getattr(asked, provider)()
    own = {"mailgun": message.message_id, "postmark": "pm-1"}[provider]
    asked.has = {name_of(message): own, str(message.pk): own}
    send_due(now=LEASED)
    row = Message.objects.get(pk=message.pk)
    assert (told(message), row.provider_id, row.values) == (("sent", ""), own, {})
    assert (row.sent_at - LEASED < MINUTE, mailoutbox) == (True, [])


@pytest.mark.parametrize("provider", ["mailgun", "postmark"])
def test_a_letter_that_the_provider_lacks_goes_again_once_its_words_have_settled(
    provider: str, asked: Asked, settings: Any, mailoutbox: Any
) -> None:
    settings.MAIL_ASK = getattr(asked, provider)()
    message = open_letter()
    send_due(now=LEASED)
    assert (now_standing(message), mailoutbox) == (["verify"], [])
    send_due(now=SETTLED)
    assert (now_standing(message), len(mailoutbox)) == (["sent"], 1)


def test_it_goes_again_with_a_reason_that_says_what_is_known(asked: Asked) -> None:
    message = open_letter()
    unheard.resolve(lambda: LEASED)
    unheard.resolve(lambda: SETTLED)
    assert told(message) == ("failed", "not_taken")


def test_what_we_ask_names_the_letter_and_nobody(asked: Asked, settings: Any) -> None:
    message = open_letter(recipient="ana@example.org")
    unheard.resolve(lambda: LEASED)
    settings.MAIL_ASK = asked.postmark()
    unheard.resolve(lambda: LEASED + MINUTE)
    (mailgun, with_key), (postmark, with_token) = asked.heard
    name = name_of(message).replace("@", "%40")
    assert mailgun == f"/v3/{DOMAIN}/events?message-id={name}&limit=5"
    assert postmark == f"/messages/outbound?count=5&offset=0&metadata_letter={message.pk}"
    assert with_key["Authorization"].startswith("Basic ")
    assert with_token["X-Postmark-Server-Token"] == "token"
    assert "ana" not in mailgun + postmark


def test_a_provider_whose_records_lag_is_not_believed_too_early(
    asked: Asked, settings: Any, mailoutbox: Any
) -> None:
    settings.MAIL_ASK = asked.mailgun(settled=1800)
    message = open_letter()
    send_due(now=LEASED)
    send_due(now=SETTLED + 29 * MINUTE)
    assert now_standing(message) == ["verify"]
    asked.has = {name_of(message): ""}
    send_due(now=SETTLED + 31 * MINUTE)
    assert (now_standing(message), mailoutbox) == (["sent"], [])


def test_no_provider_is_asked_unless_the_settings_say_so(asked: Asked, settings: Any) -> None:
    settings.MAIL_ASK = {}
    message = open_letter()
    send_due(now=LEASED)
    send_due(now=SETTLED)
    assert (now_standing(message), asked.heard) == (["sent"], [])


def test_nobody_is_asked_twice_about_a_letter_within_a_minute(asked: Asked) -> None:
    open_letter()
    for seconds in (0, 5, 55, 60, 65):
        unheard.resolve(lambda seconds=seconds: LEASED + timedelta(seconds=seconds))
    assert len(asked.heard) == 2


# -------------------------------------------------------------------- a provider that cannot say
OTHERS = json.dumps({"items": [event_of(OTHER)]})
MOODS = {
    "500": "status_500",
    "401": "status_401",
    "302": "status_302",
    "hang": "away",
    "nonsense": "unreadable",
    "[]": "unreadable",
    '{"items": null}': "unreadable",
    '{"items": [7]}': "unreadable",
    OTHERS: "unreadable",
    "x" * (askable.LARGEST + 1): "too_much",
}


@pytest.mark.parametrize("mood", MOODS, ids=lambda mood: mood[:20])
def test_what_a_provider_cannot_say_is_asked_again_and_waits_fifteen_minutes(
    mood: str, asked: Asked, mailoutbox: Any, monkeypatch: Any, caplog: Any
) -> None:
    monkeypatch.setattr(askable, "READ_SECONDS", 0.2)
    asked.mood = mood
    messages = [open_letter(expires_at=None) for _ in range(2)]
    send_due(now=LEASED)
    send_due(now=SETTLED + 14 * MINUTE)
    assert (now_standing(*messages), mailoutbox, len(asked.heard)) == (["verify"] * 2, [], 2)
    told_in_log = [record.msg for record in caplog.records if record.levelname == "ERROR"]
    assert len(told_in_log) == 1
    assert f"'reason': '{MOODS[mood]}'" in str(told_in_log) or MOODS[mood] in str(told_in_log)
    assert "ana@" not in caplog.text
    unheard.resolve(lambda: SETTLED + 16 * MINUTE)
    assert [told(one) for one in messages] == [("failed", "no_answer")] * 2


def test_a_provider_that_drips_is_not_waited_for(
    asked: Asked, monkeypatch: Any, mailoutbox: Any
) -> None:
    monkeypatch.setattr(askable, "WHOLE_SECONDS", -1)
    asked.has = {name_of(message := open_letter()): ""}
    send_due(now=LEASED)
    assert (now_standing(message), mailoutbox) == (["verify"], [])


def test_a_provider_that_was_silent_for_a_while_is_heard_when_it_speaks(asked: Asked) -> None:
    message = open_letter()
    asked.mood = "500"
    unheard.resolve(lambda: LEASED)
    asked.mood, asked.has = "", {name_of(message): ""}
    unheard.resolve(lambda: LEASED + MINUTE)
    assert now_standing(message) == ["sent"]


def test_a_letter_that_the_provider_stumbles_over_keeps_it_from_no_other(asked: Asked) -> None:
    letters = [open_letter() for _ in range(3)]
    asked.has = {name_of(one): "" for one in letters}
    asked.stumbles_over = {name_of(min(letters, key=lambda one: one.pk))}
    for minutes in range(3):
        unheard.resolve(lambda minutes=minutes: LEASED + minutes * MINUTE)
    assert sorted(now_standing(*letters)) == ["sent", "sent", "verify"]


def test_a_provider_is_asked_as_long_after_an_hour_without_any_worker(asked: Asked) -> None:
    asked.mood, message = "500", open_letter()
    unheard.resolve(lambda: LEASED + HOUR)
    unheard.resolve(lambda: LEASED + HOUR + 16 * MINUTE)
    assert now_standing(message) == ["verify"]
    assert not outbox.stuck(now=LEASED + HOUR + 16 * MINUTE).exists()
    unheard.resolve(lambda: LEASED + HOUR + 17 * MINUTE)
    assert told(message) == ("failed", "no_answer")


# ------------------------------------------------------------ a worker that lives and hears nothing
def test_a_letter_whose_connection_broke_is_asked_about_before_it_goes_again(
    asked: Asked, mail_server: Any
) -> None:
    taken, lost = letter(recipient="drops@example.org"), letter(recipient="ben@example.org")
    asked.has = {name_of(taken): ""}
    send_due(now=NOW)
    assert told(taken) == ("verify", "SMTPServerDisconnected")
    send_due(now=NOW + MINUTE)
    assert (now_standing(taken, lost), len(mail_server.kept)) == (["sent", "sent"], 2)


def test_a_letter_that_the_server_refused_for_now_is_not_asked_about(
    asked: Asked, mail_server: Any
) -> None:
    message = letter(recipient="busy@example.org")
    send_due(now=NOW)
    assert (told(message), asked.heard) == (("failed", "smtp_451"), [])


@pytest.mark.django_db(transaction=True)
def test_nobody_is_asked_inside_a_transaction(asked: Asked, monkeypatch: Any) -> None:
    open_letter()
    open_in: list[bool] = []
    fetch = askable.fetch

    def look(*args: Any, **more: Any) -> Any:
        open_in.append(connection.in_atomic_block)
        return fetch(*args, **more)

    monkeypatch.setattr(askable, "fetch", look)
    send_due(now=LEASED)
    assert open_in == [False]


# ------------------------------------------------------------------------------------- property
class Killed(BaseException):
    """What no worker survives."""


class Taking(Locmem):
    """A provider's way in, in whose middle workers die. Its records lag behind what it takes."""

    dice = random.Random(0)
    taken: Counter[str] = Counter()
    visible: list[tuple[datetime, str]] = []
    now = NOW

    def send_messages(self, messages: Any) -> int:
        (email,) = messages
        name = email.extra_headers["Message-ID"].strip("<>")
        die = self.dice.choice(["before", "after", "timeout", ""])
        if die == "before":
            raise Killed
        self.taken[name] += 1
        Taking.visible.append((self.now + self.dice.random() * 30 * MINUTE, name))
        if die == "after":
            raise Killed
        if die == "timeout":
            raise TimeoutError
        return 1


@pytest.mark.parametrize("seed", range(5))
def test_no_letter_is_doubled_or_lost_by_a_death_between_hand_over_and_record(
    seed: int, asked: Asked, settings: Any
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Taking"
    settings.MAIL_ASK = asked.mailgun(settled=1800)
    Taking.dice, Taking.taken, Taking.visible = random.Random(seed), Counter(), []
    letters = [letter(expires_at=None) for _ in range(8)]
    now = NOW
    for _ in range(400):
        Taking.now = now
        asked.has = {name: "" for since, name in Taking.visible if since <= now}
        with contextlib.suppress(Killed):
            send_due(now=now)
        now += 2 * MINUTE
        if set(now_standing(*letters)) == {"sent"}:
            break
    assert now_standing(*letters) == ["sent"] * 8
    assert Taking.taken == Counter({name_of(one): 1 for one in letters})


# ------------------------------------------------------------------------------------- settings
def test_whom_to_ask_stands_in_the_settings() -> None:
    url = "mailgun://key%2F1@mg.portal.example?url=https://api.eu.mailgun.net/v3/"
    mailgun = {"provider": "mailgun", "key": "key/1", "domain": DOMAIN, "settled": 1800}
    mailgun |= {"url": "https://api.eu.mailgun.net/v3", "asked_for": 900}
    assert mail.ask_settings("provider", url) == mailgun
    assert mail.ask_settings(url, "smtp+tls://u:p@smtp.mailgun.org:587") == mailgun
    found = mail.ask_settings("provider", "postmark://token@portal.example", settled_by="60")
    assert found == {
        "provider": "postmark",
        "url": "https://api.postmarkapp.com",
        "key": "token",
        "domain": "",
        "settled": 60,
        "asked_for": 900,
    }
    assert mail.ask_settings("", url) == {}


@pytest.mark.parametrize(
    ("way", "email_url", "settled", "named"),
    [
        ("provider", "smtp://mail.example", "", "MAIL_ASK must be"),
        ("provider", "brevo://key@portal.example", "", "MAIL_ASK must be"),
        ("yes", "mailgun://key@portal.example", "", "MAIL_ASK must be"),
        ("postmark://token@x", "smtp://smtp.postmarkapp.com", "", "Postmark"),
        ("mailgun://key", "smtp://smtp.mailgun.org", "", "EMAIL_URL must"),
        ("provider", "postmark://token@x", "soon", "MAIL_ASK_SETTLED_SECONDS"),
    ],
)
def test_a_way_that_cannot_work_stops_the_start_with_a_sentence(
    way: str, email_url: str, settled: str, named: str
) -> None:
    with pytest.raises(WillNotStart, match=named):
        mail.ask_settings(way, email_url, settled_by=settled)


# ------------------------------------------------------------------------- a key against doubles
@pytest.mark.parametrize(
    ("email_url", "header"),
    [
        ("brevo://key@portal.example", "idempotencyKey"),
        ("smtp+tls://resend:key@smtp.resend.com:587", "Resend-Idempotency-Key"),
        ("postmark://token@portal.example", ""),
        ("smtp://mail.example", ""),
        ("", ""),
    ],
)
def test_a_provider_that_knows_keys_gets_the_same_key_each_time(
    email_url: str, header: str, settings: Any, mailoutbox: Any
) -> None:
    settings.MAIL_ONCE_ONLY_HEADER = mail.once_only_header(email_url, again_after=420)
    message = letter()
    send_due(now=NOW)
    (sent,) = mailoutbox
    expected = {header: str(message.pk)} if header else {}
    assert {name: sent.extra_headers.get(name) for name in expected} == expected
    assert ("Key" in "".join(sent.extra_headers)) == bool(header)


def test_a_letter_may_not_go_again_after_its_key_is_forgotten() -> None:
    with pytest.raises(WillNotStart, match="less than 780 together"):
        mail.once_only_header("brevo://key@portal.example", again_after=781)
