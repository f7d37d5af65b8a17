"""The filtered queue as a table: no answers, no formulas, no export without a trace."""

import csv
import io
import time
from datetime import timedelta

import pytest
import time_machine

from consult.audit import words_of
from consult.dashboard.export import safe
from consult.fields import Tampered
from consult.models import AuditEvent, Intake, Role
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.dashboard.test_queue import copy_of, queries_of, text_of
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("at_now")
WHY = {"reason": "Weekly meeting of the team"}


def just_signed_in(user, *, at=None):
    """As after a password: allauth keeps in the session when somebody showed who they are."""
    client = signed_in_as(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": at or time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def table(response):
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_table_holds_the_list_as_the_filters_show_it(clinician):
    client = just_signed_in(clinician)
    intake = factories.submitted("P04", now=NOW - timedelta(days=3))
    Intake.objects.filter(pk=intake.pk).update(assignee=clinician)
    factories.submitted("P04", email="other@example.org")
    rows = table(client.post("/staff/export/?assignee=me", WHY))
    level = client.get("/staff/?assignee=me").context["page"].rows[0]
    assert rows == [
        {
            "reference": intake.code,
            "level": level.level.label,
            "state": "Waiting for review",
            "waiting_days": "3",
            "handed_in": "2026-11-14 10:00",
            "due": f"{level.due_at:%Y-%m-%d %H:%M}",
            "assigned_to": "Sam Rivera",
            "language": "English",
            "country": "United States",
        }
    ]


def test_it_holds_no_name_no_address_and_no_answer(clinician):
    intake = factories.submitted("P04")
    client = just_signed_in(clinician)
    text = str(table(client.post("/staff/export/", WHY)))
    titles = [one["title"] for one in factories.assessment_of(intake).result["findings"]]
    private = [intake.contact["full_name"], intake.contact["email"], *titles]
    assert [one for one in private if one in text] == []


def test_the_record_has_the_number_of_rows_the_names_of_filters_and_the_reason(clinician):
    factories.submitted()
    just_signed_in(clinician).post("/staff/export/?country=mexico", WHY)
    event = AuditEvent.objects.get(did="exported the queue")
    assert event.by == clinician
    plain = {name: one for name, one in event.details.items() if name != "reason"}
    assert plain == {"rows": 1, "show": "waiting", "filters": ["country"]}
    assert words_of(event) == WHY


def test_what_is_typed_for_the_record_does_not_stand_in_clear(clinician):
    just_signed_in(clinician).post("/staff/export/", WHY)
    event = AuditEvent.objects.get(did="exported the queue")
    assert WHY["reason"] not in str(event.details)
    event.by_id = factories.clinician().pk
    with pytest.raises(Tampered):
        words_of(event)


def test_administrators_read_the_reason_in_the_record(clinician, administrator_client):
    just_signed_in(clinician).post("/staff/export/", WHY)
    event = AuditEvent.objects.get(did="exported the queue")
    page = administrator_client.get(f"/admin/consult/auditevent/{event.pk}/change/")
    assert WHY["reason"] in text_of(page)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        *((f"{first}1+1", f"'{first}1+1") for first in "=+-@\t\r\n\0"),
        ("＝1+1", "'＝1+1"),
        ("  =1+1", "'  =1+1"),
        ("Rosa", "Rosa"),
        ("5", "5"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(cell, written):
    assert safe(cell) == written


def test_a_colleague_with_a_formula_for_a_name_does_no_harm(db):
    person = factories.clinician(full_name='=HYPERLINK("https://evil.example")')
    intake = factories.submitted()
    Intake.objects.filter(pk=intake.pk).update(assignee=person)
    rows = table(just_signed_in(person).post("/staff/export/", WHY))
    assert rows[0]["assigned_to"] == '\'=HYPERLINK("https://evil.example")'


def test_who_signed_in_long_ago_shows_first_that_it_is_them(clinician):
    client = just_signed_in(clinician, at=time.time() - 15 * 60)
    response = client.get("/staff/export/?country=mexico")
    back = "?next=%2Fstaff%2Fexport%2F%3Fcountry%3Dmexico"
    assert (response.status_code, response["Location"]) == (302, f"/accounts/reauthenticate/{back}")


def test_a_form_that_was_open_too_long_keeps_the_reason_and_exports_nothing(clinician):
    client = just_signed_in(clinician)
    assert client.get("/staff/export/").status_code == 200
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False):
        client.get("/staff/")  # at work in between
    with time_machine.travel(NOW + timedelta(minutes=15, seconds=1), tick=False):
        response = client.post("/staff/export/", WHY)
    assert response.status_code == 422
    assert WHY["reason"] in text_of(response)
    assert not AuditEvent.objects.filter(did="exported the queue").exists()


def test_another_persons_sign_in_in_the_same_browser_does_not_count(clinician):
    client = just_signed_in(factories.clinician())
    session = client.session
    records = session["account_authentication_methods"]
    client = signed_in_as(clinician)
    session = client.session
    session["account_authentication_methods"] = records
    session.save()
    assert client.get("/staff/export/").status_code == 302


@pytest.mark.parametrize("reason", ["", "short", "x" * 301])
def test_no_export_without_a_reason(clinician, reason):
    response = just_signed_in(clinician).post("/staff/export/", {"reason": reason})
    assert response.status_code == 422
    assert not AuditEvent.objects.filter(did="exported the queue").exists()


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.EDITOR, Role.ADMINISTRATOR, None])
def test_others_cannot_export(db, role):
    user = factories.staff(role) if role else factories.UserFactory()
    client = just_signed_in(user)
    assert client.get("/staff/export/").status_code == 404
    assert client.post("/staff/export/", WHY).status_code == 404


def test_looking_at_the_page_costs_as_many_queries_for_three_forms_as_for_many(clinician):
    client, first = just_signed_in(clinician), factories.submitted()
    judged = factories.assessment_of(first).result
    client.get("/staff/export/")
    few = queries_of(client, "/staff/export/")
    for n in range(60):
        copy_of(first, judged, minutes=n)
    assert queries_of(client, "/staff/export/") == few
    assert len(table(client.post("/staff/export/", WHY))) == 61
