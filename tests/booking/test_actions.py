"""Booking, holding, moving, cancelling: what stands in the database afterwards."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from consult.booking import actions
from consult.booking.refusals import NotBookable, SlotTaken, TooLate
from consult.models import Appointment, AuditEvent, Cell, Hold, HoursChange, Intake, Message
from consult.models.booking import VisitType
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db
TEN = at("2026-11-24T10:00")


def book(intake: Intake, **changed: Any) -> Appointment:
    given = {
        "visit_type": VisitType.objects.first(),
        "clinician": None,
        "starts_at": TEN,
        "zone": "America/Tijuana",
        "idempotency_key": uuid.uuid4().hex,
        "by": intake.owner,
        "now": NOW,
    }
    return actions.book(intake, **(given | changed))


def hold(intake: Intake, **changed: Any) -> Hold:
    given = {
        "visit_type": VisitType.objects.first(),
        "clinician": None,
        "starts_at": TEN,
        "by": intake.owner,
        "now": NOW,
    }
    return actions.hold(intake, **(given | changed))


def cells() -> list[str]:
    return [f"{one.starts_at:%d %H:%M}" for one in Cell.objects.order_by("starts_at")]


def letters() -> list[tuple[str, str]]:
    rows = Message.objects.filter(event__startswith="booking_c").order_by("created_at", "pk")
    return sorted(rows.values_list("event", "status"))


def test_a_booking_has_its_cells_its_letter_and_its_audit_event(ana: Any, talk: Any) -> None:
    made = book(ana)
    assert (made.starts_at, made.ends_at - made.starts_at) == (TEN, timedelta(minutes=45))
    assert cells() == ["24 18:00", "24 18:15", "24 18:30", "24 18:45"]  # a quarter after it
    assert letters() == [("booking_confirmed", "scheduled")]
    event = AuditEvent.objects.about(made).get()
    assert (event.did, event.by) == ("booked an appointment", ana.owner)


def test_the_same_key_again_is_the_same_appointment_and_one_letter(ana: Any, talk: Any) -> None:
    first = book(ana, idempotency_key="k")
    assert book(ana, idempotency_key="k") == first
    assert book(ana, idempotency_key="k", starts_at=at("2026-11-25T10:00")) == first
    assert (Appointment.objects.count(), len(letters())) == (1, 1)


def test_anothers_key_is_not_ours(ana: Any, talk: Any) -> None:
    mine = book(ana, idempotency_key="k")
    other = factories.ready(email="ben@example.org")
    assert book(other, idempotency_key="k", starts_at=at("2026-11-25T10:00")) != mine


def test_a_taken_time_is_refused_and_nothing_is_left_behind(ana: Any, talk: Any) -> None:
    book(factories.ready(email="ben@example.org"))
    with pytest.raises(SlotTaken):
        book(ana)
    assert (Appointment.objects.count(), Cell.objects.count(), len(letters())) == (1, 4, 1)


@pytest.mark.parametrize("start", ["09:15", "10:45"])
def test_a_time_that_overlaps_by_its_length_or_buffer_is_taken(
    ana: Any, talk: Any, start: str
) -> None:
    book(factories.ready(email="ben@example.org"))
    with pytest.raises(SlotTaken):
        book(ana, starts_at=at(f"2026-11-24T{start}"))


def test_anybody_means_whoever_is_free_with_the_least_to_do(
    ana: Any, talk: Any, doctor: Any
) -> None:
    other = factories.opened(factories.clinician(full_name="Dr Sam Rivera"))
    busy = book(factories.ready(email="ben@example.org"), clinician=doctor)
    assert busy.clinician == doctor
    assert book(ana).clinician_id == other.pk
    with pytest.raises(SlotTaken):
        book(factories.ready(email="cleo@example.org"))


WRONG = [
    ("2026-11-24T10:05", "every quarter"),
    ("2026-11-16T10:00", "has passed"),
    ("2026-11-17T10:00", "has passed"),
    ("2026-11-18T09:45", "too soon"),
    ("2027-06-01T10:00", "too far"),
    ("2026-11-24T08:45", "Nobody can see you"),
    ("2026-11-24T12:30", "Nobody can see you"),  # would run into the break
    ("2026-11-22T10:00", "Nobody can see you"),  # a Sunday
    ("2026-11-25T10:00", "Nobody can see you"),  # closed
]


@pytest.mark.parametrize(("start", "words"), WRONG)
def test_a_time_that_is_not_on_offer_is_refused_in_words(
    ana: Any, talk: Any, start: str, words: str
) -> None:
    day = at("2026-11-25T00:00").date()
    HoursChange.objects.create(first_on=day, last_on=day, zone="America/Tijuana")
    with pytest.raises(NotBookable, match=words):
        book(ana, starts_at=at(start))
    assert (Appointment.objects.count(), Cell.objects.count(), letters()) == (0, 0, [])


def test_anothers_visit_type_cannot_be_had_from_a_clinician(ana: Any, talk: Any) -> None:
    other = factories.opened(factories.clinician())
    talk.clinicians.add(other)
    with pytest.raises(NotBookable, match="Nobody can see you"):
        book(ana, clinician=ana.decisions.get().by)
    assert book(ana).clinician_id == other.pk


def test_only_staff_book_what_only_staff_may(ana: Any, talk: Any, doctor: Any) -> None:
    VisitType.objects.update(booked_by="staff")
    talk.refresh_from_db()
    with pytest.raises(NotBookable, match="cannot be chosen here"):
        book(ana, visit_type=talk)
    assert book(ana, visit_type=talk, by=doctor).is_standing


def test_staff_are_not_bound_by_notice(ana: Any, talk: Any, doctor: Any) -> None:
    assert book(ana, by=doctor, starts_at=at("2026-11-17T11:00")).is_standing


@pytest.mark.parametrize("state", ["submitted", "on_hold", "withdrawn"])
def test_a_form_that_is_not_ready_books_nothing(ana: Any, talk: Any, state: str) -> None:
    Intake.objects.update(state=state)
    with pytest.raises(NotBookable):
        book(ana)  # the copy in hand still says ready
    ana.refresh_from_db()
    with pytest.raises(NotBookable):
        book(ana)
    assert (Appointment.objects.count(), Cell.objects.count()) == (0, 0)


def test_a_person_has_one_appointment_at_a_time(ana: Any, talk: Any) -> None:
    book(ana)
    with pytest.raises(NotBookable, match="already have"):
        book(ana, starts_at=at("2026-11-25T10:00"))


def test_moving_keeps_who_it_is_and_frees_the_old_time(ana: Any, talk: Any) -> None:
    first = book(ana)
    moved = actions.move(
        first, clinician=None, starts_at=at("2026-11-24T11:00"), by=ana.owner, now=NOW
    )
    assert (moved.pk, moved.code, moved.uid, moved.sequence) == (
        first.pk,
        first.code,
        first.uid,
        1,
    )
    assert cells() == ["24 19:00", "24 19:15", "24 19:30", "24 19:45"]
    assert letters() == [("booking_changed", "scheduled"), ("booking_confirmed", "cancelled")]
    assert book(factories.ready(email="ben@example.org")).starts_at == TEN


def test_moving_by_a_quarter_overlaps_with_itself(ana: Any, talk: Any) -> None:
    first = book(ana)
    actions.move(first, clinician=None, starts_at=at("2026-11-24T10:15"), by=ana.owner, now=NOW)
    assert cells() == ["24 18:15", "24 18:30", "24 18:45", "24 19:00"]


def test_moving_onto_a_taken_time_leaves_everything_as_it_was(ana: Any, talk: Any) -> None:
    mine = book(ana)
    book(factories.ready(email="ben@example.org"), starts_at=at("2026-11-24T11:00"))
    with pytest.raises(SlotTaken):
        actions.move(mine, clinician=None, starts_at=at("2026-11-24T11:00"), by=ana.owner, now=NOW)
    kept = Appointment.objects.get(pk=mine.pk)
    assert (kept.starts_at, kept.sequence, kept.cells.count()) == (TEN, 0, 4)


def test_a_move_from_an_old_page_is_refused(ana: Any, talk: Any) -> None:
    mine = book(ana)
    go = {"clinician": None, "by": ana.owner, "now": NOW, "seen_sequence": 0}
    actions.move(mine, starts_at=at("2026-11-24T11:00"), **go)
    with pytest.raises(NotBookable, match="changed meanwhile"):
        actions.move(mine, starts_at=at("2026-11-24T14:00"), **go)


def test_cancelling_frees_the_time_and_says_so_once(ana: Any, talk: Any) -> None:
    mine = book(ana)
    actions.cancel(mine, by=ana.owner, now=NOW, reason="I am away")
    again = actions.cancel(mine, by=ana.owner, now=NOW + timedelta(minutes=1))
    assert (again.status, again.sequence, again.cancelled_at, again.reason) == (
        "cancelled",
        1,
        NOW,
        "I am away",
    )
    assert cells() == []
    assert letters() == [("booking_changed", "scheduled"), ("booking_confirmed", "cancelled")]


def test_after_the_cut_off_only_staff_change_an_appointment(
    ana: Any, talk: Any, doctor: Any
) -> None:
    mine = book(ana)
    late = TEN - timedelta(hours=23)
    with pytest.raises(TooLate):
        actions.cancel(mine, by=ana.owner, now=late)
    with pytest.raises(TooLate):
        actions.move(mine, clinician=None, starts_at=at("2026-11-26T10:00"), by=ana.owner, now=late)
    assert actions.cancel(mine, by=doctor, now=late).status == "cancelled"


def test_taking_the_form_back_calls_off_what_lies_ahead_whatever_the_cut_off(
    ana: Any, talk: Any
) -> None:
    mine = book(ana)
    hold(ana, starts_at=at("2026-11-24T10:15"), moves=mine)
    late = TEN - timedelta(minutes=30)
    assert actions.call_off(ana, by=ana.owner, now=late) == 1
    assert actions.call_off(ana, by=ana.owner, now=late) == 0
    assert (Appointment.objects.get().status, cells()) == ("cancelled", [])


def test_a_held_time_is_nobody_elses_for_ten_minutes(ana: Any, talk: Any) -> None:
    held = hold(ana)
    other = factories.ready(email="ben@example.org")
    with pytest.raises(SlotTaken):
        hold(other)
    with pytest.raises(SlotTaken):
        book(other, now=held.expires_at - timedelta(seconds=1))
    assert book(other, now=held.expires_at).starts_at == TEN
    assert (Hold.objects.count(), Cell.objects.filter(appointment=None).count()) == (0, 0)


def test_booking_what_one_holds_takes_over_its_cells(ana: Any, talk: Any) -> None:
    hold(ana)
    before = set(Cell.objects.values_list("pk", flat=True))
    made = book(ana)
    assert set(made.cells.values_list("pk", flat=True)) == before
    assert Hold.objects.count() == 0


def test_holding_another_time_lets_the_first_go(ana: Any, talk: Any) -> None:
    hold(ana)
    hold(ana, starts_at=at("2026-11-24T15:00"))
    assert cells() == ["24 23:00", "24 23:15", "24 23:30", "24 23:45"]


def test_a_hold_that_lost_keeps_the_one_before(ana: Any, talk: Any) -> None:
    hold(ana)
    book(factories.ready(email="ben@example.org"), starts_at=at("2026-11-24T15:00"))
    with pytest.raises(SlotTaken):
        hold(ana, starts_at=at("2026-11-24T15:00"))
    assert Hold.objects.get().starts_at == TEN


def test_a_move_by_a_quarter_can_be_held_beside_its_own_appointment(ana: Any, talk: Any) -> None:
    mine = book(ana)
    held = hold(ana, starts_at=at("2026-11-24T10:15"), moves=mine)
    assert (mine.cells.count(), held.cells.count()) == (4, 1)
    actions.move(mine, clinician=None, starts_at=held.starts_at, by=ana.owner, now=NOW)
    assert (mine.cells.count(), Cell.objects.count(), Hold.objects.count()) == (4, 4, 0)


def test_cancelling_lets_go_of_the_time_that_was_held_to_move_to(ana: Any, talk: Any) -> None:
    mine = book(ana)
    hold(ana, starts_at=at("2026-11-24T10:15"), moves=mine)
    actions.cancel(mine, by=ana.owner, now=NOW)
    assert (Hold.objects.count(), cells()) == (0, [])


def test_an_expired_hold_still_books_if_nobody_came(ana: Any, talk: Any) -> None:
    held = hold(ana)
    assert book(ana, now=held.expires_at + timedelta(minutes=5)).is_standing
