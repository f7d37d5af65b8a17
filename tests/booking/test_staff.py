"""The care team's pages: hours, kinds of visit, the day."""

from datetime import time
from typing import Any

import pytest
from django.test import Client

from consult.models import Appointment, AuditEvent, HoursChange, Role, VisitType, WeeklyHours
from tests import factories
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
HOURS = "/staff/hours/"


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(factories.staff(Role.FRONT_DESK))
    return client


@pytest.mark.parametrize(
    "page", [HOURS, "/staff/calendar/", "/staff/visit-types/new/", "/staff/appointments/X/mark/"]
)
def test_for_patients_and_editors_these_pages_do_not_exist(
    patient: Any, client: Any, page: str
) -> None:
    client.force_login(factories.staff(Role.EDITOR))
    assert {one.get(page).status_code for one in (patient, client)} == {404}
    assert {one.post(page).status_code for one in (patient, client)} == {404}


def test_hours_are_added_and_show_in_the_month(desk: Any, talk: Any) -> None:
    new = factories.clinician(full_name="Dr New")
    page = f"{HOURS}?clinician={new.pk}"
    assert "nobody can book with Dr New" in desk.get(page).text
    fields = {"hours-weekday": "1", "hours-starts": "09:00", "hours-ends": "11:00"}
    assert desk.post(page, fields | {"do": "add hours"}).status_code == 302
    row = WeeklyHours.objects.get()
    assert (row.clinician, row.starts, row.zone) == (new, time(9), "America/Tijuana")
    assert "Tuesday 24 November</strong><br>09:00 to 10:15" in desk.get(page).text
    assert AuditEvent.objects.about(row).get().did == "added weekly hours"


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        ("11:00", "10:00", "later than the beginning"),
        ("12:00", "15:00", "overlap with these"),
        ("", "10:00", "This field is required"),
        ("25:00", "10:00", "valid time"),
    ],
)
def test_hours_that_cannot_be_are_refused_in_words(
    desk: Any, doctor: Any, starts: str, ends: str, words: str
) -> None:
    before = WeeklyHours.objects.count()
    fields = {"hours-weekday": "1", "hours-starts": starts, "hours-ends": ends}
    answer = desk.post(f"{HOURS}?clinician={doctor.pk}", fields | {"do": "add hours"})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert WeeklyHours.objects.count() == before


def test_a_day_off_closes_it_and_removing_it_opens_it(desk: Any, doctor: Any, talk: Any) -> None:
    page = f"{HOURS}?clinician={doctor.pk}"
    fields = {"change-kind": "closed", "change-first_on": "2026-11-24", "do": "add change"}
    desk.post(page, fields)
    row = HoursChange.objects.get()
    assert (row.clinician, row.last_on, row.is_open) == (doctor, row.first_on, False)
    assert "Tuesday 24 November" not in desk.get(page).text
    desk.post(page, {"do": "remove", "row": str(row.pk)})
    assert "Tuesday 24 November" in desk.get(page).text


def test_a_change_of_one_cannot_be_removed_through_another(desk: Any, doctor: Any) -> None:
    other = factories.clinician()
    row = WeeklyHours.objects.first()
    for key in (str(row.pk), "x", ""):
        desk.post(f"{HOURS}?clinician={other.pk}", {"do": "remove", "row": key})
    assert WeeklyHours.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"change-kind": "open"}, "give both times"),
        ({"change-kind": "closed", "change-starts": "10:00"}, "give both times"),
        ({"change-kind": "closed", "change-last_on": "2026-11-01"}, "before the first day"),
        ({"change-kind": "holiday"}, "Select a valid choice"),
    ],
)
def test_changes_that_cannot_be_are_refused_in_words(
    desk: Any, doctor: Any, fields: Any, words: str
) -> None:
    given = {"change-first_on": "2026-11-24", "do": "add change"} | fields
    answer = desk.post(f"{HOURS}?clinician={doctor.pk}", given)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert HoursChange.objects.count() == 0


