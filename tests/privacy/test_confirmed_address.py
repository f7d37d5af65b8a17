"""No letter goes to a new address before a code sent to it has come back."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import identify_hasher
from django.db import connection, connections
from django.test import Client

from consult.followups import actions as followups
from consult.followups import suppression
from consult.followups.codes import Entered
from consult.intake import actions, addresses
from consult.models import AddressChange, AuditEvent, Intake, Message, Suppression, User
from tests.confirming import BROWSER, codes, move_letters, new_code
from tests.factories import NOW, UserFactory, clinician, draft, submitted
from tests.followups.rows import HOUR, letter
from tests.privacy.conftest import AT, signed_in

pytestmark = pytest.mark.django_db
NEW, OLD = "new@example.org", "ana@example.org"
REACH = {"email": NEW, "phone": "+52 664 123 4567", "time_zone": "America/Tijuana"}


@pytest.fixture(autouse=True)
def clock(request: Any) -> Iterator[Any]:
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


def page(form: Intake, name: str = "reach/code") -> str:
    return f"/consult/my-data/forms/{form.code}/{name}/"


def asked(client: Client, form: Intake, email: str = NEW) -> str:
    before = codes()
    client.post(page(form, "reach"), REACH | {"email": email})
    return new_code(before)


def enter(client: Client, form: Intake, code: str) -> str:
    return str(client.post(page(form), {"code": code}, follow=True).content.decode())


def goes_to(form: Intake) -> str:
    return Intake.objects.get(pk=form.pk).contact_email


def recipients(form: Intake) -> set[str]:
    return {one.recipient for one in Message.objects.filter(intake=form, status="scheduled")}


# --------------------------------------------------------------------------------- the code counts
def test_until_the_code_is_entered_letters_go_where_they_went(ana, sent):
    code = asked(ana, sent)
    assert (goes_to(sent), recipients(sent)) == (OLD, {OLD})
    assert "Until you enter it, letters go to ana@example.org" in ana.get(page(sent)).text
    assert "Thank you. The address is confirmed." in enter(ana, sent, code)
    assert (goes_to(sent), recipients(sent)) == (NEW, {NEW})
    assert not AddressChange.objects.exists()


def test_phone_and_clock_count_at_once(ana, sent):
    ana.post(page(sent, "reach"), REACH | {"phone": "+49 30 1234567", "time_zone": "Europe/Berlin"})
    contact = Intake.objects.get(pk=sent.pk).contact
    assert (contact["phone"], contact["time_zone"], contact["email"]) == (
        *("+49 30 1234567", "Europe/Berlin"),
        OLD,
    )


def test_the_old_address_is_told_in_neutral_words_that_letters_go_elsewhere(ana, sent, mailoutbox):
    move_letters(ana, sent, NEW)
    note = Message.objects.get(event="letters_moved")
    assert (note.recipient, note.category, note.intake) == (OLD, "service", None)
    assert note.expires_at - note.not_before == timedelta(days=2)
    Message.objects.exclude(pk=note.pk).delete()
    followups.send_due(now=AT)
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [
        ([OLD], "Your address for letters has changed")
    ]
    assert NEW not in mailoutbox[0].body
    assert "If this was not you, please call us." in mailoutbox[0].body


def test_their_own_address_to_sign_in_needs_no_second_code(ana, sent):
    move_letters(ana, sent, NEW)
    before = codes()
    ana.post(page(sent, "reach"), REACH | {"email": "Ana@Example.org"})
    assert (goes_to(sent), codes()) == ("Ana@Example.org", before)
    told = [one.recipient for one in Message.objects.filter(event="letters_moved")]
    assert sorted(told) == [OLD, NEW]


def test_nobody_is_told_at_their_own_address_that_letters_go_to_another(ana, sent):
    sent.contact = sent.contact | {"email": "typo@example.org"}
    sent.save()
    ana.post(page(sent, "reach"), REACH | {"email": "Ana@example.org"})
    assert goes_to(sent) == "Ana@example.org"
    assert not Message.objects.filter(event="letters_moved").exists()


def test_the_same_address_again_asks_for_nothing(ana, sent):
    answer = ana.post(page(sent, "reach"), REACH | {"email": "ANA@example.org"}, follow=True)
    assert "Saved." in answer.text
    assert (goes_to(sent), codes()) == (OLD, set())


# ------------------------------------------------------------------------------ what does not count
@pytest.mark.parametrize("typed", ["WRONG-CODE", "   ", "\x00", "x" * 5000, "½ü", "-"])
def test_a_wrong_code_changes_nothing_and_is_answered_at_the_field(ana, sent, typed):
    asked(ana, sent)
    answer = ana.post(page(sent), {"code": typed})
    assert answer.status_code == 422
    assert '<a href="#id_code">' in answer.text
    assert goes_to(sent) == OLD


def test_after_five_wrong_codes_the_right_one_counts_no_more(ana, sent):
    code = asked(ana, sent)
    said = [enter(ana, sent, "BCDF-GHJK") for _ in range(5)]
    assert [Entered.WRONG in one for one in said] == [True] * 4 + [False]
    assert Entered.SPENT in said[4]
    assert Entered.SPENT in enter(ana, sent, code)
    assert goes_to(sent) == OLD


def test_a_code_runs_out_after_ten_minutes_and_a_new_one_counts(ana, sent, clock):
    code = asked(ana, sent)
    clock.move_to(AT + timedelta(minutes=10))
    assert Entered.LATE in enter(ana, sent, code)
    assert "This code has run out" in ana.get(page(sent)).text
    before = codes()
    ana.post(page(sent), {"send": "yes"})
    enter(ana, sent, new_code(before))
    assert goes_to(sent) == NEW


def test_a_newer_code_ends_the_older(ana, sent):
    first = asked(ana, sent)
    before = codes()
    ana.post(page(sent), {"send": "yes"})
    assert Entered.WRONG in enter(ana, sent, first)
    enter(ana, sent, new_code(before))
    assert goes_to(sent) == NEW


def test_the_code_counts_only_in_the_browser_that_asked(ana, sent):
    code = asked(ana, sent)
    elsewhere = signed_in(sent.owner)
    assert Entered.ELSEWHERE in enter(elsewhere, sent, code)
    assert goes_to(sent) == OLD
    enter(ana, sent, code)
    assert goes_to(sent) == NEW


def test_a_code_counts_once(ana, sent):
    code = asked(ana, sent)
    enter(ana, sent, code)
    move_letters(ana, sent, "third@example.org")
    enter(ana, sent, code)
    assert goes_to(sent) == "third@example.org"


def test_small_letters_and_a_missing_dash_are_the_same_code(ana, sent):
    enter(ana, sent, asked(ana, sent).replace("-", " ").lower())
    assert goes_to(sent) == NEW


def test_the_address_that_waits_can_be_given_up(ana, sent):
    code = asked(ana, sent)
    answer = ana.post(page(sent), {"cancel": "yes"}, follow=True)
    assert "Letters go where they went before." in answer.text
    enter(ana, sent, code)
    assert goes_to(sent) == OLD


def test_a_form_taken_back_meanwhile_is_not_changed(ana, sent):
    code = asked(ana, sent)
    Intake.objects.filter(pk=sent.pk).update(state="withdrawn")
    assert "cannot be changed here any more" in enter(ana, sent, code)
    assert goes_to(sent) == OLD


# ------------------------------------------------------------------------------ what nobody learns
def test_neither_code_nor_address_stands_readable_in_the_database(ana, sent):
    code = asked(ana, sent)
    row = AddressChange.objects.filter(intake=sent).values().get()
    assert code not in str(row)
    assert code.replace("-", "") not in str(row)
    assert NEW.encode() not in bytes(row["email"])
    assert identify_hasher(row["code"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session")
        assert code not in str(cursor.fetchall())


def test_the_record_names_no_address_and_no_code(ana, sent):
    code = asked(ana, sent)
    enter(ana, sent, code)
    told = " ".join(f"{one.did} {one.details}" for one in AuditEvent.objects.all())
    assert (NEW in told, OLD in told, code in told) == (False, False, False)
    assert "asked to confirm an address" in told


@pytest.mark.parametrize("kind", ["patient", "staff", "stopped"])
def test_every_address_is_answered_the_same(ana, sent, kind):
    other = {"patient": UserFactory, "staff": clinician, "stopped": UserFactory}[kind]().email
    if kind == "stopped":
        index = User.objects.get(email=other).email_index
        suppression.stop(index, scope="all", reason="complained", by=None, now=NOW)
    answers = []
    for email in (NEW, other):
        answer = ana.post(page(sent, "reach"), REACH | {"email": email})
        text = ana.get(answer["Location"]).text.replace(email, "*")
        plain = re.sub(r'value="[^"]{60,}"|nonce="[^"]+"|nonce-\S+', "", text)
        answers.append((answer.status_code, answer["Location"], plain))
    assert answers[0] == answers[1]


def test_one_mailbox_is_not_filled_with_codes(ana, sent):
    for _ in range(8):
        answer = ana.post(page(sent, "reach"), REACH)
    assert len(codes()) == 3
    assert "Please wait a minute" in answer.text
    assert 'value="new@example.org"' in answer.text


def test_what_nobody_confirmed_is_forgotten_after_a_day(ana, sent):
    asked(ana, sent)
    actions.erase_stale_drafts(now=AT + 23 * HOUR)
    assert AddressChange.objects.count() == 1
    actions.erase_stale_drafts(now=AT + 25 * HOUR)
    assert AddressChange.objects.count() == 0


# -------------------------------------------------------------------------- the first address
def with_draft(form: Intake) -> Client:
    client = Client()
    session = client.session
    session["draft"] = str(form.pk)
    session.save()
    return client


def test_a_draft_belongs_to_the_address_once_a_code_has_confirmed_it():
    form = draft({"consent.data": True, "consent.email": True})
    browser, before = with_draft(form), codes()
    assert "Is your address right?" in browser.get("/consult/intake/").text
    assert "To an address that you have" not in browser.get("/consult/my-data/").text
    browser.post(page(form), {"send": "yes"})
    assert "Thank you." in enter(browser, form, new_code(before))
    form.refresh_from_db()
    assert form.owner == User.objects.get(email=OLD)
    assert Message.objects.filter(intake=form, category="care").count() == 3
    assert "Is your address right?" not in browser.get("/consult/intake/").text


def test_an_address_written_since_is_not_confirmed_by_an_older_code():
    form = draft({"consent.data": True, "consent.email": True})
    browser, before = with_draft(form), codes()
    browser.post(page(form), {"send": "yes"})
    actions.save_contact(form, contact={**form.contact, "email": NEW}, now=NOW)
    enter(browser, form, new_code(before))
    form.refresh_from_db()
    assert (form.owner, form.confirmed_index) == (None, None)


def test_nor_does_it_lead_letters_back_to_where_the_person_has_moved_away_from():
    form = draft({"consent.data": True, "consent.email": True}, email="typo@example.org")
    form.owner = UserFactory(email=OLD)
    form.save()
    browser, before = signed_in(form.owner), codes()
    browser.post(page(form), {"send": "yes"})
    code = new_code(before)
    actions.save_contact(form, contact={**form.contact, "email": NEW}, by=form.owner, now=NOW)
    enter(browser, form, code)
    assert goes_to(form) == NEW


def test_the_account_of_staff_never_holds_a_draft_that_names_it():
    doctor = clinician(email="doctor@example.org")
    form = draft({"consent.data": True}, email=doctor.email)
    browser, before = with_draft(form), codes()
    browser.post(page(form), {"send": "yes"})
    enter(browser, form, new_code(before))
    form.refresh_from_db()
    assert form.owner is None


def test_a_form_that_was_sent_unconfirmed_gets_one_answer_and_nothing_that_is_optional():
    form = submitted()
    rows = Message.objects.filter(intake=form)
    assert [(one.event, one.category) for one in rows] == [("intake_received", "service")]


# ------------------------------------------------------------- nothing is told of a strange mailbox
@pytest.mark.parametrize("who", ["visitor", "signed in"])
def test_the_state_of_a_letter_to_an_unconfirmed_address_is_not_told(who):
    form = draft({"consent.data": True, "consent.email": True}, email="victim@example.org")
    if who == "signed in":
        form.owner = UserFactory(email=OLD)
        form.save()
    browser = signed_in(form.owner) if form.owner else with_draft(form)
    texts = []
    for state in ("scheduled", "cancelled", "bounced"):
        Message.objects.filter(intake=form).delete()
        row = followups.schedule("booking_invite", intake=form, now=NOW)
        Message.objects.filter(pk=row.pk).update(status=state)
        shown = browser.get("/consult/my-data/").text
        file = browser.post("/consult/my-data/download/").json()
        [letter] = file["forms"][0]["letters"]
        assert (letter["state"], letter["sent_at"]) == (None, None)
        assert file["forms"][0]["address_is_confirmed"] is False
        texts.append(re.sub(r'value="[^"]{60,}"|nonce="[^"]+"|nonce-\S+', "", shown))
    assert texts[0] == texts[1] == texts[2]
    assert "so we do not say here what became of it" in texts[0]


def test_no_count_of_letters_tells_whether_a_strange_address_is_stopped(ana, sent):
    contact = {**sent.contact, "email": "victim@example.org"}  # written before the form was sent
    texts = []
    for is_stopped in (False, True):
        sent.contact = contact
        sent.save(update_fields=["contact", "contact_index"])
        if is_stopped:
            index = Intake.objects.get(pk=sent.pk).contact_index
            suppression.stop(bytes(index), scope="all", reason="complained", by=None, now=NOW)
        else:
            later = {"not_before": AT + HOUR, "category": "care", "recipient": contact["email"]}
            letter(event="time_to_decide", intake=sent, **later)
        said = [ana.get(page(sent, one)).text for one in ("withdraw", "reminders", "letters")]
        said.append(ana.post(page(sent, "letters"), {"wanted": []}, follow=True).text)
        texts.append(
            [re.sub(r'value="[^"]{60,}"|nonce="[^"]+"|nonce-\S+', "", one) for one in said]
        )
        ana.post(page(sent, "letters"), {"wanted": ["form", "appointments", "afterwards"]})
        ana.get(page(sent, "letters"))
    assert texts[0][:2] == texts[1][:2]
    assert "Letters that wait to go out are stopped." in texts[0][0]
    assert "Those that wait to go out are stopped." in texts[0][1]
    assert "letter that waited is stopped" not in texts[0][3]


def test_of_letters_to_their_own_address_everything_is_told(ana, sent):
    assert "so we do not say here" not in ana.get("/consult/my-data/").text
    states = [one["state"] for one in letters_in_file(ana)]
    assert states == ["scheduled", "scheduled"]
    move_letters(ana, sent, NEW)
    assert "so we do not say here" not in ana.get("/consult/my-data/").text


def letters_in_file(client: Client) -> Any:
    return client.post("/consult/my-data/download/").json()["forms"][0]["letters"]


def test_an_address_that_waits_is_shown_to_its_person(ana, sent):
    asked(ana, sent)
    assert "new@example.org" in ana.get("/consult/my-data/").text
    [form] = ana.post("/consult/my-data/download/").json()["forms"]
    assert form["address_that_waits"]["email"] == NEW
    assert "waits for its code" in ana.get(page(sent, "reach")).text


def test_nobody_lifts_a_stop_of_an_address_that_only_waits(ana, sent):
    index = UserFactory(email=NEW).email_index
    suppression.stop(index, scope="care", reason="unsubscribed", by=None, now=NOW)
    asked(ana, sent)
    ana.post(page(sent, "letters"), {"again": "yes"})
    assert Suppression.objects.standing().count() == 1


# ---------------------------------------------------------------------------------------- at once
@pytest.mark.django_db(transaction=True)
def test_of_many_who_enter_the_code_at_once_one_succeeds():
    form = submitted()
    form.owner = User.objects.get(email=OLD)
    form.save()
    before = codes()
    whose: dict[str, Any] = {"browser": BROWSER, "by": form.owner, "now": AT}
    addresses.ask(form, email=NEW, **whose)
    code = new_code(before)

    def one_try(_: int) -> Entered:
        try:
            return addresses.confirm(form, typed=code, **whose)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(one_try, range(8)))
    assert sorted(said) == [Entered.RIGHT, *[Entered.GONE] * 7]
    assert Message.objects.filter(event="letters_moved").count() == 1
