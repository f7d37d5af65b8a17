"""At most so many visits of a kind a day for one clinician."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from consult.booking import actions, blocks
from consult.booking.refusals import SlotTaken
from consult.booking.times import diary
from consult.models import Appointment, Cell, Hold, Intake, TimeBlock, VisitType
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db
CLINIC = ZoneInfo("America/Tijuana")
MONTH = {"since": NOW, "until": NOW + timedelta(days=31), "now": NOW}


@pytest.fixture
def two_a_day(doctor: Any) -> VisitType:
    return factories.VisitTypeFactory(per_day_limit=2)


def ben(number: int) -> Intake:
    return factories.ready(email=f"ben{number}@example.org")


def book(intake: Intake, visit_type: VisitType, when: str, **changed: Any) -> Appointment:
    given = {
        "visit_type": visit_type,
        "clinician": None,
        "starts_at": at(when),
        "zone": "America/Tijuana",
        "idempotency_key": "k",
        "by": intake.owner,
        "now": NOW,
    }
    return actions.book(intake, **(given | changed))


def hold(intake: Intake, visit_type: VisitType, when: str, **changed: Any) -> Any:
    shared = {"clinician": None, "starts_at": at(when), "by": intake.owner, "now": NOW}
    return actions.hold(intake, visit_type=visit_type, **(shared | changed))


def days_offered(visit_type: VisitType) -> set[str]:
    starts = diary(visit_type, **MONTH).starts(**MONTH)
    return {f"{one.astimezone(CLINIC):%m-%d}" for one in starts}


def test_a_full_day_is_neither_offered_nor_booked(two_a_day: Any) -> None:
    assert "11-24" in days_offered(two_a_day)
    book(ben(1), two_a_day, "2026-11-24T09:00")
    assert "11-24" in days_offered(two_a_day)
    book(ben(2), two_a_day, "2026-11-24T15:00")
    assert {"11-23", "11-25"} <= days_offered(two_a_day)
    assert "11-24" not in days_offered(two_a_day)
    with pytest.raises(SlotTaken, match="No more visits of this kind"):
        book(ben(3), two_a_day, "2026-11-24T11:00")
    assert book(ben(4), two_a_day, "2026-11-25T11:00").is_standing


def test_another_clinician_and_another_kind_have_their_own_count(two_a_day: Any) -> None:
    for number, hour in ((1, "09"), (2, "15")):
        book(ben(number), two_a_day, f"2026-11-24T{hour}:00")
    assert book(ben(3), factories.VisitTypeFactory(), "2026-11-24T11:00").is_standing
    factories.opened(factories.clinician())
    assert book(ben(4), two_a_day, "2026-11-24T09:00").is_standing


def test_holds_and_requests_count_and_what_is_let_go_does_not(two_a_day: Any) -> None:
    VisitType.objects.update(booked_by="request")
    two_a_day.refresh_from_db()
    asked = book(ben(1), two_a_day, "2026-11-24T09:00")
    held = hold(ben(2), two_a_day, "2026-11-24T15:00")
    with pytest.raises(SlotTaken):
        book(ben(3), two_a_day, "2026-11-24T11:00")
    assert "11-24" not in days_offered(two_a_day)
    assert book(held.intake, two_a_day, "2026-11-24T15:00").is_standing  # one's own hold
    actions.cancel(asked, by=asked.intake.owner, now=NOW)
    assert book(ben(4), two_a_day, "2026-11-24T11:00").is_standing


def test_a_visit_moves_within_its_full_day_and_not_into_another(two_a_day: Any) -> None:
    mine = book(ben(1), two_a_day, "2026-11-24T09:00")
    for number, when in ((2, "24T15"), (3, "25T09"), (4, "25T15")):
        book(ben(number), two_a_day, f"2026-11-{when}:00")
    shared = {"clinician": None, "by": mine.intake.owner, "now": NOW}
    assert actions.move(mine, starts_at=at("2026-11-24T10:00"), **shared).sequence == 1
    with pytest.raises(SlotTaken):
        actions.move(mine, starts_at=at("2026-11-25T11:00"), **shared)


def test_a_limit_costs_no_further_query(two_a_day: Any, django_assert_num_queries: Any) -> None:
    book(ben(1), two_a_day, "2026-11-24T09:00")
    with django_assert_num_queries(2):
        diary(two_a_day, **MONTH).starts(**MONTH)


def test_a_blocked_time_is_taken(two_a_day: Any, doctor: Any) -> None:
    nine = at("2026-11-24T09:00")
    block = TimeBlock.objects.create(
        clinician=doctor, starts_at=nine, ends_at=nine + timedelta(hours=4),
        made_by=doctor, made_at=NOW,
    )  # fmt: skip
    Cell.objects.bulk_create(
        Cell(clinician=doctor, starts_at=nine + timedelta(minutes=15 * n), block=block)
        for n in range(16)
    )
    free = diary(two_a_day, **MONTH).starts(**MONTH)
    local = [one.astimezone(CLINIC) for one in free]
    assert next(f"{one:%H:%M}" for one in local if f"{one:%m-%d}" == "11-24") == "14:00"
    with pytest.raises(SlotTaken):
        book(ben(1), two_a_day, "2026-11-24T10:00")


def test_a_choice_that_ran_out_stands_in_no_blocks_way(two_a_day: Any, doctor: Any) -> None:
    hold(ben(1), two_a_day, "2026-11-24T09:00")
    nine = at("2026-11-24T09:00")
    time = {"starts_at": nine, "ends_at": nine + timedelta(hours=1), "words": "", "by": doctor}
    with pytest.raises(blocks.InTheWay):
        blocks.block(doctor, **time, now=NOW + timedelta(minutes=9))
    blocks.block(doctor, **time, now=NOW + timedelta(minutes=10))
    assert (Hold.objects.count(), TimeBlock.objects.count()) == (0, 1)
