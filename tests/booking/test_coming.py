"""“I will be there”: one tap from a letter, or on the page of the visit."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from consult.booking import actions, coming
from consult.booking.refusals import NotBookable
from consult.followups import stop_links
from consult.followups.appointments import anchor_of
from consult.followups.coming_links import link_of
from consult.followups.letters import make
from consult.models import Appointment, AuditEvent, Message, Role
from tests import factories
from tests.factories import NOW, at
from tests.followups.rows import letter
from tests.followups.test_letters import HEALTH

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
STARTS = NOW + timedelta(hours=24)
OVER, ASKED, THANKS = "no longer valid", "Will you be there?", "<h1>Thank you</h1>"


@pytest.fixture
def visit(ana: Any, talk: Any, doctor: Any) -> Appointment:
    return factories.appointment(ana, starts_at=STARTS, visit_type=talk, clinician=doctor)


@pytest.fixture
def reminder(visit: Appointment) -> Message:
    return reminder_of(visit)


def reminder_of(visit: Appointment) -> Message:
    key = f"reminder_24h:{visit.intake_id}:{anchor_of(visit)}"
    return letter(event="reminder_24h", intake=visit.intake, idem_key=key)


def path_of(message: Message) -> str:
    return link_of(message).removeprefix("http://127.0.0.1:8000")


def press(client: Client, path: str) -> Any:
    """As a browser does: read the page, post its form with its token."""
    page = client.get(path).text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    return client.post(path, {"csrfmiddlewaretoken": token[1] if token else ""})


def confirmed() -> list[Any]:
    return list(Appointment.objects.values_list("confirmed_at", flat=True))


def noted() -> list[tuple[Any, dict[str, Any]]]:
    rows = AuditEvent.objects.filter(did="said that they will come").order_by("pk")
    return [(one.by, one.details) for one in rows]


# ------------------------------------------------------------------------------- from the letter
def test_the_one_button_of_the_letter_leads_to_the_page(reminder: Message) -> None:
    body = make(reminder).body
    assert f"I will be there:\n{link_of(reminder)}\n" in body
    assert "Sign in on our page to see, move or cancel the appointment" in body


def test_one_tap_confirms_without_a_sign_in_and_once(reminder: Message) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert ASKED in browser.get(path_of(reminder)).text
    assert THANKS in press(browser, path_of(reminder)).text
    again = browser.get(path_of(reminder))
    assert (THANKS in again.text, again.status_code) == (True, 200)
    browser.post(path_of(reminder))
    assert (confirmed(), noted()) == ([NOW], [(None, {"through": "letter"})])


def test_a_look_changes_nothing_however_often(reminder: Message) -> None:
    scanner = Client()
    for _ in range(3):
        assert scanner.get(path_of(reminder)).status_code == 200
        assert scanner.head(path_of(reminder)).status_code == 200
        assert scanner.put(path_of(reminder)).status_code == 405
    assert (confirmed(), noted()) == ([None], [])


def test_a_post_without_its_token_confirms_nothing(reminder: Message) -> None:
    assert Client(enforce_csrf_checks=True).post(path_of(reminder)).status_code == 403
    assert confirmed() == [None]


def test_the_page_names_nobody_and_nothing_and_is_kept_by_nobody(reminder: Message) -> None:
    client = Client()
    for page in (client.get(path_of(reminder)), client.post(path_of(reminder))):
        text = re.sub(r"<[^>]+>", " ", page.text).casefold().replace("patient portal", "")
        assert [one for one in HEALTH if re.search(rf"\b{one}", text)] == []
        assert [one for one in ("ana", "torres", "november", "ortega") if one in text.split()] == []
        assert (page["Referrer-Policy"], "no-store" in page["Cache-Control"]) == (
            "same-origin",
            True,
        )
        for secret in (reminder.pk.hex, reminder.intake.code, Appointment.objects.get().code):
            assert secret not in page.text


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINICIAN])
def test_staff_who_read_the_letter_do_not_say_it_for_the_person(
    reminder: Message, role: Role
) -> None:
    reader = Client()
    reader.force_login(factories.staff(role))
    for page in (reader.get(path_of(reminder)), reader.post(path_of(reminder))):
        assert page.status_code == 404
    assert (confirmed(), noted()) == ([None], [])


def test_the_address_outlives_a_change_of_the_signing_key(reminder: Message, settings: Any) -> None:
    path = path_of(reminder)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, []
    assert Client().get(path).status_code == 200


@pytest.mark.parametrize("happens", ["moved", "called off", "begun", "attended", "erased"])
def test_an_old_link_says_so_calmly_and_leads_to_the_sign_in(
    reminder: Message, visit: Appointment, happens: str, time_machine: Any
) -> None:
    path, doctor = path_of(reminder), visit.clinician
    if happens == "moved":
        there = at("2026-11-24T10:00")
        actions.move(visit, clinician=doctor, starts_at=there, by=doctor, now=NOW)
    elif happens == "called off":
        actions.cancel(visit, by=doctor, now=NOW)
    elif happens == "erased":
        reminder.delete()
    else:
        time_machine.move_to(STARTS, tick=False)
        if happens == "attended":
            actions.mark(visit, status="attended", by=doctor, now=STARTS)
    for page in (Client().get(path), Client().post(path)):
        assert (page.status_code, OVER in page.text) == (410, True)
        assert 'href="/consult/sign-in/"' in page.text
    assert (confirmed(), noted()) == ([None], [])


def test_until_the_visit_begins_the_link_holds(reminder: Message, time_machine: Any) -> None:
    time_machine.move_to(STARTS - timedelta(seconds=1), tick=False)
    assert THANKS in Client().post(path_of(reminder)).text


@pytest.mark.parametrize("bad", ["x", "ü.ü", "a" * 3000, "{0}x", "{1}"])
def test_an_address_that_we_did_not_make_is_answered_alike(reminder: Message, bad: str) -> None:
    token = path_of(reminder).split("/")[-2]
    page = Client().post(f"/letters/coming/{bad.format(token, reminder.pk.hex)}/")
    assert (page.status_code, OVER in page.text, confirmed()) == (410, True, [None])


def test_the_address_to_stop_letters_confirms_nothing(reminder: Message) -> None:
    token = stop_links.token_of(reminder)
    assert Client().post(f"/letters/coming/{token}/").status_code == 410
    coming_token = path_of(reminder).split("/")[-2]
    assert Client().post(f"/letters/stop/{coming_token}/").status_code == 404


# ----------------------------------------------------------------------------------- on the page
def from_page(client: Client, visit: Appointment, seen: Any = 0) -> Any:
    return client.post(f"/consult/appointments/{visit.code}/coming/", {"seen": seen}, follow=True)


def test_the_person_says_it_on_the_page_of_the_visit(patient: Client, visit: Appointment) -> None:
    path = f"/consult/appointments/{visit.code}/"
    assert f'action="{path}coming/"' in patient.get(path).text
    page = from_page(patient, visit).text
    assert "You have told us that you will be there." in page
    assert f'action="{path}coming/"' not in page
    assert (confirmed(), noted()) == ([NOW], [(visit.intake.owner, {"through": "page"})])
    assert "You have told us that you will be there." in patient.get("/consult/status/").text


def test_it_is_asked_from_three_days_before(patient: Client, ana: Any, doctor: Any) -> None:
    far = factories.appointment(ana, starts_at=NOW + timedelta(hours=73), clinician=doctor)
    assert "coming/" not in patient.get(f"/consult/appointments/{far.code}/").text
    near = NOW + timedelta(hours=1)
    assert (coming.is_asked(far, now=NOW), coming.is_asked(far, now=near)) == (False, True)


@pytest.mark.parametrize("seen", ["1", "", "x", "-1", "\0", "9" * 40])
def test_a_page_that_is_out_of_date_confirms_nothing(patient: Any, visit: Any, seen: str) -> None:
    assert "has been changed meanwhile" in from_page(patient, visit, seen).text
    assert confirmed() == [None]


def test_nobody_says_it_for_somebody_else(visit: Appointment) -> None:
    for person in (factories.UserFactory(), factories.staff(Role.FRONT_DESK), visit.clinician):
        other = Client()
        other.force_login(person)
        assert from_page(other, visit).status_code == 404
    assert Client().post(f"/consult/appointments/{visit.code}/coming/").status_code == 409
    assert confirmed() == [None]


def test_a_visit_that_moves_is_asked_about_anew(patient: Any, visit: Any, doctor: Any) -> None:
    coming.say(visit, seen_sequence=0, through="page", by=visit.intake.owner, now=NOW)
    there = at("2026-11-19T10:00")
    moved = actions.move(visit, clinician=doctor, starts_at=there, by=doctor, now=NOW)
    assert (moved.confirmed_at, confirmed()) == (None, [None])
    with pytest.raises(NotBookable):
        coming.say(visit, seen_sequence=0, through="letter", by=None, now=NOW)
    planned = Message.objects.get(event="reminder_24h", status="scheduled")
    assert THANKS in Client().post(path_of(planned)).text


# -------------------------------------------------------------------------------- staff see which
def test_staff_see_who_has_confirmed_and_who_has_not(visit: Appointment) -> None:
    desk, case = Client(), f"/staff/intakes/{visit.intake.code}/"
    desk.force_login(factories.staff(Role.FRONT_DESK))
    pages = [
        "/staff/calendar/?day=2026-11-18",
        "/staff/calendar/week/?day=2026-11-18",
        case,
        f"/consult/appointments/{visit.code}/",
    ]
    before = [desk.get(one).text for one in pages]
    assert ["ot confirmed" in one for one in before] == [True] * 4
    coming.say(visit, seen_sequence=0, through="letter", by=None, now=NOW)
    said = ("onfirmed by the person", "The person has said that they will be there.")
    after = [desk.get(one).text for one in pages]
    assert [any(words in one for words in said) for one in after] == [True] * 4
    assert ["ot confirmed" in one for one in after] == [False] * 4
    assert "Confirmed by the person" in desk.get("/staff/calendar/print/?day=2026-11-18").text
