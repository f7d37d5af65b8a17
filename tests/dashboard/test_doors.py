"""Who comes in. To everybody else these pages do not exist."""

import uuid

import pytest
from django.test import Client

from consult.models import Role, StaffTask
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("at_now")
CARE = {Role.FRONT_DESK, Role.CLINICIAN, Role.LEAD_CLINICIAN}
CLINICAL = {Role.CLINICIAN, Role.LEAD_CLINICIAN}
READ = ["/staff/", "/staff/intakes/{code}/", "/staff/tasks/", "/staff/messages/"]


@pytest.fixture
def places(db):
    intake = factories.submitted("P01")
    task = StaffTask.objects.create(event="x", intake=intake, made_at=NOW, due_at=NOW)
    return {"code": intake.code, "task": str(task.pk)}


def a_patient():
    return factories.UserFactory()


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize("address", [*READ, "/staff/tasks/{task}/done/"])
def test_a_page_opens_for_its_roles_only(places, role, address):
    user = factories.staff(role) if role else a_patient()
    allowed = CLINICAL if "done" in address else CARE
    response = signed_in_as(user).get(address.format(**places))
    assert response.status_code == (200 if role in allowed else 404)


@pytest.mark.parametrize("role", [*Role, None])
def test_only_clinicians_decide(places, role):
    user = factories.staff(role) if role else a_patient()
    response = signed_in_as(user).post(f"/staff/intakes/{places['code']}/decide/")
    assert response.status_code == (409 if role in CLINICAL else 404)


@pytest.mark.parametrize("address", [*READ, "/staff/intakes/{code}/decide/"])
def test_a_visitor_is_asked_to_sign_in(places, address):
    response = Client().get(address.format(**places))
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("address", READ)
def test_staff_without_a_second_factor_go_no_further(places, address):
    user = factories.staff(Role.CLINICIAN, second_factor=False)
    response = signed_in_as(user).get(address.format(**places))
    assert (response.status_code, response["Location"]) == (302, "/accounts/2fa/totp/activate/")


def test_a_role_taken_away_closes_the_pages_at_the_next_request(places, clinician):
    client = signed_in_as(clinician)
    assert client.get("/staff/").status_code == 200
    clinician.groups.clear()
    assert client.get("/staff/").status_code == 404


def test_a_stranger_sees_the_same_page_for_an_existing_and_an_unknown_form(places):
    client = signed_in_as(a_patient())
    existing = client.get(f"/staff/intakes/{places['code']}/")
    unknown = client.get("/staff/intakes/NOBODY2222/")
    assert existing.content == unknown.content


@pytest.mark.parametrize("address", READ)
def test_reading_pages_take_no_other_method(places, clinician_client, address):
    assert clinician_client.post(address.format(**places)).status_code == 405


def test_looking_changes_nothing_but_the_record(places, clinician_client):
    before = stored()
    for address in READ:
        assert clinician_client.get(address.format(**places)).status_code == 200
    assert stored() == before


def stored():
    return [
        list(model.objects.order_by("pk").values_list())
        for model in (factories.Intake, factories.Assessment, StaffTask)
    ]


def test_an_unknown_task_and_a_forbidden_one_look_alike(places):
    client = signed_in_as(factories.staff(Role.FRONT_DESK))
    forbidden = client.get(f"/staff/tasks/{places['task']}/done/")
    unknown = client.get(f"/staff/tasks/{uuid.uuid4()}/done/")
    assert forbidden.content == unknown.content
