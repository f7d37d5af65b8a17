"""What the mail provider posts: signed, again, in the wrong order, unreadable, forged."""

import base64
import hashlib
import hmac
import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.test import Client

from consult.followups import actions as followups
from consult.models import Message, ProviderEvent, Suppression
from portal import mail
from portal.refusal import WillNotStart
from tests.factories import NOW, appointment, ready
from tests.followups.rows import in_state, letter, now_standing, told

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.followups.webhook_urls")]
SIGNING_KEY, SECRET = "signing-key-of-mailgun", "mailgun:a-password-of-enough-letters"
BASIC = "Basic " + base64.b64encode(SECRET.encode()).decode()


@pytest.fixture(autouse=True)
def _provider(settings: Any) -> None:
    settings.ANYMAIL = {
        "WEBHOOK_SECRET": SECRET,
        "MAILGUN_API_KEY": "key",
        "MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY,
        "POSTMARK_SERVER_TOKEN": "token",
    }


def said(event: str, message: Message, *, token: str = "", **more: Any) -> dict[str, Any]:
    """A post of Mailgun's, with its signature."""
    token, at = token or uuid.uuid4().hex, str(int(NOW.timestamp()))
    signature = hmac.new(SIGNING_KEY.encode(), f"{at}{token}".encode(), hashlib.sha256)
    about = {"headers": {"message-id": message.message_id.strip("<>")}}
    return {
        "signature": {"token": token, "timestamp": at, "signature": signature.hexdigest()},
        "event-data": {
            "event": event,
            "timestamp": NOW.timestamp(),
            "recipient": message.recipient,
            "message": about,
            **more,
        },
    }


def post(body: Any, *, to: str = "mailgun", auth: str = BASIC) -> int:
    text = body if isinstance(body, str) else json.dumps(body)
    client = Client(enforce_csrf_checks=True)
    headers = {"authorization": auth} if auth else {}
    kind = "application/json"
    answer = client.post(f"/webhooks/{to}/", text, content_type=kind, headers=headers)
    return answer.status_code


@pytest.mark.parametrize(
    ("event", "more", "state"),
    [
        ("delivered", {}, "delivered"),
        ("failed", {"severity": "permanent"}, "bounced"),
        ("failed", {"severity": "temporary"}, "sent"),
        ("complained", {}, "complained"),
        ("opened", {}, "sent"),
    ],
)
def test_what_is_said_of_a_letter_is_written_down(event, more, state):
    message = in_state("sent", sent_at=NOW)
    assert post(said(event, message, **more)) == 200
    assert now_standing(message) == [state]
    assert ProviderEvent.objects.count() == (0 if event == "opened" else 1)


def test_a_complaint_stops_the_address_at_once_and_an_unsubscribe_the_optional_ones():
    complained, unsubscribed = in_state("sent"), in_state("delivered")
    post(said("complained", complained))
    post(said("unsubscribed", unsubscribed))
    rows = Suppression.objects.values_list("scope", "reason")
    assert sorted(rows) == [("all", "complained"), ("care", "unsubscribed")]


def test_two_bounces_in_a_row_stop_the_address_and_make_a_task():
    form = ready(email="ana@example.org")
    for _ in range(2):
        row = in_state("sent", intake=form, recipient="ana@example.org", sent_at=NOW)
        post(said("failed", row, severity="permanent"))
    assert Suppression.objects.get().reason == "bounced"
    assert form.tasks.filter(event="email_stopped").count() == 1


def test_the_same_post_again_changes_nothing():
    form = ready(email="ana@example.org")
    row = in_state("sent", intake=form, recipient="ana@example.org", sent_at=NOW)
    body = said("failed", row, severity="permanent")
    assert [post(body) for _ in range(3)] == [200] * 3
    assert (ProviderEvent.objects.count(), Suppression.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("order", "state"),
    [
        (["failed", "delivered"], "bounced"),
        (["delivered", "failed"], "bounced"),
        (["complained", "delivered"], "complained"),
        (["delivered", "complained", "delivered"], "complained"),
    ],
    ids=str,
)
def test_in_whatever_order_the_graver_stays(order, state):
    message = in_state("sent", sent_at=NOW)
    for event in order:
        assert post(said(event, message, severity="permanent")) == 200
    assert now_standing(message) == [state]


