"""The page of the waiting list: joining, changing, leaving."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from consult.booking.refusals import NotBookable
from consult.booking.waitlist_look import look
from consult.models import Intake, VisitType, WaitlistEntry
from tests import factories
from tests.booking.waiting import PAGE, free_up, letters, outcomes, waiting
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]


def wish(**fields: str) -> dict[str, str]:
    row = {
        "do": "join",
        "first_on.day": "23",
        "first_on.month": "nov",
        "first_on.year": "2026",
        "last_on": "27.11.2026",
        "day_part": "morning",
    }
    return row | fields


def test_joining_changing_and_leaving(patient: Client, ana: Any, talk: Any, full: None) -> None:
    assert "Put me on the list" in patient.get(PAGE).text
    assert patient.post(PAGE, wish()).url == PAGE
    entry = WaitlistEntry.objects.get()
    asked = (entry.first_on, entry.last_on, entry.day_part, entry.zone, entry.visit_type)
    days = (date(2026, 11, 23), date(2026, 11, 27))
    assert asked == (*days, "morning", "America/Tijuana", talk)
    assert "23 November to 27 November 2026, mornings" in patient.get(PAGE).text
    patient.post(PAGE, wish(day_part="afternoon"))
    changed = WaitlistEntry.objects.get()
    assert (changed.pk, changed.day_part, changed.made_at) == (entry.pk, "afternoon", NOW)
    patient.post(PAGE, {"do": "leave"})
    assert WaitlistEntry.objects.get().ended_at == NOW
    patient.post(PAGE, {"do": "leave"})
    patient.post(PAGE, wish())
    assert WaitlistEntry.objects.waiting().count() == 1


def test_leaving_takes_back_what_was_offered(patient: Client, offer: Any) -> None:
    assert f"/consult/offers/{offer.code}/" in patient.get(PAGE).text
    patient.post(PAGE, {"do": "leave"})
    assert (outcomes(), letters()) == ([("ana@example.org", "declined")], {"cancelled": 1})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"last_on": "22.11.2026"}, "has to come after the first"),
        ({"last_on": ""}, "Please give a day"),
        ({"last_on": "31.11.2026"}, "cannot read this as a day"),
        ({"first_on.month": "smarch"}, "cannot read this as a day"),
        ({"first_on": "2026-10-01", "last_on": "2026-10-02"}, "This day is over"),
        ({"first_on": "2027-10-01", "last_on": "2027-10-02"}, "too far ahead"),
        ({"first_on": "9999-12-31", "last_on": "9999-12-31"}, "too far ahead"),
        ({"day_part": ""}, "choose a time of the day"),
        ({"day_part": "night"}, "choose one of these"),
    ],
)
def test_wishes_that_cannot_be_are_refused_in_words(
    patient: Client, talk: Any, fields: dict[str, str], words: str
) -> None:
    answer = patient.post(PAGE, wish(**fields))
    assert (answer.status_code, words in answer.text) == (422, True)
    assert WaitlistEntry.objects.count() == 0


def test_what_is_free_already_is_shown_first(
    patient: Client, ana: Any, talk: Any, doctor: Any, full: None
) -> None:
    free_up(doctor)
    shown = patient.post(PAGE, wish())
    assert "These times are free now" in shown.text
    assert 'value="2026-11-24T18:00Z"' in shown.text
    assert WaitlistEntry.objects.count() == 0
    assert patient.post(PAGE, wish(none="yes")).url == PAGE
    assert WaitlistEntry.objects.count() == 1
    assert look(now=NOW) == 0  # they have said that it does not suit
    free_up(doctor, at("2026-11-25T09:00"))
    assert look(now=NOW) == 1


def test_where_many_times_are_free_nobody_needs_to_wait(patient: Client, talk: Any) -> None:
    shown = patient.post(PAGE, wish(none="yes"))
    assert "Many times are free on these days" in shown.text
    assert WaitlistEntry.objects.count() == 0


def test_a_form_that_is_not_ready_cannot_wait(patient: Client, ana: Any, talk: Any) -> None:
    Intake.objects.update(state="submitted")
    assert "You cannot choose a time yet" in patient.get(PAGE).text
    assert "You cannot choose a time yet" in patient.post(PAGE, wish()).text
    with pytest.raises(NotBookable):
        waiting(ana, talk)
    assert WaitlistEntry.objects.count() == 0


def test_nothing_on_offer_is_said_in_words(patient: Client, ana: Any) -> None:
    for answer in (patient.get(PAGE), patient.post(PAGE, wish())):
        assert "No visit can be chosen here" in answer.text


def test_a_kind_that_the_level_does_not_offer_cannot_be_waited_for(
    ana: Any, talk: Any, patient: Client
) -> None:
    VisitType.objects.update(from_rank=3)
    factories.VisitTypeFactory(name="Short talk", to_rank=2)
    with pytest.raises(NotBookable, match="shorter or longer"):
        waiting(ana, talk)
    patient.post(PAGE, wish(visit_type=str(talk.pk)))
    assert not WaitlistEntry.objects.filter(visit_type=talk).exists()


def test_who_has_an_appointment_waits_for_one_like_it(ana: Any, talk: Any, doctor: Any) -> None:
    other = factories.VisitTypeFactory(name="Long talk", length_minutes=90)
    later = at("2026-12-15T10:00")
    factories.appointment(ana, starts_at=later, visit_type=talk, clinician=doctor)
    with pytest.raises(NotBookable, match="of another kind"):
        waiting(ana, other)
    assert waiting(ana, talk).visit_type == talk
