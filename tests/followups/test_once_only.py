"""A provider that takes a key with each letter, and refuses one that it has: Brevo, over HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from consult.followups.actions import send_due
from consult.models import Message
from tests.factories import NOW
from tests.followups.rows import MINUTE, in_state, letter, told

pytestmark = pytest.mark.django_db


class Brevo(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.keys: list[str] = []
        self.mood = ""


class Page(BaseHTTPRequestHandler):
    server: Brevo

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = body["headers"]["idempotencyKey"]
        is_known = key in self.server.keys
        self.server.keys.append(key)
        if self.server.mood == "hangs up":
            self.close_connection = True
            return
        if self.server.mood == "fails":
            self.say(500, {"code": "internal"})
        elif is_known:
            self.say(400, {"code": "duplicate_parameter", "message": "ana@example.org has it"})
        else:
            self.say(201, {"messageId": "<1@brevo>"})

    def say(self, status: int, answer: dict[str, str]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def brevo(settings: Any) -> Iterator[Brevo]:
    server = Brevo()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    settings.EMAIL_BACKEND = "anymail.backends.brevo.EmailBackend"
    url = f"http://127.0.0.1:{server.server_port}/"
    settings.ANYMAIL = {"BREVO_API_KEY": "key", "BREVO_API_URL": url, "REQUESTS_TIMEOUT": 2}
    settings.MAIL_ONCE_ONLY_HEADER = "idempotencyKey"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_letter_whose_answer_was_lost_goes_again_under_its_key_and_is_not_doubled(
    brevo: Brevo,
) -> None:
    message = letter()
    brevo.mood = "hangs up"
    send_due(now=NOW)
    assert told(message) == ("failed", "provider_away")
    brevo.mood = ""
    assert send_due(now=NOW + 2 * MINUTE).sent == 1
    assert told(message) == ("sent", "")
    assert brevo.keys == [str(message.pk)] * 2


def test_so_does_one_whose_worker_died_in_the_hand_over(brevo: Brevo) -> None:
    message = in_state("verify", attempts=1, lease_expires_at=NOW - 2 * MINUTE)
    brevo.keys = [str(message.pk)]
    send_due(now=NOW)
    assert told(message) == ("sent", "")
    assert Message.objects.get(pk=message.pk).values == {}


def test_a_key_that_was_used_up_by_an_answer_proves_no_letter(brevo: Brevo) -> None:
    message = letter(expires_at=None)
    brevo.mood = "fails"
    send_due(now=NOW)
    assert told(message) == ("failed", "provider_500")
    brevo.mood = ""
    send_due(now=NOW + 2 * MINUTE)
    assert told(message) == ("failed", "provider_400")
    brevo.keys.clear()  # forgotten after a quarter of an hour
    send_due(now=NOW + 20 * MINUTE)
    assert told(message) == ("sent", "")
