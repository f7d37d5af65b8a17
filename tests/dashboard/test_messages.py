from datetime import timedelta

import pytest

from consult.dashboard.words import masked
from consult.followups import actions as followups
from consult.models import AuditEvent, Message
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("at_now")


def listed(response):
    return [message for _, _, message in response.context["rows"]]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ana@example.org", "a•••@e•••.org"),
        ("a@b.example.co.uk", "a•••@b•••.uk"),
        ("x@localhost", "x•••@l•••"),
        ("nonsense", "•••"),
        ("", "•••"),
    ],
)
def test_an_address_is_masked(address, shown):
    assert masked(address) == shown


def test_the_list_shows_what_was_written_to_whom_and_its_state(clinician_client):
    intake = factories.submitted("P01")
    page = clinician_client.get("/staff/messages/").content.decode()
    for words in (
        "We have received your form",
        "a•••@e•••.org",
        "Waiting for its time",
        "0 tries",
        intake.code,
    ):
        assert words in page
    assert "ana@example.org" not in page


def test_a_failed_message_shows_its_reason(clinician_client):
    factories.submitted("P01")
    Message.objects.update(status="failed", last_error="smtp_451", attempts=1)
    page = clinician_client.get("/staff/messages/").content.decode()
    assert "Failed, will be tried again" in page
    assert "1 try · reason smtp_451" in page


def test_a_sign_in_code_is_never_shown(clinician_client):
    followups.send_account_letter(
        "sign_in_code", to="bo@example.org", values={"code": "QX7-93K"}, now=NOW
    )
    page = clinician_client.get("/staff/messages/").content.decode()
    assert "Code to sign in" in page
    assert "QX7" not in page


def test_the_newest_message_comes_first_and_the_next_page_goes_on(clinician_client):
    for minutes in range(60):
        followups.send_account_letter(
            "sign_in_code",
            to=f"bo{minutes}@example.org",
            values={"code": str(minutes)},
            now=NOW + timedelta(minutes=minutes),
        )
    expected = list(Message.objects.order_by("-created_at", "-pk"))
    first = clinician_client.get("/staff/messages/")
    second = clinician_client.get(f"/staff/messages/?after={first.context['page'].last.pk.hex}")
    assert listed(first) + listed(second) == expected
    assert len(listed(first)) == 50


def test_looking_at_the_messages_is_recorded(clinician, clinician_client):
    intake = factories.submitted("P01")
    clinician_client.get("/staff/messages/")
    event = AuditEvent.objects.get(did="viewed the messages")
    assert (event.by, event.details) == (clinician, {"rows": [intake.code]})
