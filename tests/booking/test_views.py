"""The pages, as a patient's browser meets them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar

from consult.booking import actions
from consult.booking.times import diary
from consult.models import Appointment, Cell, Hold, Intake, VisitType
from tests import factories
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
BOOK = "/consult/book/"
TEN = "2026-11-24T18:00Z"


def posted(client: Client, form: Any, **changed: str) -> Any:
    """Post the confirmation page's own fields back to it."""
    found = client.get(form.url).content.decode()
    pairs = re.findall(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?', found)
    fields = {name: value for name, value in pairs if name != "csrfmiddlewaretoken"}
    return client.post(form.url, fields | changed)


def booked(intake: Intake, starts_at: Any = None) -> Appointment:
    return actions.book(
        intake,
        visit_type=VisitType.objects.first(),
        clinician=None,
        starts_at=starts_at or at("2026-11-24T10:00"),
        zone="America/Tijuana",
        idempotency_key="k",
        by=intake.owner,
        now=NOW,
    )


def test_nobody_in_particular_is_asked_to_sign_in(client: Any, ana: Any, talk: Any) -> None:
    made = booked(ana)
    for page in ["", "move/", "cancel/", "appointment.ics"]:
        answer = client.get(f"/consult/appointments/{made.code}/{page}")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/consult/sign-in/")
    assert client.get(BOOK).headers["Location"] == "/consult/sign-in/"


def test_a_time_is_chosen_held_confirmed_and_booked(patient: Any, ana: Any, talk: Any) -> None:
    page = patient.get(BOOK)
    assert f'value="{TEN}"' in page.content.decode()
    held = patient.post(BOOK, {"starts_at": TEN})
    confirm = patient.get(held.url).content.decode()
    assert "Tuesday 24 November 2026, 10:00, Tijuana time" in confirm
    assert "10:10</strong>. It is not booked yet" in confirm
    done = posted(patient, held, note="I bring my sister")
    made = Appointment.objects.get()
    assert done.url == f"/consult/appointments/{made.code}/"
    assert (made.intake, made.note, made.zone) == (ana, "I bring my sister", "America/Tijuana")
    assert Hold.objects.count() == 0


def test_sending_the_confirmation_twice_books_once(patient: Any, ana: Any, talk: Any) -> None:
    held = patient.post(BOOK, {"starts_at": TEN})
    fields = {
        "starts_at": TEN,
        "type": str(talk.pk),
        "key": str(Hold.objects.get().pk),
        "note": "",
    }
    first, second = patient.post(held.url, fields), patient.post(held.url, fields)
    assert first.url == second.url == f"/consult/appointments/{Appointment.objects.get().code}/"


def test_losing_a_race_shows_the_next_times_and_keeps_what_was_typed(
    patient: Any, ana: Any, talk: Any
) -> None:
    held = patient.post(BOOK, {"starts_at": TEN})
    Hold.objects.update(expires_at=NOW)
    booked(factories.ready(email="ben@example.org"))
    fields = {
        "starts_at": TEN,
        "type": str(talk.pk),
        "key": held.url.split("/")[-2],
        "note": 'My "sister" comes',
    }
    answer = patient.post(held.url, fields)
    page = answer.content.decode()
    assert (answer.status_code, Appointment.objects.count()) == (409, 1)
    assert "Somebody else has just taken this time." in page
    assert 'name="note" value="My &quot;sister&quot; comes"' in page
    few = page.split('id="next-few"')[1].split("</section>")[0]
    assert re.findall(r'value="([^"]+)"', few)[:2] == ["2026-11-24T19:00Z", "2026-11-24T19:15Z"]
    again = patient.post(BOOK, {"starts_at": "2026-11-24T19:00Z", "note": fields["note"]})
    assert "My &quot;sister&quot; comes</textarea>" in patient.get(again.url).content.decode()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-11-16T18:00Z", "has passed"),
        ("2026-11-24T18:05Z", "every quarter"),
        ("2026-11-24T09:00Z", "Nobody can see you"),
        ("2026-11-18T17:00Z", "too soon"),
        ("2099-11-18T17:00Z", "too far"),
        ("0001-01-01T00:00Z", "has passed"),
        ("0001-01-01T00:00+14:00", "could not read"),
        ("9999-12-31T23:59-14:00", "could not read"),
        ("2026-11-24T18:00", "could not read"),
        ("tomorrow", "could not read"),
        ("\x00", "could not read"),
        ("", "Please choose a time"),
    ],
)
def test_a_time_that_cannot_be_is_a_clear_page(
    patient: Any, ana: Any, talk: Any, value: str, words: str
) -> None:
    answer = patient.post(BOOK, {"starts_at": value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "Nothing has been changed." in page
    assert 'name="starts_at" value="20' in page
    assert Cell.objects.count() == 0


@pytest.mark.parametrize(
    "query", ["month=0000-00", "month=9999-12", "month=x", "type=x", "clinician=1", "month=\x00"]
)
def test_odd_addresses_show_the_times_all_the_same(
    patient: Any, ana: Any, talk: Any, query: str
) -> None:
    assert patient.get(f"{BOOK}?{query}").status_code == 200


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("submitted", "A clinician reads your form first"),
        ("on_hold", "clear up some points"),
        ("withdrawn", "taken your form back"),
    ],
)
def test_a_form_that_is_not_ready_meets_a_page_that_says_why(
    patient: Any, ana: Any, talk: Any, state: str, words: str
) -> None:
    held = patient.post(BOOK, {"starts_at": TEN})
    Intake.objects.update(state=state)
    assert words in patient.get(BOOK).content.decode()
    assert words in posted(patient, held).content.decode()
    assert Appointment.objects.count() == 0