def test_a_kind_of_visit_is_made_and_offered(desk: Any, doctor: Any) -> None:
    fields = {
        "name": "First talk", "mode": "video", "booked_by": "patient", "length_minutes": "30",
        "before_minutes": "0", "after_minutes": "10", "notice_hours": "24", "horizon_days": "60",
        "cutoff_hours": "24", "position": "0", "is_active": "on", "clinicians": [str(doctor.pk)],
        "purpose": "consultation", "per_day_limit": "3", "from_rank": "1", "to_rank": "4",
    }  # fmt: skip
    assert desk.post("/staff/visit-types/new/", fields).status_code == 302
    made = VisitType.objects.get()
    assert (made.length_minutes, list(made.clinicians.all())) == (30, [doctor])
    assert (made.per_day_limit, made.from_rank, made.to_rank) == (3, 1, 4)
    turned = desk.post(f"/staff/visit-types/{made.pk}/", fields | {"to_rank": "0"})
    assert (turned.status_code, "must not be below" in turned.text) == (422, True)
    bad = desk.post(f"/staff/visit-types/{made.pk}/", fields | {"length_minutes": "0"})
    assert bad.status_code == 422


def test_the_day_lists_visits_and_marks_them(
    desk: Any, ana: Any, talk: Any, doctor: Any, time_machine: Any
) -> None:
    made = factories.appointment(
        ana, starts_at=at("2026-11-17T11:00"), visit_type=talk, clinician=doctor
    )
    mark = f"/staff/appointments/{made.code}/mark/"
    page = desk.get("/staff/calendar/").text
    assert "11:00 to 11:45" in page
    assert "Ana Torres" in page
    looked = AuditEvent.objects.filter(did="viewed the calendar").get()
    assert looked.details == {"rows": [made.code]}
    desk.post(mark, {"status": "attended"})
    assert Appointment.objects.get().status == "booked"  # it has not begun
    time_machine.move_to(at("2026-11-17T12:00"), tick=False)
    factories.still_at_work(desk).post(mark, {"status": "cancelled"})
    assert Appointment.objects.get().status == "booked"  # not by this door
    desk.post(mark, {"status": "missed"})
    assert Appointment.objects.get().status == "missed"


@pytest.mark.parametrize("day", ["", "x", "2026-13-01", "0001-01-01", "9999-12-31"])
def test_odd_days_are_today(desk: Any, day: str) -> None:
    assert "Tuesday 17 November 2026" in desk.get("/staff/calendar/", {"day": day}).text


def test_staff_cancel_at_any_time_and_move_for_the_person(
    desk: Any, ana: Any, talk: Any, doctor: Any
) -> None:
    made = factories.appointment(
        ana, starts_at=at("2026-11-17T16:00"), visit_type=talk, clinician=doctor
    )
    held = desk.post(f"/consult/appointments/{made.code}/move/", {"starts_at": "2026-11-18T18:00Z"})
    fields = {
        "starts_at": "2026-11-18T18:00Z",
        "type": str(talk.pk),
        "key": held.url.split("/")[-2],
        "moves": made.code,
    }
    desk.post(held.url, fields)
    assert Appointment.objects.get().starts_at == at("2026-11-18T10:00")
    desk.post(f"/consult/appointments/{made.code}/cancel/", {"reason": "We are ill"})
    assert (Appointment.objects.get().status, made.booked_at) == ("cancelled", NOW)


def test_staff_book_for_a_person_what_only_staff_may(
    desk: Any, ana: Any, talk: Any, patient: Any
) -> None:
    VisitType.objects.update(booked_by="staff")
    page = f"/consult/book/?for={ana.code}"
    assert "You are booking for <strong>Ana Torres" in desk.get(page).text
    held = desk.post(page, {"starts_at": "2026-11-24T18:00Z"})
    fields = {
        "starts_at": "2026-11-24T18:00Z",
        "type": str(talk.pk),
        "key": held.url.split("/")[-2],
        "note": "",
    }
    assert desk.post(held.url, fields).status_code == 302
    made = Appointment.objects.get()
    assert (made.intake, made.starts_at) == (ana, at("2026-11-24T10:00"))
    assert desk.get("/consult/book/?for=NOSUCHCODE").status_code == 404


def test_a_patient_cannot_book_for_somebody_else(patient: Any, ana: Any, talk: Any) -> None:
    other = factories.ready(email="ben@example.org")
    held = patient.post(f"/consult/book/?for={other.code}", {"starts_at": "2026-11-24T18:00Z"})
    assert held.status_code == 302
    assert ana.hold.starts_at == at("2026-11-24T10:00")
