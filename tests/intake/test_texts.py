"""Who may tick a free text as read, and which."""

from typing import Any

import pytest

from consult.intake.refusals import NotAllowed
from consult.intake.texts import mark_text_read
from consult.models import Intake, Role
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
TEXT = {"question": "concern.details", "revision": 1}


@pytest.fixture
def intake() -> Intake:
    return factories.submitted("P01")


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.ADMINISTRATOR, Role.EDITOR])
def test_only_a_clinician_ticks_a_text_as_read(intake: Intake, role: Role) -> None:
    with pytest.raises(NotAllowed):
        mark_text_read(intake, by=factories.staff(role), now=NOW, **TEXT)
    assert not intake.texts_read.exists()


def test_nobody_ticks_their_own_text(intake: Intake) -> None:
    intake.owner = factories.clinician()
    intake.save()
    with pytest.raises(NotAllowed):
        mark_text_read(intake, by=intake.owner, now=NOW, **TEXT)


@pytest.mark.parametrize(
    "changed", [{"revision": 2}, {"revision": 0}, {"question": "meds.list"}, {"question": "no"}]
)
def test_a_text_that_is_not_there_is_not_ticked(intake: Intake, changed: dict[str, Any]) -> None:
    with pytest.raises(NotAllowed):
        mark_text_read(intake, by=factories.clinician(), now=NOW, **(TEXT | changed))
    assert not intake.texts_read.exists()