def test_somebody_without_a_form_is_told_where_to_begin(client: Any, db: None) -> None:
    client.force_login(factories.UserFactory())
    assert "/consult/" in client.get(BOOK).content.decode()


def test_foreign_and_made_up_codes_are_the_same_404(patient: Any, ana: Any, talk: Any) -> None:
    other = booked(factories.ready(email="ben@example.org"))
    bodies = set()
    for code in (other.code, "NOSUCHCODE"):
        for page in ("", "move/", "cancel/", "appointment.ics"):
            answer = patient.get(f"/consult/appointments/{code}/{page}")
            assert answer.status_code == 404
            bodies.add(answer.content)
    assert len(bodies) == 1
    answer = patient.post(f"/consult/appointments/{other.code}/cancel/", {})
    assert (answer.status_code, Appointment.objects.get().status) == (404, "booked")


def test_anothers_hold_cannot_be_opened_or_booked(patient: Any, ana: Any, talk: Any) -> None:
    ben = factories.ready(email="ben@example.org")
    theirs = actions.hold(
        ben,
        visit_type=talk,
        clinician=None,
        starts_at=at("2026-11-24T10:00"),
        by=ben.owner,
        now=NOW,
    )
    page = reverse("consult:book_confirm", args=[theirs.pk])
    assert patient.get(page).url == BOOK
    fields = {"starts_at": TEN, "type": str(talk.pk), "key": str(theirs.pk), "note": ""}
    assert patient.post(page, fields).status_code == 409
    assert Appointment.objects.count() == 0


def test_an_appointment_is_moved(patient: Any, ana: Any, talk: Any) -> None:
    made = booked(ana)
    move = f"/consult/appointments/{made.code}/move/"
    assert f'value="{TEN}"' in patient.get(move).content.decode()  # its own time is free for it
    held = patient.post(move, {"starts_at": "2026-11-24T18:15Z"})
    done = posted(patient, held)
    assert done.url == f"/consult/appointments/{made.code}/"
    moved = Appointment.objects.get()
    assert (moved.starts_at, moved.sequence) == (at("2026-11-24T10:15"), 1)


def test_an_appointment_is_cancelled_with_a_reason(patient: Any, ana: Any, talk: Any) -> None:
    made = booked(ana)
    page = f"/consult/appointments/{made.code}/cancel/"
    assert patient.get(page).status_code == 200
    assert Appointment.objects.get().status == "booked"
    assert patient.post(page, {"reason": "Away"}).status_code == 302
    assert patient.post(page, {"reason": "Again"}).status_code == 302
    gone = Appointment.objects.get()
    assert (gone.status, gone.reason) == ("cancelled", "Away")
    assert "Choose another time" in patient.get(f"/consult/appointments/{made.code}/").text


def test_after_the_cut_off_the_page_says_to_call(
    patient: Any, ana: Any, talk: Any, time_machine: Any
) -> None:
    made = booked(ana)
    time_machine.move_to(made.starts_at - timedelta(hours=5), tick=False)
    patient.force_login(ana.owner)
    page = patient.get(f"/consult/appointments/{made.code}/").text
    assert "Please call us" in page
    assert "/cancel/" not in page
    patient.post(f"/consult/appointments/{made.code}/cancel/", {})
    assert Appointment.objects.get().status == "booked"


def test_with_an_appointment_the_booking_page_leads_to_it(
    patient: Any, ana: Any, talk: Any
) -> None:
    made = booked(ana)
    assert patient.get(BOOK).url == f"/consult/appointments/{made.code}/"


def test_another_clock_is_shown_beside_the_persons(talk: Any, doctor: Any) -> None:
    ben = factories.ready(email="ben@example.org", time_zone="Europe/Berlin")
    client = Client()
    client.force_login(ben.owner)
    page = client.get(BOOK).text
    assert "Berlin time" in page
    assert re.search(r'value="2026-11-24T18:00Z">19:00 <small>10:00</small>', page)
    VisitType.objects.update(mode="person")
    assert re.search(r'value="2026-11-24T18:00Z">10:00 <small>19:00</small>', client.get(BOOK).text)


