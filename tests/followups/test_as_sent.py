"""What was handed over is kept in the row, encrypted, and carried by no list."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.fields import Tampered
from consult.followups import as_sent, outbox
from consult.followups.actions import send_due
from consult.models import Message, Status
from tests import factories
from tests.factories import NOW
from tests.followups.rows import HOUR, letter, told

pytestmark = pytest.mark.django_db
SAYS = "Someone from our team reads every form."


@pytest.fixture
def received():
    return factories.submitted("P01").messages.get()


def row_of(message):
    return Message.objects.get(pk=message.pk)


def raw(message):
    with connection.cursor() as cursor:
        cursor.execute("SELECT as_sent FROM consult_message WHERE message_id = %s", [message])
        return cursor.fetchone()[0]


def test_a_letter_that_leaves_keeps_what_it_said(received):
    assert send_due(now=NOW).sent == 1
    [email] = mail.outbox
    assert as_sent.kept(row_of(received)) == as_sent.AsSent(str(email.subject), str(email.body))
    assert SAYS in row_of(received).as_sent["text"]


def test_it_stays_what_it_said_whatever_changes_later(received):
    send_due(now=NOW)
    intake = received.intake
    intake.contact = intake.contact | {"full_name": "Zoe Torres"}
    intake.save()
    assert "Hello Ana" in as_sent.kept(row_of(received)).text


def test_what_is_kept_is_not_readable_in_the_database(received):
    send_due(now=NOW)
    kept = bytes(raw(received.message_id))
    assert b"team reads" not in kept
    assert b"Ana" not in kept


def test_what_is_kept_belongs_to_its_row(received):
    send_due(now=NOW)
    other = letter(intake=received.intake)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE consult_message SET as_sent = %s WHERE message_id = %s",
            [raw(received.message_id), other.message_id],
        )
    with pytest.raises(Tampered):
        as_sent.kept(row_of(other))


@pytest.mark.parametrize("event", ["sign_in_code", "password_reset", "wording_test"])
def test_nothing_is_kept_of_a_letter_with_a_secret(event):
    message = letter(event=event)
    assert send_due(now=NOW).sent == 1
    assert raw(message.message_id) is None
    assert as_sent.kept(row_of(message)) is None


def test_a_calendar_file_is_kept_as_its_facts():
    intake = factories.ready()
    visit = factories.appointment(intake)
    key = f"booking_confirmed:{intake.pk}:{visit.pk.hex}.{visit.sequence}"
    message = letter(intake=intake, event="booking_confirmed", idem_key=key)
    send_due(now=NOW)
    [file] = as_sent.kept(row_of(message)).files
    assert file == "appointment.ics (24 November 2026, 10:00 to 10:45, America/Tijuana)"


def test_of_many_tries_the_last_is_kept(received, mail_server):
    to = {"intake": received.intake, "recipient": "busy@example.org"}
    message = letter(**to)
    assert send_due(now=NOW).again == 1
    assert told(message) == (Status.FAILED, "smtp_451")
    assert "Hello Ana" in as_sent.kept(row_of(message)).text
    intake = received.intake
    intake.contact = intake.contact | {"full_name": "Zoe Torres"}
    intake.save()
    send_due(now=NOW + HOUR)
    assert "Hello Zoe" in as_sent.kept(row_of(message)).text


def test_a_letter_that_was_stopped_in_time_keeps_nothing(received):
    [claimed] = outbox.claim(now=NOW, limit=1)
    assert outbox.move(outbox.row(received), out_of={"claimed"}, to="cancelled")
    kept = as_sent.keeping(claimed, mail.EmailMultiAlternatives("Subject", "Text"))
    assert not outbox.begin(claimed, now=NOW, **kept)
    assert raw(received.message_id) is None


def test_to_keep_it_costs_no_query(received):
    def queries():
        with CaptureQueriesContext(connection) as counted:
            assert send_due(now=NOW).sent == 1
        return [one["sql"].split()[0] for one in counted.captured_queries]

    about_a_form = queries()
    letter()  # about signing in: nothing is kept
    assert queries().count("UPDATE") == about_a_form.count("UPDATE")


def test_no_list_and_no_worker_carries_the_words(received):
    with CaptureQueriesContext(connection) as counted:
        list(Message.objects.all())
        list(received.intake.messages.all())
        outbox.claim(now=NOW, limit=5)
    selects = [one["sql"] for one in counted if one["sql"].startswith("SELECT")]
    assert selects
    assert [one for one in selects if "as_sent" in one] == []
