"""Times and addresses that cannot be: a clear page, the next possible times, nothing changed."""

import re
import uuid
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from consult.booking import actions
from consult.models import Hold, HoursChange, Intake, VisitType
from tests import factories
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
BOOK = "/consult/book/"
TEN = "2026-11-24T18:00Z"
NO_HOLD = f"{BOOK}00000000-0000-4000-8000-000000000000/"
LOOKS = {"consult.AuditEvent"}  # looking at a page may be written down


def rows() -> dict[str, Any]:
    """Everything the portal holds, but who looked."""
    models = apps.get_app_config("consult").get_models()
    return {
        one._meta.label: sorted(map(str, one.objects.values()))
        for one in models
        if one._meta.label not in LOOKS
    }


def other_person(email: str = "ben@example.org") -> Intake:
    return factories.ready(email=email)


def taken(talk: VisitType, doctor: Any) -> None:
    ten = at("2026-11-24T10:00")
    factories.appointment(other_person(), starts_at=ten, visit_type=talk, clinician=doctor)


def held(talk: VisitType, doctor: Any) -> None:
    ben = other_person()
    ten = at("2026-11-24T10:00")
    actions.hold(ben, visit_type=talk, clinician=None, starts_at=ten, by=ben.owner, now=NOW)


def closed(talk: VisitType, doctor: Any) -> None:
    tuesday = date(2026, 11, 24)
    HoursChange.objects.create(
        clinician=None, first_on=tuesday, last_on=tuesday, zone="America/Tijuana"
    )


def full(talk: VisitType, doctor: Any) -> None:
    VisitType.objects.update(per_day_limit=1)
    three = at("2026-11-24T15:00")
    factories.appointment(other_person(), starts_at=three, visit_type=talk, clinician=doctor)


def for_others(talk: VisitType, doctor: Any) -> None:
    """This kind is another clinician's; the first one is asked for by the address."""
    talk.clinicians.add(factories.opened(factories.clinician()))


def for_other_ranks(talk: VisitType, doctor: Any) -> None:
    VisitType.objects.filter(pk=talk.pk).update(from_rank=5)
    factories.VisitTypeFactory(name="The right one", to_rank=4)


def for_staff(talk: VisitType, doctor: Any) -> None:
    VisitType.objects.filter(pk=talk.pk).update(booked_by="staff")
    factories.VisitTypeFactory(name="The right one")


def nothing(talk: VisitType, doctor: Any) -> None:
    """The clinic as it is."""


BAD = [
    ("past", nothing, "2026-11-16T18:00Z", 422, "has passed"),
    ("off the grid", nothing, "2026-11-24T18:05Z", 422, "every quarter of an hour"),
    ("outside hours", nothing, "2026-11-24T09:00Z", 422, "Nobody can see you"),
    ("into the break", nothing, "2026-11-24T20:30Z", 422, "Nobody can see you"),
    ("taken", taken, TEN, 409, "Somebody else has just taken"),
    ("overlapping", taken, "2026-11-24T17:45Z", 409, "Somebody else has just taken"),
    ("held by another", held, TEN, 409, "Somebody else has just taken"),
    ("a closed day", closed, TEN, 422, "Nobody can see you"),
    ("too soon", nothing, "2026-11-18T17:00Z", 422, "too soon"),
    ("beyond the horizon", nothing, "2027-11-24T18:00Z", 422, "too far ahead"),
    ("another clinician's kind", for_others, TEN, 422, "Nobody can see you"),
    ("another rank's kind", for_other_ranks, TEN, 422, "shorter or longer than"),
    ("only for staff", for_staff, TEN, 422, "cannot be chosen here"),
    ("a full day", full, TEN, 409, "No more visits of this kind"),
    ("no time at all", nothing, "", 422, "Please choose a time"),
    ("no zone", nothing, "2026-11-24T18:00", 422, "could not read"),
]


def shows_next_times(page: str) -> bool:
    return bool(re.search(r'name="starts_at" value="20\d\d-', page))


