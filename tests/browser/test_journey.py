import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.core.management import call_command

from consult.models import Message
from consult.tasks import send_due_messages
from portal.celery import app
from tests import factories
from tests.browser import codes
from tests.browser.journey import Portal, walk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def letters_in(folder: Path) -> list[EmailMessage]:
    return [
        email.message_from_bytes(part.strip(), policy=email.policy.default)  # type: ignore[misc]
        for file in sorted(folder.glob("*.log"))
        for part in file.read_bytes().split(b"-" * 79 + b"\n")
        if part.strip()
    ]


@pytest.fixture
def worker(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A real Celery worker that writes letters as files; the folder they come to."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    settings.OUTBOX_QUIET_HOURS = False
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=20):
        yield tmp_path


def test_from_a_risk_page_to_the_second_letter(
    browser: Any, live_server: Any, worker: Path
) -> None:
    call_command("make_pages")
    secret = factories.generate_totp_secret()
    doctor = factories.clinician(second_factor=False)
    factories.TOTP.activate(doctor, secret)

    def letters() -> list[EmailMessage]:
        send_due_messages.delay()  # what beat says every few seconds
        return letters_in(worker)

    portal = Portal(
        url=live_server.url,
        letters=letters,
        staff_email=doctor.email,
        password=factories.PASSWORD,
        second_factor=lambda: codes.second_factor(secret),
    )
    walk(browser, portal, factories.PERSONAS["P09"], "ingrid@example.org")
    assert sorted(Message.objects.values_list("event", "status")) == [
        ("booking_invite", "sent"),
        ("intake_received", "sent"),
        ("sign_in_code", "sent"),
    ]
