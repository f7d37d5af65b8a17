import pytest

from consult.models import Intake, Message, Role, User
from tests.factories import UserFactory, draft, staff, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows() -> dict[str, Intake]:
    return {"draft": draft(email="a@example.org"), "sent": submitted(email="b@example.org")}


def seen_by(user: User, rows: dict[str, Intake]) -> set[str]:
    seen = set(Intake.objects.for_actor(user))
    return {name for name, row in rows.items() if row in seen}


def test_clinicians_see_what_was_sent_and_no_drafts(rows) -> None:
    assert seen_by(staff(Role.CLINICIAN), rows) == {"sent"}


@pytest.mark.parametrize("role", [Role.EDITOR, Role.CLINICAL_REVIEWER, Role.ADMINISTRATOR])
def test_people_of_the_pages_and_the_settings_see_no_forms(rows, role: Role) -> None:
    assert seen_by(staff(role), rows) == set()


def test_a_patient_sees_their_own_and_nothing_else(rows) -> None:
    owner = User.objects.get(email="a@example.org")
    rows["draft"].owner = owner
    rows["draft"].save()
    assert seen_by(owner, rows) == {"draft"}
    assert seen_by(UserFactory(), rows) == set()


def test_a_disabled_account_sees_nothing(rows) -> None:
    assert seen_by(staff(Role.CLINICIAN, is_active=False), rows) == set()


def test_messages_follow_the_form_that_they_are_about(rows) -> None:
    assert Message.objects.for_actor(UserFactory()).count() == 0
    assert Message.objects.for_actor(staff(Role.FRONT_DESK)).count() == 1