@pytest.mark.parametrize("state", ["sending", "verify"])
def test_told_of_before_the_worker_has_written_it_down_it_counts_as_sent(state):
    code = in_state(state)
    post(said("delivered", code))
    row = Message.objects.get(pk=code.pk)
    assert (row.status, row.values) == ("delivered", {})


def test_what_was_never_sent_is_not_moved():
    rows = [in_state(one) for one in ("scheduled", "held", "claimed", "dead", "cancelled")]
    for row in rows:
        assert post(said("delivered", row)) == 200
    assert now_standing(*rows) == ["scheduled", "held", "claimed", "dead", "cancelled"]


def test_letters_that_are_not_ours_are_ignored():
    message = in_state("sent")
    message.message_id = "<somebody-elses@example.org>"
    assert post(said("complained", message)) == 200
    assert (ProviderEvent.objects.count(), Suppression.objects.count()) == (0, 0)


def test_only_the_provider_is_heard():
    message = in_state("sent")
    forged = said("complained", message)
    forged["signature"]["signature"] = "0" * 64
    moved = said("complained", message)
    moved["signature"]["timestamp"] = "1"
    assert [post(forged), post(moved)] == [400, 400]
    assert post(said("complained", message), auth="") == 400
    assert post(said("complained", message), auth="Basic bm90OnRoZXM=") == 400
    assert Client().get("/webhooks/mailgun/").status_code == 405
    assert now_standing(message) == ["sent"]


UNREADABLE = [
    *("", "{", "[]", "null", "7", '{"RecordType": 7}', "\ud800x"),
    '{"RecordType": "Bounce", "Email": "\\u0000"}',
    '{"RecordType": "Delivery", "MessageID": {"a": 1}, "DeliveredAt": "never"}',
]


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_nobody_can_read_breaks_nothing(body):
    body = body.encode("utf-8", "replace").decode()
    assert post(body, to="postmark") in {200, 400}
    assert ProviderEvent.objects.count() == 0


def test_a_post_that_is_too_long_is_refused_unread():
    assert post("x" * (256 * 1024 + 1)) == 413


def test_without_a_provider_there_is_no_such_address(settings):
    settings.ROOT_URLCONF = "portal.urls"
    assert Client().post("/webhooks/mailgun/").status_code == 404


# --------------------------------------------------------------------------------- there and back
INACTIVE = (
    "You tried to send to a recipient that has been marked as inactive.\n"
    "Found inactive addresses: {}.\n"
    "Inactive recipients are ones that have generated a hard bounce, a spam complaint, "
    "or a manual suppression."
)


