"""Forms are found by marks alone; nothing that is searched for stands anywhere in clear."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.dashboard.search import suspected
from consult.marks import digits_of, keep_marks, words_of
from consult.models import AuditEvent, Intake
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.dashboard.test_queue import copy_of, text_of

pytestmark = pytest.mark.usefixtures("at_now")


def searched(client, typed):
    return client.post("/staff/search/", {"typed": typed})


def found(client, typed):
    response = searched(client, typed)
    assert response.status_code == 200, text_of(response)
    return [one.intake.code for one in response.context["results"].rows]


@pytest.fixture
def jose(db):
    return factories.submitted(
        full_name="José-María de la Torre Ibáñez",
        email="jose@example.org",
        phone="+52 (664) 123-45 67",
    )


@pytest.mark.parametrize(
    "typed",
    [
        "José-María de la Torre Ibáñez",
        "jose",
        "IBANEZ",
        "torre jose",
        "José María",  # the accents as letters of their own
        "tor",
        "iban",
        "JOSE@example.org ",
        "1234567",
        "664 123 4567",
        "0664-1234567",
        "0052 664 123 4567",
        "+526641234567",
        "+１ 664 1234567",
    ],
)
def test_a_form_is_found_by_what_somebody_says_on_the_phone(clinician_client, jose, typed):
    factories.submitted(full_name="Olga Berg", email="olga@example.org", phone="+49 30 7654321")
    assert found(clinician_client, typed) == [jose.code]


@pytest.mark.parametrize(
    "typed",
    ["jos", "orre", "torre olga", "jose@example", "123456789", "5641234567", "2345678", "ibanezz"],
)
def test_a_form_is_not_found_by_parts_that_say_little(clinician_client, jose, typed):
    assert found(clinician_client, typed) == []


def test_a_form_is_found_by_its_reference_or_how_it_begins(clinician_client, jose):
    for typed in (jose.code, jose.code.lower(), f" {jose.code[:3]}"):
        assert jose.code in found(clinician_client, typed)


@pytest.mark.parametrize("typed", ["", " ", "a", "12", "123456", "-", "%", "\U0001f600", "I1"])
def test_what_would_find_too_much_is_explained(clinician_client, jose, typed):
    response = searched(clinician_client, typed)
    assert response.status_code == (422 if typed != "I1" else 200)


@pytest.mark.parametrize("typed", ["\0", "a\0b", "x" * 201])
def test_odd_input_is_refused_at_the_field(clinician_client, typed):
    assert searched(clinician_client, typed).status_code == 422


def test_drafts_are_not_found(clinician_client):
    factories.draft(full_name="Olga Berg")
    assert found(clinician_client, "Olga Berg") == []


def test_the_front_desk_searches_too_and_patients_have_no_search(front_desk_client, jose):
    assert found(front_desk_client, "Torre") == [jose.code]
    assert searched(signed_in_as(factories.UserFactory()), "Torre").status_code == 404


def test_the_record_counts_what_was_found_and_does_not_hold_what_was_typed(
    clinician, clinician_client, jose
):
    found(clinician_client, "Torre")
    event = AuditEvent.objects.get(did="searched")
    assert (event.by, event.details) == (clinician, {"found": 1, "rows": [jose.code]})


def test_more_than_twenty_are_cut_and_cost_as_many_queries(clinician_client, jose):
    judged = factories.assessment_of(jose).result

    def queries():
        with CaptureQueriesContext(connection) as captured:
            searched(clinician_client, "Torre")
        return len(captured)

    queries()
    few = queries()
    for n in range(30):
        keep_marks(copy_of(jose, judged, minutes=n))
    response = searched(clinician_client, "Torre")
    assert (len(response.context["results"].rows), response.context["results"].more) == (20, True)
    assert queries() == few


def test_forms_of_another_account_with_the_same_name_or_number_are_suspected(jose):
    name = jose.contact["full_name"]
    both = factories.submitted(full_name=name, email="b@example.org", phone=jose.contact["phone"])
    by_name = factories.submitted(
        full_name="Ibanez Torre Jose Maria de la", email="c@example.org", phone="+44 20 79461111"
    )
    by_phone = factories.submitted(full_name="Eva T", email="d@example.org", phone="664 1234567")
    factories.submitted(full_name=name, email="jose@example.org", phone="+1 212 5550000")
    factories.submitted(full_name="Olga Berg", email="olga@example.org", phone="")
    said = {one.intake.code: (one.same_name, one.same_phone) for one in suspected(jose)}
    assert said == {
        both.code: (True, True),
        by_name.code: (True, False),
        by_phone.code: (False, True),
    }


def test_forms_that_one_account_holds_are_not_suspected(jose):
    other = factories.submitted(full_name=jose.contact["full_name"], email="b@example.org")
    Intake.objects.filter(pk__in=[jose.pk, other.pk]).update(owner=factories.UserFactory())
    assert suspected(Intake.objects.get(pk=jose.pk)) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("O’Brien-Smith", ["obrien", "smith"]),
        ("  Łukasz  Ｗａｎｇ ", ["łukasz", "wang"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("李 小龙", ["李", "小龙"]),
        ("", []),
    ],
)
def test_words_of_a_name_are_as_people_type_them(name, words):
    assert words_of(name) == words


def test_what_is_dialled_before_a_number_does_not_count():
    numbers = ["+44 (0)20 7946 1111", "0044 20 79461111", "44-20-79461111"]
    assert {digits_of(one) for one in numbers} == {"442079461111"}


# --------------------------------------------------------------------------- for administrators
def test_an_administrator_finds_a_reference_and_no_person(administrator_client, jose):
    for typed in (jose.code, jose.code.lower(), jose.code[:3]):
        page = text_of(searched(administrator_client, typed))
        assert f"/staff/glass/open/?form={jose.code}" in page
        private = ["José", "jose@example.org", "123-45", "Level", f"/staff/intakes/{jose.code}/"]
        assert [one for one in private if one in page] == []
    event = AuditEvent.objects.filter(did="searched").latest("pk")
    assert event.details == {"found": 1, "rows": [jose.code]}


@pytest.mark.parametrize("typed", ["jose", "jose@example.org", "664 123 4567", "ab", "", "\0\0\0"])
def test_an_administrator_finds_nothing_by_what_belongs_to_a_person(
    administrator_client, jose, typed
):
    response = searched(administrator_client, typed)
    assert jose.code not in text_of(response)
    assert response.status_code in {200, 422}


def test_an_administrator_still_needs_a_reason_to_open_what_was_found(administrator_client, jose):
    searched(administrator_client, jose.code)
    assert administrator_client.get(f"/staff/intakes/{jose.code}/").status_code == 404
