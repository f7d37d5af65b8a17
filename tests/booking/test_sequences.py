"""Whatever people do in whatever order: every cell has one visit or one hold, the right one."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult.booking import actions
from consult.booking.refusals import NotBookable
from consult.models import Appointment, Cell, Hold
from consult.models.booking import HOLD_FOR
from consult.rules.openings import covered
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db
NINE = at("2026-11-24T09:00")

steps = st.tuples(
    st.sampled_from(["book", "book again", "hold", "hold to move", "move", "cancel", "expire"]),
    st.integers(0, 2),  # who
    st.integers(0, 14),  # when, in quarters
    st.integers(0, 2),  # which kind of visit
)


@pytest.fixture
def cast(doctor: Any) -> tuple[list[Any], list[Any]]:
    kinds = [
        factories.VisitTypeFactory(length_minutes=length, before_minutes=before)
        for length, before in ((45, 0), (20, 10), (90, 15))
    ]
    people = [factories.ready(by=doctor, email=f"p{n}@example.org") for n in range(3)]
    return people, kinds


class World:
    def __init__(self, people: list[Any], kinds: list[Any]) -> None:
        self.people, self.kinds, self.now, self.key = people, kinds, NOW, 0

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

    def check(self) -> None:
        visits = {
            (one.pk, cell)
            for one in Appointment.objects.standing().select_related("visit_type")
            for cell in covered(one.starts_at, one.visit_type.visit())
        }
        rows = list(Cell.objects.values_list("appointment", "hold", "starts_at"))
        assert {(visit, cell) for visit, _, cell in rows if visit} == visits
        assert len({cell for _, _, cell in rows}) == len(rows)
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
