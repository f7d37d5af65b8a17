"""Staff's own words for a letter: checked, tried out, kept in versions, never in the way."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from structlog.testing import capture_logs

from consult.dashboard.letter_preview import editable, portal_words
from consult.followups import actions as followups
from consult.followups import letters, rewording
from consult.followups.appointments import anchor_of
from consult.models import AuditEvent, LetterWording, Message, Role, Status
from consult.rules import wording as rules
from content.clinic import ClinicSettings
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.factories import NOW
from tests.followups.rows import HOUR, letter
from tests.followups.test_letters import html_of, read, squeezed

pytestmark = [pytest.mark.usefixtures("at_now"), pytest.mark.django_db]
INVITE = "/staff/letters/booking_invite/"
TYPED = {"subject": "Choose your time", "words": "Your page shows times.\n\nCall if you like."}
FRAME = (
    "This mailbox is not watched. If you are unwell, call your local emergency number.",
    "Choose a time:\n",
    "Hello Ana,",
)


def text_of(response):
    return response.content.decode()


def in_words(event="booking_invite", *, seen=0, by=None, **fields):
    given = {"subject": TYPED["subject"], "words": TYPED["words"]} | fields
    by = by or factories.staff(Role.LEAD_CLINICIAN)
    return rewording.save(event=event, language="en", seen=seen, by=by, now=NOW, **given)


def invitation(**fields):
    return letter(event="booking_invite", intake=factories.submitted("P01"), **fields)


def about_a_visit(event):
    intake = factories.ready()
    about = anchor_of(factories.appointment(intake))
    return letter(event=event, intake=intake, idem_key=f"{event}:{intake.pk}:{about}")


# ------------------------------------------------------------------------------------ in a letter
def test_a_letter_says_staffs_words_in_the_portals_frame():
    in_words()
    email = letters.make(invitation())
    assert email.subject == "Choose your time"
    assert "Hello Ana,\n\nYour page shows times.\n\nCall if you like.\n\nChoose a time:\n" in str(
        email.body
    )
    for words in FRAME:
        assert words in email.body


@pytest.mark.parametrize("event", ["booking_invite", "reminder_24h", "booking_changed"])
def test_text_and_html_say_the_same_whatever_was_typed(event):
    words = 'A & B <b>bold</b> "quoted"\nnext line\n\n{when}.' if event != "booking_invite" else "A"
    in_words(event, words=words)
    message = about_a_visit(event)
    text = str(letters.make(message).body)
    assert squeezed("".join(read(html_of(message)).words)) == squeezed(text)
    assert "<b>" not in html_of(message)


def test_a_time_comes_with_the_other_clock_where_they_differ():
    in_words("reminder_24h", words="We meet: {when}. {how}.")
    message = about_a_visit("reminder_24h")
    message.intake.appointments.update(zone="Europe/Berlin")
    body = str(letters.make(message).body)
    first, other = "Tuesday 24 November 2026, 19:00, Berlin time", "10:00, Tijuana time)"
    assert f"We meet: {first} (Tuesday 24 November 2026, {other}. By video." in body


def test_a_visit_that_is_called_off_is_told_in_the_portals_own_words():
    in_words("booking_changed", words="The new time: {when}.")
    message = about_a_visit("booking_changed")
    visit = message.intake.appointments.get()
    visit.status, visit.cancelled_at = "cancelled", NOW
    visit.save()
    assert "called off" in str(letters.make(message).body)


def test_a_letter_about_signing_in_has_no_words_of_staffs():
    LetterWording.objects.create(
        event="sign_in_code", version=1, subject="Hi", words="Hi", by=factories.clinician(), at=NOW
    )
    assert letters.make(letter()).subject == "Your sign-in code"


def test_words_that_cannot_be_used_never_stop_a_letter_and_are_reported_once(mailoutbox):
    ClinicSettings.objects.update(phone="")
    in_words(words="Call {phone}.")
    sent = [invitation(), invitation()]
    with capture_logs() as logs:
        report = followups.send_due(now=NOW)
    assert report.sent >= 2
    invited = [one.body for one in mailoutbox if one.subject == "You can choose a time"]
    assert ["Your page shows the times that are free." in body for body in invited] == [True] * 2
    said = [one for one in logs if one["event"] == "wording not used"]
    assert [(one["letter"], one["version"]) for one in said] == [("booking_invite", 1)]
    assert {Message.objects.get(pk=one.pk).wording for one in sent} == {None}


def test_the_version_is_written_when_the_letter_is_sent(mailoutbox):
    in_words()
    message = invitation()
    assert message.wording is None
    followups.send_due(now=NOW)
    message.refresh_from_db()
    assert (message.status, message.wording) == (Status.SENT, 1)


def test_a_pass_looks_the_words_up_once_for_all_its_letters(mailoutbox):
    in_words()
    for _ in range(3):
        letter(event="booking_invite", intake=factories.submitted("P01"))
    with CaptureQueriesContext(connection) as counted:
        followups.send_due(now=NOW)
    asked = [one for one in counted.captured_queries if "letterwording" in one["sql"]]
    assert (len(mailoutbox) >= 3, len(asked)) == (True, 1)


def test_a_sent_letter_is_shown_in_the_words_of_its_version(clinician_client, mailoutbox):
    in_words()
    message = invitation()
    followups.send_due(now=NOW)
    in_words(seen=1, words="Quite other words.")
    page = text_of(clinician_client.get(f"/staff/messages/{message.pk}/"))
    assert "Your page shows times." in page
    assert "Quite other words." not in page
    assert "Staff’s own, version 1" in page


# ------------------------------------------------------------------------------------ the pages
@pytest.mark.parametrize("event", sorted(editable()))
def test_every_letters_page_offers_the_portals_own_words_to_begin_with(lead_client, event):
    response = lead_client.get(f"/staff/letters/{event}/")
    assert response.status_code == 200
    words = response.context["form"].initial["words"]
    assert words == portal_words(event)
    rules.check_words(words, event)
    rules.check_subject(response.context["form"].initial["subject"], event)


def test_letters_with_a_secret_are_not_among_them(lead_client):
    assert {"sign_in_code", "password_reset", "wording_test"}.isdisjoint(editable())
    for event in ("sign_in_code", "wording_test", "nonsense", "%00", "staff_urgent_intake"):
        assert lead_client.get(f"/staff/letters/{event}/").status_code == 404


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINICIAN, Role.EDITOR])
def test_words_are_for_lead_clinicians_and_administrators(role):
    client = signed_in_as(factories.staff(role))
    posted = client.post(INVITE, TYPED | {"do": "save"})
    assert (client.get("/staff/letters/").status_code, posted.status_code) == (404, 404)
    assert not LetterWording.objects.exists()


def test_words_are_saved_as_a_version_and_an_earlier_one_put_back(lead_client):
    lead_client.post(INVITE, TYPED | {"do": "save", "seen": "0"})
    lead_client.post(INVITE, TYPED | {"words": "Second.", "do": "save", "seen": "1"})
    rows = LetterWording.objects.order_by("version")
    assert list(rows.values_list("version", "words", "in_use")) == [
        (1, TYPED["words"], False),
        (2, "Second.", True),
    ]
    page = text_of(lead_client.post(INVITE, {"use": "1", "seen": "2"}, follow=True))
    assert "Version 1 is in use again." in page
    assert list(rows.values_list("version", "in_use")) == [(1, True), (2, False)]
    lead_client.post(INVITE, {"use": "0", "seen": "1"})
    assert not rows.filter(in_use=True).exists()
    did = AuditEvent.objects.filter(did__contains="a letter").order_by("pk")
    assert [(one.did, one.details["version"]) for one in did] == [
        ("changed a letter", 1),
        ("changed a letter", 2),
        ("put back a letter", 1),
        ("put back a letter", 0),
    ]


def test_what_a_letter_cannot_have_is_said_at_its_field_and_stays(lead_client):
    typed = {"subject": "Your treatment", "words": "Hello {name}", "do": "save", "seen": "0"}
    response = lead_client.post(INVITE, typed)
    page = text_of(response)
    assert response.status_code == 422
    assert "Leave out “treatment”" in page
    assert "There is no placeholder {name} in this letter." in page
    assert 'value="Your treatment"' in page
    assert "Hello {name}</textarea>" in page
    assert not LetterWording.objects.exists()


def test_words_saved_meanwhile_are_not_lost(lead_client):
    in_words(words="The colleague’s.")
    response = lead_client.post(INVITE, TYPED | {"do": "save", "seen": "0"})
    page = text_of(response)
    assert response.status_code == 409
    assert "A colleague saved other words" in page
    assert "The colleague’s." in page
    assert "Call if you like.</textarea>" in page
    again = re.search(r'name="seen" value="(\d+)"', page)[1]
    lead_client.post(INVITE, TYPED | {"do": "save", "seen": again})
    assert LetterWording.objects.get(in_use=True).words == TYPED["words"]


def test_going_back_to_the_portals_own_meanwhile_is_noticed_too(lead_client):
    row = in_words()
    rewording.put_in_use(
        event="booking_invite", language="en", version=0, seen=1, by=row.by, now=NOW
    )
    assert lead_client.post(INVITE, TYPED | {"do": "save", "seen": "1"}).status_code == 409
    assert not LetterWording.objects.filter(in_use=True).exists()


@pytest.mark.parametrize(
    "data",
    [
        {"do": ""},
        {"do": "delete"},
        {"use": "x", "seen": "0"},
        {"use": "9", "seen": "0"},
        {"use": "1"},
        {"use": "9" * 40, "seen": "0"},
        {"use": "²", "seen": "0"},
    ],
)
def test_there_is_nothing_else_to_post(lead_client, data):
    assert lead_client.post(INVITE, TYPED | data).status_code == 404


@pytest.mark.parametrize("seen", ["x", "-1", "9" * 40, "%00"])
def test_an_odd_version_is_no_error_of_the_server(lead_client, seen):
    response = lead_client.post(INVITE, TYPED | {"do": "save", "seen": seen})
    assert response.status_code in {409, 422}


# ------------------------------------------------------------------------------------ trying out
def looked_at(page):
    """The reference of the form that a letter is shown with."""
    found = re.search(r'With form <span class="reference">(\w+)</span>', page)
    return found[1] if found else ""


def look(client, **more):
    return client.post(INVITE, TYPED | {"do": "look", "seen": "0"} | more)


def test_words_are_looked_at_with_a_case_and_that_is_recorded(lead_client):
    intake = factories.submitted("P01")
    response = look(lead_client, reference=intake.code.lower())
    page = text_of(response)
    assert (response.status_code, looked_at(page)) == (200, intake.code)
    assert "Hello Ana," in page
    assert "style-src-attr 'unsafe-inline'" in response["Content-Security-Policy"]
    event = AuditEvent.objects.about(intake).get(did="viewed intake")
    assert event.details == {"part": "letter"}
    assert not LetterWording.objects.exists()


def test_without_a_reference_it_is_the_newest_case_that_one_may_see(lead_client):
    factories.submitted("P01", now=NOW - HOUR)
    newest = factories.submitted("P04")
    assert looked_at(text_of(look(lead_client))) == newest.code


def test_an_administrator_sees_no_case_and_looks_with_made_up_values(administrator_client):
    intake = factories.submitted("P01")
    response = look(administrator_client)
    assert looked_at(text_of(response)) == ""
    assert "With made-up values." in text_of(response)
    refused = look(administrator_client, reference=intake.code)
    assert refused.status_code == 422
    assert "No form with this reference is yours to see." in text_of(refused)
    assert not AuditEvent.objects.about(intake).filter(did="viewed intake").exists()


@pytest.mark.parametrize("event", sorted(editable()))
def test_every_letter_can_be_looked_at_with_made_up_values(administrator_client, event):
    words = portal_words(event)
    data = {"subject": "Hello", "words": words, "do": "look"}
    response = administrator_client.post(f"/staff/letters/{event}/", data)
    assert response.status_code == 200
    shown = response.context["shown"]
    assert squeezed("".join(read(str(shown.html)).words)) == squeezed(str(shown.text))


def test_a_form_without_a_visit_cannot_show_a_letter_about_one(lead_client):
    intake = factories.submitted("P01")
    data = {"subject": "Soon", "words": "{when}", "do": "look", "reference": intake.code}
    response = lead_client.post("/staff/letters/reminder_24h/", data)
    assert response.status_code == 422
    assert "This form has nothing that such a letter is about." in text_of(response)


def test_what_was_typed_runs_nowhere_on_the_page(lead_client):
    page = text_of(look(lead_client, words="<script>alert(1)</script>", subject="<b>x</b>"))
    assert "<script>alert" not in page
    assert "<b>x" not in page


def test_a_test_letter_goes_to_its_sender_and_to_nobody_else(lead_client, mailoutbox):
    factories.submitted("P01")
    Message.objects.all().update(status="cancelled")
    lead_client.post(INVITE, TYPED | {"do": "test", "reference": "", "seen": "0"})
    row = Message.objects.get(event="wording_test")
    lead = AuditEvent.objects.get(did="sent a test letter to themselves").by
    assert (row.intake, row.recipient) == (None, lead.email)
    followups.send_due(now=NOW)
    (email,) = mailoutbox
    assert (email.to, email.subject) == ([lead.email], "Test: Choose your time")
    assert "Your page shows times." in email.body
    assert not LetterWording.objects.exists()


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("booking_invite", "at once"),
        ("reminder_72h", "72 hours before"),
        ("time_to_decide", "7 days after"),
        ("checkin_day_30", "day 30, at 9 in the morning"),
        ("checkin_reminder", "24 hours after day 1, 3, 7; 72 hours after the others"),
    ],
)
def test_the_list_says_when_each_letter_is_sent(lead_client, event, words):
    for address in ("/staff/letters/", f"/staff/letters/{event}/"):
        assert f"({words})." in lead_client.get(address).content.decode()
