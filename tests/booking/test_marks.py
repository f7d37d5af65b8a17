"""What became of a visit, and what follows from it."""

from datetime import timedelta
from typing import Any

import pytest

from consult.booking import actions
from consult.booking.refusals import NotBookable
from consult.models import Appointment, Cell, Intake, Message, StaffTask
from tests import factories
from tests.factories import at

pytestmark = pytest.mark.django_db
TEN = at("2026-11-17T10:00")
ELEVEN = TEN + timedelta(hours=1)


@pytest.fixture
def visit(ana: Any, doctor: Any) -> Appointment:
    return factories.appointment(ana, starts_at=TEN, clinician=doctor)


def letters() -> list[tuple[str, str, str]]:
    rows = Message.objects.filter(event__in=["missed_appointment", "after_consultation"])
    return [
        (one.event, one.status, f"{(one.not_before - ELEVEN).total_seconds() / 3600:g} h")
        for one in rows.order_by("created_at", "event")
    ]


def mark(visit: Appointment, status: str, by: Any, now: Any = ELEVEN) -> Appointment:
    return actions.mark(visit, status=status, by=by, now=now)


def tasks() -> list[tuple[str, str]]:
    return [(one.event, one.what_was_done) for one in StaffTask.objects.order_by("event")]


def test_who_came_is_written_to_when_there_is_a_summary(visit: Any, doctor: Any) -> None:
    mark(visit, "attended", doctor)
    assert (letters(), tasks()) == ([], [("staff_write_summary", "")])


def test_who_did_not_come_is_written_to_two_hours_later(visit: Any, doctor: Any) -> None:
    mark(visit, "missed", doctor)
    assert letters() == [("missed_appointment", "scheduled", "2 h")]
    assert StaffTask.objects.count() == 0


@pytest.mark.parametrize("rank", [3, 4, 5])
def test_those_of_a_high_place_in_the_queue_are_called_instead(
    visit: Any, doctor: Any, rank: int
) -> None:
    Intake.objects.update(rank=rank)
    mark(visit, "missed", doctor)
    assert (letters(), tasks()) == ([], [("staff_call_missed", "")])
    assert StaffTask.objects.get().due_at == at("2026-11-18T17:00")


def test_who_has_no_address_is_called(visit: Any, doctor: Any) -> None:
    intake = visit.intake
    intake.contact, intake.owner = intake.contact | {"email": ""}, None
    intake.save()
    mark(visit, "missed", doctor)
    assert (letters(), tasks()) == ([], [("staff_call_missed", "")])


def test_a_wrong_mark_is_taken_back_on_the_same_day(visit: Any, doctor: Any) -> None:
    mark(visit, "missed", doctor)
    assert mark(visit, "booked", doctor).status == "booked"
    assert letters() == [("missed_appointment", "cancelled", "2 h")]
    mark(visit, "missed", doctor)
    assert sorted(one[1] for one in letters()) == ["cancelled", "scheduled"]


def test_a_mark_is_not_taken_back_the_day_after_but_can_be_put_right(
    visit: Any, doctor: Any
) -> None:
    mark(visit, "missed", doctor)
    tomorrow = ELEVEN + timedelta(days=1)
    with pytest.raises(NotBookable, match="same day"):
        mark(visit, "booked", doctor, tomorrow)
    assert mark(visit, "attended", doctor, tomorrow).status == "attended"


def test_a_call_that_is_no_longer_due_is_closed_with_the_mark(visit: Any, doctor: Any) -> None:
    Intake.objects.update(rank=3)
    mark(visit, "missed", doctor)
    mark(visit, "attended", doctor)
    assert tasks() == [("staff_call_missed", "The mark was changed."), ("staff_write_summary", "")]
    assert letters() == []


def test_the_same_mark_twice_is_one_letter(visit: Any, doctor: Any) -> None:
    first = mark(visit, "missed", doctor)
    assert mark(visit, "missed", doctor).sequence == first.sequence
    assert len(letters()) == 1


def test_the_clinic_calls_a_visit_off_with_words(ana: Any, doctor: Any, patient: Any) -> None:
    visit = factories.appointment(ana, starts_at=TEN + timedelta(days=9), clinician=doctor)
    gone = actions.cancel(visit, by=doctor, now=ELEVEN, reason="We are ill.", by_clinic=True)
    assert (gone.status, gone.by_clinic, Cell.objects.count()) == ("cancelled", True, 0)
    assert Message.objects.filter(event="booking_changed").count() == 1
    assert "We are ill." in patient.get(f"/consult/appointments/{visit.code}/").text


def test_nobody_cancels_in_the_name_of_the_clinic_but_its_staff(ana: Any, doctor: Any) -> None:
    visit = factories.appointment(ana, starts_at=TEN + timedelta(days=9), clinician=doctor)
    gone = actions.cancel(visit, by=ana.owner, now=ELEVEN, by_clinic=True)
    assert (gone.status, gone.by_clinic) == ("cancelled", False)
