"""What staff see of a letter: what really left, and not what today's data would make of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.followups.actions import send_due
from consult.models import Message
from tests import factories
from tests.dashboard.test_mail_desk import DESK, page_of, text_of
from tests.factories import NOW
from tests.followups.rows import HOUR, letter

pytestmark = [pytest.mark.usefixtures("at_now"), pytest.mark.django_db]
LEFT, AT_LAST_TRY, IF_NOW = "The letter as it left", "As it was at the last try", "If it went now"
NOT_KEPT = "The words of this letter were not kept. It is shown as it would be made today;"


def renamed(intake):
    intake.contact = intake.contact | {"full_name": "Zoe Torres"}
    intake.save()


def test_a_letter_that_left_is_shown_as_it_left(clinician_client, received):
    send_due(now=NOW)
    renamed(received.intake)
    page = text_of(clinician_client.get(page_of(received)))
    assert LEFT in page
    assert "Hello Ana," in page
    assert "Zoe" not in page
    assert "<iframe" not in page
    assert NOT_KEPT not in page


def test_a_letter_from_before_words_were_kept_says_so(clinician_client, received):
    send_due(now=NOW)
    Message.objects.update(as_sent=None)
    page = text_of(clinician_client.get(page_of(received)))
    assert NOT_KEPT in page
    assert LEFT not in page
    assert "<iframe" in page


def test_a_letter_that_waits_is_shown_as_it_would_go(clinician_client, received):
    page = text_of(clinician_client.get(page_of(received)))
    assert "This is how it would be if it went now." in page
    assert LEFT not in page


def test_a_letter_between_two_tries_is_shown_both_ways(clinician_client, received):
    send_due(now=NOW)
    again = letter(intake=received.intake, status="failed", attempts=1, not_before=NOW + HOUR)
    again.as_sent = {"subject": "Sub<b>ject", "text": "Hello & <i>you</i>", "files": ["a.ics (x)"]}
    again.save()
    page = text_of(clinician_client.get(page_of(again)))
    for words in (AT_LAST_TRY, IF_NOW, "nobody has said that they arrived"):
        assert words in page
    for words in ("Sub&lt;b&gt;ject", "Hello &amp; &lt;i&gt;you&lt;/i&gt;", "With it: a.ics (x)"):
        assert words in page


@pytest.mark.parametrize("status", ["dead", "cancelled"])
def test_a_letter_that_was_given_up_shows_its_last_try(clinician_client, received, status):
    received.as_sent = {"subject": "Subject", "text": "As tried", "files": []}
    received.status = status
    received.save()
    page = text_of(clinician_client.get(page_of(received)))
    assert AT_LAST_TRY in page
    assert "As tried" in page
    assert "<iframe" not in page


def test_nothing_of_a_drafts_letter_is_shown(clinician_client):
    message = letter(intake=factories.draft(), event="message_waiting")
    send_due(now=NOW)
    page = text_of(clinician_client.get(page_of(message)))
    assert LEFT not in page
    assert "It belongs to a form that has not been handed in." in page


def test_words_that_do_not_open_are_said_and_break_nothing(clinician_client, received):
    send_due(now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE consult_message SET as_sent = recipient")
    response = clinician_client.get(page_of(received))
    assert response.status_code == 200
    assert "What was kept of this letter does not open" in text_of(response)


@pytest.mark.parametrize("address", [DESK, "/staff/intakes/{}/letters/"])
def test_no_list_carries_the_words(clinician_client, received, address):
    send_due(now=NOW)
    with CaptureQueriesContext(connection) as counted:
        page = clinician_client.get(address.format(received.intake.code))
    assert "We have received your form" in text_of(page)
    assert "Someone from our team reads" not in text_of(page)
    assert [one for one in counted.captured_queries if "as_sent" in one["sql"]] == []
