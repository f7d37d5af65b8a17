"""The mail desk: every letter, filters, and the alarm when letters do not leave."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.dashboard.mail_words import REASONS, reason_words
from consult.dashboard.words import masked
from consult.followups import outbox, suppression
from consult.models import AuditEvent, Message, Role, User
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.factories import NOW
from tests.followups.rows import HOUR, MINUTE, in_state, letter

pytestmark = [pytest.mark.usefixtures("at_now"), pytest.mark.django_db]
DESK = "/staff/messages/"


def listed(response):
    return [row.message for row in response.context["rows"]]


def text_of(response):
    return response.content.decode()


def page_of(message):
    return f"{DESK}{message.pk}/"


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


# ------------------------------------------------------------------------------------- the list
def test_the_list_shows_what_was_written_to_whom_and_its_state(clinician_client, received):
    page = text_of(clinician_client.get(DESK))
    for words in (
        "We have received your form",
        "a•••@e•••.org",
        "Waiting for its time",
        "0 tries",
        received.intake.code,
    ):
        assert words in page
    assert "ana@example.org" not in page


def test_a_failed_letter_says_why_in_words_and_how_late_it_is(clinician_client, received):
    late = {"not_before": NOW - 2 * HOUR, "status": "failed", "last_error": "smtp_451"}
    Message.objects.update(**late, attempts=1)
    page = text_of(clinician_client.get(DESK))
    assert "Failed, will be tried again" in page
    assert "The mail server had a problem of its own." in page
    assert "Late by 2\xa0hours" in page
    assert "1 try" in page
    assert "smtp_451" not in page


@pytest.mark.parametrize("code", ["smtp_499", "smtp_571", "provider_500", "Whatever", "x" * 60])
def test_a_code_that_nobody_foresaw_has_a_sentence_too(code):
    assert reason_words(code).endswith(".")
    assert reason_words("") == ""


def test_every_code_that_the_outbox_writes_itself_has_words():
    assert REASONS.keys() >= {"expired", "no_answer", "not_made", "withdrawn", "bad_address"}
    assert REASONS.keys() >= {"suppressed", "paused", "not_wanted", "not_fitting", "had_left"}


def test_the_newest_letter_comes_first_and_the_next_page_goes_on(clinician_client):
    for minutes in range(60):
        letter(now=NOW + minutes * MINUTE)
    expected = list(Message.objects.order_by("-created_at", "-pk"))
    first = clinician_client.get(DESK)
    second = clinician_client.get(first.context["next"])
    assert listed(first) + listed(second) == expected
    assert (len(listed(first)), second.context["next"]) == (50, "")


def test_what_waits_stands_in_the_order_in_which_it_goes(clinician_client):
    later, sooner = letter(not_before=NOW + HOUR), letter(not_before=NOW + MINUTE)
    assert listed(clinician_client.get(f"{DESK}?state=scheduled")) == [sooner, later]


def test_looking_at_the_letters_is_recorded(clinician, clinician_client, received):
    clinician_client.get(f"{DESK}?state=scheduled")
    event = AuditEvent.objects.get(did="viewed the messages")
    seen = {"rows": [received.intake.code], "filters": ["state"]}
    assert (event.by, event.details) == (clinician, seen)


def queries_of(client, address):
    with CaptureQueriesContext(connection) as counted:
        assert client.get(address).status_code == 200
    return len(counted)


@pytest.mark.parametrize("query", ["", "?state=scheduled", "?late=yes", "?day=2026-11-17"])
def test_three_letters_and_three_hundred_cost_the_same_queries(clinician_client, query):
    address = f"{DESK}{query}"
    intake = factories.submitted("P01")
    for _ in range(3):
        letter(intake=intake, not_before=NOW - HOUR)
    clinician_client.get(address)
    few = queries_of(clinician_client, address)
    for _ in range(297):
        letter(intake=intake, not_before=NOW - HOUR)
    assert queries_of(clinician_client, address) == few


# ---------------------------------------------------------------------------------- the filters
def test_filters_narrow_the_list(clinician_client, received):
    held = letter(status="held")
    late = letter(not_before=NOW - HOUR, event="password_reset")
    tomorrow = letter(not_before=NOW + timedelta(days=1))

    def shown(query):
        return set(listed(clinician_client.get(f"{DESK}?{query}")))

    assert shown("") == {received, held, late, tomorrow}
    assert shown("state=held") == {held}
    assert shown("letter=password_reset") == {late}
    assert shown("late=yes") == {late}
    assert shown("day=2026-11-18") == {tomorrow}
    assert shown(f"reference={received.intake.code.lower()}") == {received}
    assert shown("state=held&late=yes") == set()


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "letter=none",
        "late=maybe",
        "day=yesterday",
        "day=9999-12-31",
        "day=0001-01-01",
        "reference=%00%00",
        "reference=a%20or%201",
        "colour=red",
        "state=%ED%A0%80",
    ],
)
def test_what_is_no_filter_is_left_out_and_said(clinician_client, received, query):
    response = clinician_client.get(f"{DESK}?{query}")
    assert response.status_code == 200
    assert listed(response) == [received]
    assert "Not known here, and left out" in text_of(response)


@pytest.mark.parametrize("place", ["nonsense", "0" * 32, "%00"])
def test_an_unknown_place_in_the_list_shows_the_first_rows_and_says_so(
    clinician_client, received, place
):
    response = clinician_client.get(f"{DESK}?after={place}")
    assert listed(response) == [received]
    assert "The place in the list that this address names is not known." in text_of(response)


def test_the_form_of_a_draft_is_not_named(clinician_client):
    draft = factories.draft()
    letter(intake=draft, event="intake_nudge_1")
    assert draft.code not in text_of(clinician_client.get(DESK))
    assert listed(clinician_client.get(f"{DESK}?reference={draft.code}")) == []


# -------------------------------------------------------------------------------------- the alarm
PAGES = [DESK, "/staff/", "/staff/tasks/"]


@pytest.mark.parametrize("address", PAGES)
def test_letters_that_do_not_leave_are_said_on_staff_pages(clinician_client, address):
    message = letter(not_before=NOW - 5 * MINUTE)
    assert "Letters do not leave." not in text_of(clinician_client.get(address))
    outbox.row(message).update(not_before=NOW - 20 * MINUTE)
    page = text_of(clinician_client.get(address))
    assert "Letters do not leave." in page
    assert "20\xa0minutes" in page


@pytest.mark.parametrize("address", PAGES)
def test_the_alarm_costs_one_query_however_many_wait(clinician_client, address):
    letter(not_before=NOW - HOUR)
    clinician_client.get(address)
    with CaptureQueriesContext(connection) as counted:
        clinician_client.get(address)
    asked = [one["sql"] for one in counted.captured_queries if "NOT EXISTS" in one["sql"]]
    assert len([one for one in asked if "not_before" in one]) == 1


@pytest.mark.parametrize("address", ["/staff/calendar/", "/staff/search/", "/staff/hours/"])
def test_the_bar_of_every_staff_page_says_so_too(clinician_client, address):
    words = "Letters do not leave"
    message = letter(not_before=NOW - 5 * MINUTE)
    assert words not in text_of(clinician_client.get(address))
    outbox.row(message).update(not_before=NOW - 20 * MINUTE)
    link = f'href="/staff/messages/?late=yes">{words}</a>'
    assert link in text_of(clinician_client.get(address))


def test_whoever_runs_the_portal_is_told_without_a_way_to_the_letters():
    letter(not_before=NOW - HOUR)
    page = text_of(signed_in_as(factories.staff(Role.ADMINISTRATOR)).get("/staff/search/"))
    assert "Letters do not leave" in page
    assert "/staff/messages/" not in page


def test_a_person_is_not_told(client):
    letter(not_before=NOW - HOUR)
    client.force_login(User.objects.create_user("own@example.org"))
    assert "Letters do not leave" not in text_of(client.get("/consult/my-data/"))


def test_a_letter_in_dead_hands_sounds_the_alarm(clinician_client):
    in_state("sending", lease_expires_at=NOW - HOUR)
    page = text_of(clinician_client.get(DESK))
    assert "Letters do not leave." in page
    assert "A worker that died has it in hand" in page


def test_the_machines_are_told_what_waits_is_held_and_was_given_up(client):
    letter(not_before=NOW - HOUR)
    for status in ("held", "dead", "dead"):
        in_state(status)
    suppression.stop(b"0" * 16, scope="all", reason="bounced", by=None, now=NOW)
    assert client.get("/readyz").json()["outbox"] == "overdue"
    lines = text_of(client.get("/metrics")).splitlines()
    assert {
        'portal_messages{status="held"} 1',
        'portal_messages{status="dead"} 2',
        'portal_messages{status="scheduled"} 1',
        "portal_oldest_due_message_seconds 3600",
        'portal_suppressed_addresses{scope="all"} 1',
        'portal_suppressed_addresses{scope="care"} 0',
        "portal_messages_stuck 0",
    } <= set(lines)


def test_a_letter_left_in_dead_hands_counts_as_stuck(client):
    in_state("sending", lease_expires_at=NOW - HOUR)
    assert "portal_messages_stuck 1" in text_of(client.get("/metrics")).splitlines()
    assert client.get("/readyz").json()["outbox"] == "overdue"


def test_a_letter_that_an_earlier_one_holds_up_sounds_no_alarm(clinician_client, received):
    """The earlier one has its next try ahead: the mail server works, one mailbox is full."""
    Message.objects.update(status="failed", not_before=NOW + HOUR, last_error="smtp_452")
    later = {"wall_time": NOW - HOUR, "not_before": NOW - HOUR}
    letter(intake=received.intake, recipient=received.recipient, **later)
    outbox.row(received).update(wall_time=NOW - 2 * HOUR)
    assert "Letters do not leave." not in text_of(clinician_client.get(DESK))