@pytest.mark.parametrize(
    ("make", "value", "status", "words"), [one[1:] for one in BAD], ids=[one[0] for one in BAD]
)
@pytest.mark.parametrize("door", ["choose", "confirm"])
def test_a_time_that_cannot_be(
    patient: Any, ana: Any, talk: Any, doctor: Any,
    door: str, make: Any, value: str, status: int, words: str,
) -> None:  # fmt: skip
    make(talk, doctor)
    before = rows()
    if door == "choose":
        page = f"{BOOK}?type={talk.pk}&clinician={doctor.pk}"
        answer = patient.post(page, {"starts_at": value, "note": "I bring my sister"})
    else:
        fields = {"starts_at": value, "type": talk.pk, "clinician": doctor.pk, "key": uuid.uuid4()}
        answer = patient.post(NO_HOLD, fields | {"note": "I bring my sister"})
    page = answer.text
    assert (answer.status_code, words in page, rows() == before) == (status, True, True)
    assert "Nothing has been changed." in page
    assert shows_next_times(page)
    assert "I bring my sister" in page


@pytest.mark.parametrize("page", ["", "move/", "cancel/", "appointment.ics"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_foreign_appointment_is_not_there(
    patient: Any, ana: Any, talk: Any, doctor: Any, page: str, method: str
) -> None:
    theirs = factories.appointment(other_person(), visit_type=talk, clinician=doctor)
    before = rows()
    answer = getattr(patient, method)(f"/consult/appointments/{theirs.code}/{page}")
    allowed = {404} if method == "get" or page in {"move/", "cancel/"} else {404, 405}
    assert answer.status_code in allowed
    assert rows() == before


def test_a_foreign_appointment_cannot_be_moved_by_the_last_page(
    patient: Any, ana: Any, talk: Any, doctor: Any
) -> None:
    theirs = factories.appointment(other_person(), visit_type=talk, clinician=doctor)
    fields = {"starts_at": TEN, "type": talk.pk, "key": uuid.uuid4(), "moves": theirs.code}
    before = rows()
    answer = patient.post(NO_HOLD, fields)
    assert (answer.status_code, rows() == before) == (404, True)


def test_a_cancelled_appointment_cannot_be_moved_but_a_new_time_chosen(
    patient: Any, ana: Any, talk: Any, doctor: Any
) -> None:
    gone = factories.appointment(
        ana, visit_type=talk, clinician=doctor, status="cancelled", cancelled_at=NOW
    )
    before = rows()
    page = f"/consult/appointments/{gone.code}/move/"
    assert patient.get(page).url == f"/consult/appointments/{gone.code}/"
    answer = patient.post(page, {"starts_at": TEN})
    assert (answer.status_code, shows_next_times(answer.text)) == (409, True)
    assert "This appointment is cancelled." in answer.text
    assert rows() == before


@pytest.mark.parametrize("state", ["submitted", "asked", "on_hold", "withdrawn"])
@pytest.mark.parametrize("page", [BOOK, NO_HOLD])
def test_a_case_that_is_not_ready_or_taken_back_books_nothing(
    patient: Any, ana: Any, talk: Any, state: str, page: str
) -> None:
    Intake.objects.filter(pk=ana.pk).update(state=state)
    before = rows()
    fields = {"starts_at": TEN, "type": talk.pk, "key": uuid.uuid4(), "note": ""}
    answer = patient.post(page, fields)
    assert (answer.status_code, "You cannot choose a time yet" in answer.text) == (409, True)
    assert rows() == before


def test_a_time_held_for_somebody_else_is_not_shown(ana: Any, talk: Any, doctor: Any) -> None:
    held(talk, doctor)
    stranger = Client()
    stranger.force_login(ana.owner)
    before = rows()
    answer = stranger.get(f"{BOOK}{Hold.objects.get().pk}/")
    assert (answer.status_code, answer.url, rows() == before) == (302, BOOK, True)
