import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group

from consult.models import AuditEvent, Role, User, WeeklyHours
from tests import factories
from tests.dashboard.conftest import signed_in_as

USERS = "/admin/consult/user/"


@pytest.fixture
def roles(db):
    return {role: Group.objects.get_or_create(name=role.value)[0] for role in Role}


def new_person(roles, **fields):
    values = {
        "email": "Lia@example.org",
        "full_name": "Lia Park",
        "groups": [roles[Role.CLINICIAN].pk],
        "is_active": "on",
    }
    return values | fields


def listed(response):
    return [str(user) for user in response.context["cl"].result_list]


def test_nothing_that_a_patient_said_or_was_sent_can_be_administered():
    ours = {model.__name__ for model in admin.site._registry if model._meta.app_label == "consult"}
    assert ours == {"User", "WeeklyHours", "AuditEvent"}


def test_an_administrator_adds_a_person_without_any_password(administrator_client, roles):
    response = administrator_client.post(f"{USERS}add/", new_person(roles))
    user = User.objects.get(email="lia@example.org")
    assert response.status_code == 302
    assert (user.full_name, user.has_usable_password(), user.roles) == (
        "Lia Park",
        False,
        {"clinician"},
    )
    assert AuditEvent.objects.get(did="added user").to_id == str(user.pk)


def test_a_person_needs_a_role_and_an_address_of_their_own(administrator_client, roles):
    factories.UserFactory(email="lia@example.org")
    response = administrator_client.post(f"{USERS}add/", new_person(roles, groups=[]))
    assert response.context["adminform"].form.errors == {
        "email": ["Somebody has an account with this address already."],
        "groups": ["This field is required."],
    }


def test_a_password_is_set_on_its_own_page(administrator_client):
    user = factories.clinician()
    page = administrator_client.get(f"{USERS}{user.pk}/change/").content.decode()
    assert '<a href="../password/">Set another password</a>' in page
    words = "another long pass phrase"
    response = administrator_client.post(
        f"{USERS}{user.pk}/password/", {"password1": words, "password2": words}
    )
    assert response.status_code == 302
    assert User.objects.get(pk=user.pk).check_password(words)


def test_people_are_found_by_their_whole_address_in_any_case(administrator_client):
    factories.clinician(email="lia@example.org", full_name="Lia Park")
    assert listed(administrator_client.get(f"{USERS}?q=LIA@example.org")) == ["Lia Park"]
    assert listed(administrator_client.get(f"{USERS}?q=lia")) == []


def test_patients_are_not_listed(administrator_client):
    patient = factories.UserFactory(full_name="Pia Patient", email="pia@example.org")
    assert listed(administrator_client.get(USERS)) == ["Ada Stone"]
    assert listed(administrator_client.get(f"{USERS}?q=pia@example.org")) == []
    assert administrator_client.get(f"{USERS}{patient.pk}/change/").status_code == 302


def test_a_changed_role_is_in_the_record_and_no_name_in_the_log(administrator_client, roles):
    user = factories.clinician(email="Lia@example.org", full_name="Lia Park")
    administrator_client.post(
        f"{USERS}{user.pk}/change/", new_person(roles, groups=[roles[Role.FRONT_DESK].pk])
    )
    event = AuditEvent.objects.get(did="changed user")
    assert (event.to_id, event.details) == (str(user.pk), {"fields": ["Roles"]})
    assert LogEntry.objects.count() == 0


def test_a_person_cannot_be_made_a_superuser_here(administrator_client, roles):
    user = factories.clinician()
    extra = {"is_superuser": "on", "user_permissions": ["1"], "password": "x"}
    administrator_client.post(f"{USERS}{user.pk}/change/", new_person(roles, **extra))
    after = User.objects.get(pk=user.pk)
    assert (after.full_name, after.is_superuser, after.password) == (
        "Lia Park",
        False,
        user.password,
    )


def test_a_person_cannot_be_deleted(administrator_client):
    user = factories.clinician()
    assert administrator_client.post(f"{USERS}{user.pk}/delete/").status_code == 403


def test_opening_hours_are_added_for_clinicians_in_a_known_zone(administrator_client):
    clinician = factories.clinician()
    hours = {
        "clinician": clinician.pk,
        "weekday": 0,
        "starts": "09:00",
        "ends": "12:00",
        "zone": "America/Tijuana",
    }
    address = "/admin/consult/weeklyhours/add/"
    wrong = administrator_client.post(address, hours | {"zone": "Mars"})
    assert "zone" in wrong.context["adminform"].form.errors
    patient = administrator_client.post(address, hours | {"clinician": factories.UserFactory().pk})
    assert "clinician" in patient.context["adminform"].form.errors
    assert administrator_client.post(address, hours).status_code == 302
    assert WeeklyHours.objects.get().clinician == clinician


@pytest.mark.parametrize("page", ["auth/group", "consult/auditevent"])
def test_roles_and_the_record_can_only_be_looked_at(administrator_client, roles, page):
    factories.submitted("P01")
    model = Group if "group" in page else AuditEvent
    row = model.objects.first()
    assert administrator_client.get(f"/admin/{page}/").status_code == 200
    assert administrator_client.get(f"/admin/{page}/add/").status_code == 403
    address = f"/admin/{page}/{row.pk}"
    assert administrator_client.get(f"{address}/change/").status_code == 200
    assert (
        administrator_client.post(f"{address}/change/", {"did": "x", "name": "x"}).status_code
        == 403
    )
    assert administrator_client.post(f"{address}/delete/", {"post": "yes"}).status_code == 403


def test_the_record_names_staff_and_not_patients(administrator_client):
    intake = factories.submitted("P01")
    patient = factories.UserFactory(full_name="Pia Patient")
    for user in (patient, factories.clinician(full_name="Lia Park")):
        AuditEvent.objects.create(at=factories.NOW, by=user, did="x", to_id=str(intake.pk))
    page = administrator_client.get("/admin/consult/auditevent/").content.decode()
    assert "Lia Park" in page
    assert "a patient" in page
    assert "Pia Patient" not in page


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
@pytest.mark.parametrize("page", ["consult/user", "consult/weeklyhours", "consult/auditevent"])
def test_the_administration_shows_other_roles_nothing(db, role, page):
    client = signed_in_as(factories.staff(role, is_staff=True))
    assert client.get(f"/admin/{page}/").status_code == 403


def test_an_administrator_opens_no_page_of_the_care_team(administrator_client):
    assert administrator_client.get("/staff/").status_code == 404