class Postmark(BaseHTTPRequestHandler):
    """As much of Postmark as a letter sees: takes what is posted, names it."""

    taken: list[dict[str, Any]] = []
    status = 200

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.taken.append(json.loads(self.rfile.read(length)))
        to = self.taken[-1]["To"] if isinstance(self.taken[-1], dict) else ""
        name = f"pm-{len(self.taken)}"
        answer = {"To": to, "MessageID": name, "ErrorCode": 0, "Message": "OK"}
        if self.status == 406:
            answer = {"ErrorCode": 406, "Message": INACTIVE.format(to)}
        code = 422 if self.status == 406 else self.status
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def postmark(settings: Any) -> Any:
    server = HTTPServer(("127.0.0.1", 0), Postmark)
    Postmark.taken, Postmark.status = [], 200
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL["POSTMARK_API_URL"] = f"http://127.0.0.1:{server.server_port}/"
    yield Postmark
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_letter_goes_to_the_provider_and_what_it_says_finds_the_way_back(postmark):
    form = ready(email="ana@example.org")
    Message.objects.all().delete()
    visit = appointment(form)
    about = f"booking_confirmed:{form.pk}:{visit.pk.hex}.0"
    message = letter(
        intake=form, recipient="ana@example.org", event="booking_confirmed", idem_key=about
    )
    assert followups.send_due(now=NOW).sent == 1
    [mail_sent] = postmark.taken
    assert mail_sent["Subject"] == "Your appointment is booked"
    assert [one["Name"] for one in mail_sent["Attachments"]] == ["appointment.ics"]
    assert Message.objects.get(pk=message.pk).provider_id == "pm-1"
    bounce = {"RecordType": "Delivery", "MessageID": "pm-1", "Recipient": "ana@example.org"}
    at = {"DeliveredAt": "2026-11-17T18:01:00Z"}
    assert [post(bounce | at, to="postmark") for _ in range(2)] == [200, 200]
    assert now_standing(message) == ["delivered"]
    assert ProviderEvent.objects.count() == 1  # it has no number; the same words are the same event


@pytest.mark.parametrize(
    ("status", "state", "error"),
    [
        (406, "dead", "provider_recipient"),
        (500, "failed", "provider_500"),
        (429, "failed", "provider_429"),
        (401, "failed", "provider_401"),
    ],
)
def test_a_provider_that_refuses_is_told_in_our_own_codes(postmark, status, state, error):
    postmark.status = status
    message = letter()
    followups.send_due(now=NOW)
    assert told(message) == (state, error)


def test_a_provider_that_is_away_costs_only_time(postmark, settings, unused_port):
    settings.ANYMAIL["POSTMARK_API_URL"] = f"http://127.0.0.1:{unused_port}/"
    message = letter()
    followups.send_due(now=NOW)
    assert told(message) == ("failed", "provider_away")


# -------------------------------------------------------------------------------------- settings
def test_a_provider_stands_in_the_address_of_the_mail_server():
    url = "mailgun://key%2F1@mg.portal.example?url=https://api.eu.mailgun.net/v3"
    found = mail.provider_settings(url, timeout=20)
    assert found == {
        "EMAIL_BACKEND": "anymail.backends.mailgun.EmailBackend",
        "ANYMAIL": {
            "REQUESTS_TIMEOUT": 20,
            "MAILGUN_API_KEY": "key/1",
            "MAILGUN_SENDER_DOMAIN": "mg.portal.example",
            "MAILGUN_API_URL": "https://api.eu.mailgun.net/v3",
        },
    }
    assert mail.provider_of("smtp+tls://user:word@smtp.example:587") == ""


@pytest.mark.parametrize(
    ("provider", "secret", "key", "named"),
    [
        ("postmark", "", "", "EMAIL_WEBHOOK_SECRET"),
        ("", "a:long-enough-for-everybody", "", "EMAIL_URL"),
        ("postmark", "a:short", "", "20"),
        ("postmark", "no-colon-in-this-long-secret", "", "name:password"),
        ("mailgun", SECRET, "", "EMAIL_WEBHOOK_SIGNING_KEY"),
    ],
)
def test_bad_settings_stop_the_start_with_a_sentence(provider, secret, key, named):
    with pytest.raises(WillNotStart, match=named):
        mail.webhook_settings(provider, secret=secret, signing_key=key, needed=True)


def test_without_a_provider_nothing_is_needed():
    assert mail.webhook_settings("", secret="", signing_key="", needed=True) == {}
    assert mail.webhook_settings("postmark", secret="", signing_key="", needed=False) == {}


@pytest.mark.parametrize("url", ["mailgun://key", "mailgun:///", "postmark://"])
def test_a_provider_without_its_key_or_domain_stops_the_start(url):
    with pytest.raises(WillNotStart, match="EMAIL_URL"):
        mail.provider_settings(url, timeout=20)
