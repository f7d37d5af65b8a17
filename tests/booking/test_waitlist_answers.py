"""What somebody answers who was told of a free time: the first has it."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from consult.booking import actions, waitlist
from consult.booking.refusals import NotBookable, SlotTaken, TooLate
from consult.booking.waitlist_look import look
from consult.models import (
    Appointment,
    Intake,
    Message,
    VisitType,
    WaitlistEntry,
    WaitlistOffer,
)
from tests import factories
from tests.booking.waiting import HOUR, PAGE, TEN, free_up, letters, others, outcomes, waiting
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]


def test_one_press_books_it(patient: Client, offer: Any, ana: Any, doctor: Any) -> None:
    page = f"/consult/offers/{offer.code}/"
    shown = patient.get(page)
    assert shown.status_code == 200
    assert "Tuesday 24 November 2026, 10:00, Tijuana time" in shown.text
    assert "Tuesday 17 November 2026, 14:00, Tijuana time" in shown.text
    assert Appointment.objects.count() == 0  # looking changes nothing
    sent = patient.post(page, {"do": "accept"})
    row = Appointment.objects.get()
    assert sent.url == f"/consult/appointments/{row.code}/"
    assert (row.intake, row.starts_at, row.clinician, row.status) == (ana, TEN, doctor, "booked")
    offer.refresh_from_db()
    assert (offer.outcome, offer.appointment, offer.answered_at) == ("taken", row, NOW)
    assert WaitlistEntry.objects.waiting().count() == 0
    assert Message.objects.filter(event="booking_confirmed").count() == 1
    assert patient.post(page, {"do": "accept"}).url == sent.url  # a second click
    assert Message.objects.filter(event="booking_confirmed").count() == 1
    assert "You have taken this time" in patient.get(page).text


def test_one_press_moves_the_appointment_and_it_stays_the_same_one(
    patient: Client, ana: Any, talk: Any, doctor: Any, full: None
) -> None:
    visit = factories.appointment(
        ana, starts_at=at("2026-12-15T10:00"), visit_type=talk, clinician=doctor
    )
    waiting(ana, talk)
    free_up(doctor)
    look(now=NOW)
    page = f"/consult/offers/{WaitlistOffer.objects.get().code}/"
    assert "Move my appointment to this time" in patient.get(page).text
    patient.post(page, {"do": "accept"})
    row = Appointment.objects.get()
    assert (row.pk, row.uid, row.code, row.sequence) == (visit.pk, visit.uid, visit.code, 1)
    assert row.starts_at == TEN
    patient.post(page, {"do": "accept"})
    assert Appointment.objects.get().sequence == 1


def test_not_this_time_waits_on_for_another(
    patient: Client, offer: Any, ana: Any, doctor: Any
) -> None:
    page = f"/consult/offers/{offer.code}/"
    assert patient.post(page, {"do": "decline"}).url == PAGE
    assert letters() == {"cancelled": 1}
    assert look(now=NOW) == 0  # not the same again
    free_up(doctor, at("2026-11-26T16:00"))
    assert look(now=NOW) == 1
    assert "You did not want this time" in patient.get(page).text
    assert patient.post(page, {"do": "accept"}).status_code == 409
    assert Appointment.objects.count() == 0


def test_who_comes_second_is_told_kindly_with_the_next_times(
    patient: Client, offer: Any, ana: Any, talk: Any, doctor: Any
) -> None:
    ben = factories.ready(by=doctor, email="ben@example.org")
    factories.appointment(ben, starts_at=TEN, visit_type=talk, clinician=doctor)
    page = f"/consult/offers/{offer.code}/"
    answer = patient.post(page, {"do": "accept"})
    assert answer.status_code == 409
    assert "Somebody else was faster" in answer.text
    assert "You are still on the list" in answer.text
    assert answer.text.count('class="time time-long"') == 6
    assert outcomes() == [("ana@example.org", "gone")]
    again = patient.get(page)
    assert (again.status_code, "Somebody else was faster" in again.text) == (200, True)


def test_a_booking_beside_the_list_closes_what_was_offered(
    offer: Any, talk: Any, doctor: Any
) -> None:
    ben = factories.ready(by=doctor, email="ben@example.org")
    starts_at = TEN
    actions.hold(ben, visit_type=talk, clinician=None, starts_at=starts_at, by=doctor, now=NOW)
    look(now=NOW)
    assert outcomes() == [("ana@example.org", "open")]  # a hold may end
    actions.book(
        ben, visit_type=talk, clinician=None, starts_at=starts_at, zone="UTC",
        idempotency_key="k", by=doctor, now=NOW,
    )  # fmt: skip
    look(now=NOW)
    assert outcomes() == [("ana@example.org", "gone")]
    assert letters() == {"cancelled": 1}


def test_after_its_deadline_an_offer_is_over(
    patient: Client, offer: Any, time_machine: Any
) -> None:
    page = f"/consult/offers/{offer.code}/"
    time_machine.move_to(offer.expires_at, tick=False)
    assert "This offer has ended" in factories.still_at_work(patient).get(page).text
    assert patient.post(page, {"do": "accept"}).status_code == 409
    assert Appointment.objects.count() == 0


def test_a_form_on_hold_takes_no_time(patient: Client, offer: Any) -> None:
    Intake.objects.update(state="on_hold")
    answer = patient.post(f"/consult/offers/{offer.code}/", {"do": "accept"})
    assert (answer.status_code, Appointment.objects.count()) == (409, 0)


def test_an_appointment_too_near_to_move_stays(
    patient: Client, ana: Any, talk: Any, doctor: Any, full: None, time_machine: Any
) -> None:
    VisitType.objects.update(notice_hours=0)
    near = at("2026-11-30T09:00")
    factories.appointment(ana, starts_at=near, visit_type=talk, clinician=doctor)
    waiting(ana, VisitType.objects.get())
    free_up(doctor, at("2026-11-27T17:00"))
    look(now=at("2026-11-27T12:00"))
    offer = WaitlistOffer.objects.get()
    VisitType.objects.update(cutoff_hours=96)
    time_machine.move_to(at("2026-11-27T12:30"), tick=False)
    patient.force_login(ana.owner)  # after ten days
    with pytest.raises(TooLate):
        waitlist.accept(offer, by=ana.owner, now=at("2026-11-27T12:30"))
    answer = patient.post(f"/consult/offers/{offer.code}/", {"do": "accept"})
    assert (answer.status_code, "too late to change" in answer.text) == (409, True)
    assert Appointment.objects.get().starts_at == near


def test_an_offer_is_its_persons_alone(offer: Any, doctor: Any) -> None:
    ben = Client()
    ben.force_login(factories.ready(by=doctor, email="ben@example.org").owner)
    page = f"/consult/offers/{offer.code}/"
    nowhere = ben.get("/consult/offers/ZZZZZZZZZZ/")
    for answer in (ben.get(page), ben.post(page, {"do": "accept"})):
        assert (answer.status_code, answer.content) == (404, nowhere.content)
    assert Appointment.objects.count() == 0
    assert Client().get(page).url == "/consult/sign-in/"


@pytest.fixture
def booked_otherwise(offer: Any, ana: Any, doctor: Any) -> Appointment:
    """Meanwhile they have booked another kind of visit, which is longer."""
    other = factories.VisitTypeFactory(name="Long talk", length_minutes=90)
    later = at("2026-12-15T10:00")
    return factories.appointment(ana, starts_at=later, visit_type=other, clinician=doctor)


def test_an_offer_of_one_kind_never_moves_an_appointment_of_another(
    patient: Client, offer: Any, booked_otherwise: Any
) -> None:
    answer = patient.post(f"/consult/offers/{offer.code}/", {"do": "accept"})
    assert (answer.status_code, "of another kind" in answer.text) == (409, True)
    assert Appointment.objects.get().starts_at == booked_otherwise.starts_at


def test_who_books_another_kind_of_visit_is_off_the_list(offer: Any, booked_otherwise: Any) -> None:
    look(now=NOW)
    assert (outcomes(), letters()) == ([("ana@example.org", "declined")], {"cancelled": 1})
    assert WaitlistEntry.objects.get().ended_at == NOW


# ------------------------------------------------------------------------------------------ races
def together(jobs: list[Any]) -> list[Any]:
    start = threading.Barrier(len(jobs))

    def one(job: Any) -> Any:
        try:
            start.wait(60)
            return job()
        except NotBookable as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(one, jobs))


@pytest.mark.django_db(transaction=True)
def test_twenty_that_accept_at_once_have_one_winner(time_machine: Any) -> None:
    time_machine.move_to(NOW)
    doctor = factories.opened(factories.clinician())
    talk = factories.VisitTypeFactory()
    people = others(doctor, 20)
    offers = [
        WaitlistOffer.objects.create(
            entry=waiting(one, talk),
            clinician=doctor,
            starts_at=TEN,
            offered_at=NOW,
            expires_at=NOW + HOUR,
        )
        for one in people
    ]
    for one in people[::4]:  # some have a later appointment, which then moves
        factories.appointment(
            one, starts_at=at("2026-12-15T09:00") + HOUR * people.index(one) / 4,
            visit_type=talk, clinician=doctor,
        )  # fmt: skip
    jobs = [
        lambda row=row, one=one: waitlist.accept(row, by=one.owner, now=NOW)
        for row, one in zip(offers, people, strict=True)
    ]
    outcome = together(jobs)
    won = [one for one in outcome if isinstance(one, Appointment)]
    assert (len(won), won[0].starts_at) == (1, TEN)
    assert {one for one in outcome if isinstance(one, type)} <= {SlotTaken, waitlist.OfferOver}
    assert Appointment.objects.filter(starts_at=TEN).count() == 1
    assert Counter(one for _, one in outcomes()) == {"taken": 1, "gone": 19}


@pytest.mark.django_db(transaction=True)
def test_a_press_twenty_times_is_one_visit(time_machine: Any) -> None:
    time_machine.move_to(NOW)
    doctor = factories.opened(factories.clinician())
    (one,) = others(doctor, 1)
    row = WaitlistOffer.objects.create(
        entry=waiting(one, factories.VisitTypeFactory()),
        clinician=doctor,
        starts_at=TEN,
        offered_at=NOW,
        expires_at=NOW + HOUR,
    )
    found = together([lambda: waitlist.accept(row, by=one.owner, now=NOW)] * 20)
    assert set(found) == {Appointment.objects.get()}
    assert Message.objects.filter(event="booking_confirmed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_looks_at_once_tell_nobody_twice(time_machine: Any) -> None:
    time_machine.move_to(NOW)
    doctor = factories.opened(factories.clinician())
    talk = factories.VisitTypeFactory()
    for one in others(doctor, 4):
        waiting(one, talk)
    together([lambda: look(now=NOW)] * 4)
    told = WaitlistOffer.objects.values_list("entry", flat=True)
    assert (len(told), len(set(told))) == (4, 4)
    assert Message.objects.filter(event="waitlist_offer").count() == 4
