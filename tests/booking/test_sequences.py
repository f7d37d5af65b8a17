"""Whatever people do in whatever order: every cell has one visit or one hold, the right one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult.booking import actions, blocks, waitlist
from consult.booking.refusals import NotBookable
from consult.models import Appointment, Cell, Hold, TimeBlock, WaitlistEntry, WaitlistOffer
from consult.models.booking import HOLD_FOR
from consult.rules.openings import CELL, covered
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db
NINE = at("2026-11-24T09:00")

steps = st.tuples(
    st.sampled_from(
        [
            *("book", "book again", "hold", "hold to move", "move", "cancel", "expire"),
            *("confirm", "decline", "call off", "mark", "block", "unblock", "offer", "accept"),
        ]
    ),
    st.integers(0, 2),  # who
    st.integers(0, 14),  # when, in quarters
    st.integers(0, 2),  # which kind of visit
)


@pytest.fixture
def cast(doctor: Any) -> tuple[list[Any], list[Any]]:
    kinds = [
        factories.VisitTypeFactory(length_minutes=45),
        factories.VisitTypeFactory(length_minutes=20, before_minutes=10, per_day_limit=1),
        factories.VisitTypeFactory(length_minutes=90, before_minutes=15, booked_by="request"),
    ]
    people = [factories.ready(by=doctor, email=f"p{n}@example.org") for n in range(3)]
    return people, kinds


def cells_between(block: TimeBlock) -> list[Any]:
    count = (block.ends_at - block.starts_at) // CELL
    return [block.starts_at + CELL * n for n in range(count)]


class World:
    def __init__(self, people: list[Any], kinds: list[Any]) -> None:
        self.people, self.kinds, self.now, self.key = people, kinds, NOW, 0
        self.doctor = people[0].decisions.get().by

    def do(self, what: str, who: int, quarters: int, kind: int) -> None:
        person, starts_at = self.people[who], NINE + timedelta(minutes=15 * quarters)
        shared = {"clinician": None, "starts_at": starts_at, "by": person.owner, "now": self.now}
        mine = Appointment.objects.filter(intake=person).upcoming(self.now).first()
        if what == "expire":
            self.now += HOLD_FOR
        elif what.startswith("book"):
            self.key += what == "book"
            actions.book(
                person,
                visit_type=self.kinds[kind],
                zone="Europe/Berlin",
                idempotency_key=str(self.key),
                **shared,
            )
        elif what == "hold":
            actions.hold(person, visit_type=self.kinds[kind], **shared)
        elif mine and what == "hold to move":
            actions.hold(person, visit_type=mine.visit_type, moves=mine, **shared)
        elif mine and what == "move":
            actions.move(mine, **shared)
        elif mine and what == "cancel":
            actions.cancel(mine, by=person.owner, now=self.now)
        else:
            self.do_as_staff(what, person, mine, starts_at)

    def do_as_staff(self, what: str, person: Any, mine: Any, starts_at: Any) -> None:
        shared = {"by": self.doctor, "now": self.now}
        acts: dict[str, Callable[[], Any]] = {
            "confirm": lambda: actions.confirm(mine, **shared),
            "decline": lambda: actions.decline(mine, words="No.", **shared),
            "call off": lambda: actions.cancel(mine, by_clinic=True, reason="Ill.", **shared),
            "mark": lambda: actions.mark(mine, status="missed", **shared),
        }
        if mine and what in acts:
            acts[what]()
        elif what == "block":
            ends_at = starts_at + timedelta(minutes=45)
            blocks.block(self.doctor, starts_at=starts_at, ends_at=ends_at, words="", **shared)
        elif what == "unblock" and (block := TimeBlock.objects.first()):
            blocks.unblock(block, **shared)
        elif what == "offer":
            self.offer(person, starts_at)
        elif what == "accept" and (offer := self.offers_to(person).first()):
            waitlist.accept(offer, by=person.owner, now=self.now)

    def offers_to(self, person: Any) -> Any:
        return WaitlistOffer.objects.filter(entry__intake=person, outcome="open")

    def offer(self, person: Any, starts_at: Any) -> None:
        WaitlistEntry.objects.filter(intake=person).delete()
        factories.waitlist_offer(
            person, visit_type=self.kinds[0], clinician=self.doctor, starts_at=starts_at
        )

    def check(self) -> None:
        visits = {
            (one.pk, cell)
            for one in Appointment.objects.standing().select_related("visit_type")
            for cell in covered(one.starts_at, one.visit_type.visit())
        }
        rows = list(Cell.objects.values_list("appointment", "hold", "block", "starts_at"))
        assert {(visit, cell) for visit, _, _, cell in rows if visit} == visits
        assert len({cell for *_, cell in rows}) == len(rows)
        blocked = {(one.pk, cell) for one in TimeBlock.objects.all() for cell in cells_between(one)}
        assert {(block, cell) for _, _, block, cell in rows if block} == blocked
        limited = Appointment.objects.standing().filter(visit_type=self.kinds[1])
        assert limited.count() <= 1  # all starts are on one day
        for held in Hold.objects.select_related("visit_type", "moves"):
            wanted = set(covered(held.starts_at, held.visit_type.visit()))
            own = set(held.cells.values_list("starts_at", flat=True))
            kept = set(Cell.objects.filter(appointment=held.moves).values_list("starts_at"))
            assert own <= wanted
            assert own == wanted or held.moves and wanted - own <= {cell for (cell,) in kept}


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(steps, max_size=14))
def test_no_sequence_leaves_two_on_a_cell_or_a_cell_without_a_visit(
    cast: Any, todo: list[Any]
) -> None:
    with transaction.atomic():
        world = World(*cast)
        for step in todo:
            before = set(Cell.objects.values_list("starts_at", "appointment"))
            try:
                world.do(*step)
            except NotBookable:
                after = set(Cell.objects.values_list("starts_at", "appointment"))
                assert {one for one in before if one[1]} == {one for one in after if one[1]}
            world.check()
        transaction.set_rollback(True)