def test_the_clock_is_changed_on_the_page_and_kept_with_the_appointment(
    patient: Any, ana: Any, talk: Any
) -> None:
    berlin = f"{BOOK}?type={talk.pk}&zone=Europe%2FBerlin"
    page = patient.get(berlin).text
    assert re.search(r'value="2026-11-24T18:00Z">19:00 <small>10:00</small>', page)
    assert '<option value="Europe/Berlin" selected>' in page
    assert f"type={talk.pk}&amp;zone=Europe%2FBerlin" in page
    held = patient.post(berlin, {"starts_at": TEN})
    confirm = patient.get(held.url).text
    assert "Tuesday 24 November 2026, 19:00, Berlin time" in confirm
    assert "19:10</strong> (Berlin time). It is not booked yet" in confirm
    posted(patient, held)
    made = Appointment.objects.get()
    assert (made.zone, made.starts_at) == ("Europe/Berlin", at("2026-11-24T10:00"))
    move = f"/consult/appointments/{made.code}/move/"
    assert "Berlin time" in patient.get(move).text
    assert "Tijuana time" in patient.get(f"{BOOK}?zone=Mars%2FBase", follow=True).text


def test_a_zone_that_is_in_no_list_is_still_the_persons(talk: Any, doctor: Any) -> None:
    lima = factories.ready(email="ben@example.org", time_zone="America/Lima")
    client = Client()
    client.force_login(lima.owner)
    assert '<option value="America/Lima" selected>Lima</option>' in client.get(BOOK).text


def test_several_visit_types_are_chosen_from(patient: Any, ana: Any, talk: Any) -> None:
    phone = factories.VisitTypeFactory(name="Call", mode="phone", length_minutes=15)
    assert "Call" in patient.get(BOOK).text
    held = patient.post(f"{BOOK}?type={phone.pk}", {"starts_at": TEN})
    assert 'value="+52 664 123 4567"' in patient.get(held.url).text
    assert posted(patient, held, phone="12", note="").status_code == 422
    posted(patient, held, phone="+49 30 1234567", note="")
    assert Appointment.objects.get().phone == "+49 30 1234567"


def queries_of(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(page).status_code == 200
    return len(caught)


def test_a_month_costs_the_same_queries_however_full_it_is(
    patient: Any, ana: Any, talk: Any, doctor: Any
) -> None:
    page = f"{BOOK}?month=2026-12"
    patient.get(page)  # what is read once and kept
    empty = queries_of(patient, page)
    ben = factories.ready(email="ben@example.org")
    for day in range(1, 19):
        factories.appointment(
            ben,
            starts_at=at(f"2026-12-{day:02}T10:00"),
            visit_type=talk,
            clinician=factories.opened(factories.clinician()),
        )
    assert queries_of(patient, page) == empty


def test_a_month_asks_once_for_the_kinds_of_visit(patient: Any, ana: Any, talk: Any) -> None:
    with CaptureQueriesContext(connection) as caught:
        assert patient.get(f"{BOOK}?month=2026-12").status_code == 200
    assert sum('FROM "consult_visittype" ' in one["sql"] for one in caught) == 1


def test_openings_are_two_queries(ana: Any, talk: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        read = diary(talk, since=NOW, until=NOW + timedelta(days=31), now=NOW)
        assert len(read.starts(now=NOW, since=NOW, until=NOW + timedelta(days=31))) > 500


def test_the_calendar_file_keeps_its_uid_and_counts_its_changes(
    patient: Any, ana: Any, talk: Any
) -> None:
    made = booked(ana)
    page = f"/consult/appointments/{made.code}/appointment.ics"

    def entry() -> tuple[Any, ...]:
        calendar = Calendar.from_ical(patient.get(page).content)
        (event,) = calendar.walk("VEVENT")
        assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["America/Tijuana"]
        return (
            str(calendar["METHOD"]),
            str(event["SUMMARY"]),
            str(event["UID"]),
            event["SEQUENCE"],
            event.decoded("DTSTART"),
            str(event["STATUS"]),
        )

    ten, eleven = at("2026-11-24T10:00"), at("2026-11-24T11:00")
    uid = str(made.uid)
    assert entry() == ("REQUEST", "Appointment", uid, 0, ten, "CONFIRMED")
    actions.move(made, clinician=None, starts_at=eleven, by=ana.owner, now=NOW)
    assert entry() == ("REQUEST", "Appointment", uid, 1, eleven, "CONFIRMED")
    actions.cancel(made, by=ana.owner, now=NOW)
    assert entry() == ("CANCEL", "Appointment", uid, 2, eleven, "CANCELLED")


def test_staff_see_and_cancel_anybodys(clinician_client: Any, ana: Any, talk: Any) -> None:
    made = booked(ana)
    assert clinician_client.get(f"/consult/appointments/{made.code}/").status_code == 200
