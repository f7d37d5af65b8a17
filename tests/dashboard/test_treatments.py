"""The record of treatments: what was given, check-ins by the calendar, adverse events, lots."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.dashboard import treatments
from consult.dashboard.treatments import Given, Happened
from consult.intake.refusals import NotAllowed
from consult.models import AdverseEvent, AuditEvent, CheckIn, Intake, Treatment
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("at_now")
DAYS = [1, 3, 7, 30, 90, 180, 365]
TODAY = {"given_on.day": "17", "given_on.month": "11", "given_on.year": "2026"}


@pytest.fixture
def intake(clinician: Any) -> Intake:
    return factories.ready(by=clinician)


def posted(by: Any, **changed: Any) -> dict[str, Any]:
    return TODAY | {
        "source": "donor_cord",
        "routes": ["joint", "iv"],
        "product": "MSC-A",
        "lot": "AB 12-3",
        "dose": "10 million cells",
        "clinician": by.pk,
        "appointment": "",
        "notes": "",
    } | changed  # fmt: skip


def given(by: Any, **changed: Any) -> Given:
    what: dict[str, Any] = {
        "given_on": NOW.date(),
        "clinician": by,
        "appointment": None,
        "source": "donor_cord",
        "routes": ["joint"],
        "product": "MSC-A",
        "lot": "AB12-3",
        "dose": "10 million cells",
        "notes": "",
    }
    return Given(**(what | changed))


def recorded(intake: Intake, by: Any, *, now: datetime = NOW, **changed: Any) -> Treatment:
    return treatments.record(intake, given(by, **changed), by=by, now=now)


def new(intake: Intake) -> str:
    return f"/staff/intakes/{intake.code}/treatments/new/"


# --------------------------------------------------------------------------------------- recording
def test_a_treatment_is_recorded_with_its_appointment(clinician, clinician_client, intake):
    visit = factories.appointment(intake, status="attended")
    response = clinician_client.post(
        new(intake), posted(clinician, appointment=visit.pk, notes="Left\r\nknee.")
    )
    assert (response.status_code, response["Location"]) == (302, f"/staff/intakes/{intake.code}/")
    row = Treatment.objects.get()
    assert (row.given_on, row.clinician, row.appointment, row.lot, row.zone, row.recorded_by) == (
        date(2026, 11, 17),
        clinician,
        visit,
        "AB12-3",
        "America/Tijuana",
        clinician,
    )
    assert row.given == {
        "source": "donor_cord",
        "routes": ["joint", "iv"],
        "product": "MSC-A",
        "dose": "10 million cells",
        "notes": "Left\nknee.",
    }
    event = AuditEvent.objects.about(intake).get(did="recorded a treatment")
    assert (event.by, event.details) == (clinician, {"treatment": row.pk.hex})


@pytest.mark.parametrize(
    ("changed", "field", "error"),
    [
        ({"given_on.day": ""}, "given_on", "This cannot be read as a day."),
        ({"given_on.day": "18"}, "given_on", "This day has not come yet."),
        ({"given_on.year": "1999"}, "given_on", "Give a day after 2000."),
        ({"source": "not_sure"}, "source", "Choose one of these."),
        ({"source": ""}, "source", "Choose where the cells came from."),
        ({"routes": []}, "routes", "Tick how it was given."),
        ({"routes": ["nose"]}, "routes", "Tick one of these."),
        ({"lot": "  "}, "lot", "Write the lot number."),
        ({"lot": "\u2003"}, "lot", "Write the lot number."),
        ({"product": "x" * 121}, "product", "it has 121."),
        ({"clinician": ""}, "clinician", "Choose who gave it."),
        ({"clinician": "x"}, "clinician", "Choose one of these clinicians."),
        ({"appointment": "x"}, "appointment", "Choose one of this form’s appointments."),
        ({"notes": "a\0b"}, "notes", "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_is_kept(
    clinician, clinician_client, intake, changed, field, error
):
    response = clinician_client.post(new(intake), posted(clinician) | changed)
    assert response.status_code == 422
    assert error in " ".join(response.context["form"].errors[field])
    assert "10 million cells" in response.text
    assert Treatment.objects.count() == 0


def test_somebody_who_is_no_clinician_did_not_give_it(clinician, clinician_client, intake):
    desk = factories.staff(factories.Role.FRONT_DESK)
    response = clinician_client.post(new(intake), posted(desk))
    assert list(response.context["form"].errors) == ["clinician"]


def test_the_appointment_of_another_form_is_refused(clinician, clinician_client, intake):
    visit = factories.appointment(factories.ready(by=clinician, email="other@example.org"))
    response = clinician_client.post(new(intake), posted(clinician, appointment=visit.pk))
    assert list(response.context["form"].errors) == ["appointment"]
    with pytest.raises(NotAllowed):
        recorded(intake, clinician, appointment=visit)


@pytest.mark.parametrize("change", [{"state": "withdrawn"}, {"owner": "clinician"}])
def test_a_form_taken_back_and_ones_own_take_no_treatment(
    clinician, clinician_client, intake, change
):
    Intake.objects.update(**({"owner": clinician} if "owner" in change else change))
    response = clinician_client.post(new(intake), posted(clinician))
    assert response.status_code == 409
    assert "This is not recorded" in response.text
    assert Treatment.objects.count() == 0


def test_nothing_of_a_treatment_stands_in_clear_in_its_row(clinician, intake):
    recorded(intake, clinician)
    [row] = Treatment.objects.values_list("given", "lot", "lot_index")
    assert not any(word in bytes(one) for one in row for word in (b"MSC", b"AB12", b"joint"))


# --------------------------------------------------------------------------------------- check-ins
def due(treatment: Treatment) -> dict[int, datetime]:
    return {one.day: one.due_at for one in treatment.checkins.filter(cancelled_at=None)}


def test_a_treatment_starts_seven_check_ins_at_nine_where_the_person_lives(clinician, intake):
    times = due(recorded(intake, clinician))
    assert list(times) == DAYS
    # Tijuana: UTC-8 in winter; from 14 March 2027 to 7 November 2027 UTC-7.
    assert times == {
        1: datetime(2026, 11, 18, 17, tzinfo=UTC),
        3: datetime(2026, 11, 20, 17, tzinfo=UTC),
        7: datetime(2026, 11, 24, 17, tzinfo=UTC),
        30: datetime(2026, 12, 17, 17, tzinfo=UTC),
        90: datetime(2027, 2, 15, 17, tzinfo=UTC),
        180: datetime(2027, 5, 16, 16, tzinfo=UTC),
        365: datetime(2027, 11, 17, 17, tzinfo=UTC),
    }
    assert set(CheckIn.objects.values_list("plan", flat=True)) == {"0.2.0"}


@pytest.mark.parametrize(
    ("days_ago", "asked"),
    [(0, DAYS), (1, DAYS), (3, DAYS[1:]), (10, DAYS[2:]), (400, DAYS[-1:])],
)
def test_of_a_treatment_recorded_late_a_day_is_left_out_once_the_next_has_come(
    clinician, intake, days_ago, asked
):
    row = recorded(intake, clinician, given_on=NOW.date() - timedelta(days=days_ago))
    assert list(due(row)) == asked


def test_a_corrected_day_moves_the_check_ins_that_are_open(clinician, intake):
    row = recorded(intake, clinician)
    first = row.checkins.get(day=1)
    first.answered_at = NOW
    first.save()
    treatments.correct(
        row,
        given(clinician, given_on=date(2026, 11, 10)),
        seen=treatments.mark(row),
        by=clinician,
        now=NOW,
    )
    first.refresh_from_db()
    assert first.due_at == datetime(2026, 11, 18, 17, tzinfo=UTC)
    # Day 3 passed before it was known; day 7 is today.
    assert [one.day for one in CheckIn.objects.exclude(cancelled_at=None)] == [3]
    assert row.checkins.get(day=7).due_at == datetime(2026, 11, 17, 17, tzinfo=UTC)


# ------------------------------------------------------------------------------------- correcting
def test_a_correction_names_the_fields_and_never_what_stood_there(
    clinician, clinician_client, intake
):
    row = recorded(intake, clinician)
    path = f"/staff/treatments/{row.pk}/"
    form = clinician_client.get(path).context["form"]
    assert (form["product"].value(), form["lot"].value()) == ("MSC-A", "AB12-3")
    changed = posted(clinician, seen=form["seen"].value(), routes=["joint"], lot="zz 9")
    clinician_client.post(path, changed | {"dose": "5 million"})
    row.refresh_from_db()
    assert (row.lot, row.given["dose"]) == ("zz9", "5 million")
    event = AuditEvent.objects.about(intake).get(did="corrected a treatment")
    assert event.details == {"treatment": row.pk.hex, "fields": ["dose", "lot"]}
    assert treatments.of_lot(clinician, "ZZ9") == [row]
    assert treatments.of_lot(clinician, "AB12-3") == []


def test_nothing_changed_leaves_no_trace_in_the_record(clinician, clinician_client, intake):
    row = recorded(intake, clinician)
    seen = treatments.mark(row)
    data = posted(clinician, seen=seen, routes=["joint"])
    assert clinician_client.post(f"/staff/treatments/{row.pk}/", data).status_code == 302
    assert not AuditEvent.objects.filter(did="corrected a treatment").exists()


def test_the_second_of_two_who_correct_is_told_and_keeps_what_they_typed(
    clinician, clinician_client, lead_client, intake
):
    row = recorded(intake, clinician)
    path, seen = f"/staff/treatments/{row.pk}/", treatments.mark(row)
    lead_client.post(path, posted(clinician, seen=seen, dose="5 million"))
    response = clinician_client.post(path, posted(clinician, seen=seen, dose="7 million"))
    assert response.status_code == 409
    assert "Somebody has changed this record meanwhile." in response.text
    assert "7 million" in response.text
    row.refresh_from_db()
    assert row.given["dose"] == "5 million"


# --------------------------------------------------------------------------------- adverse events
def happened(**changed: Any) -> dict[str, Any]:
    return {
        "words": "Fever for a day.",
        "began_on.day": "17",
        "began_on.month": "11",
        "began_on.year": "2026",
        "grade": "1",
        "relation": "possible",
        "outcome": "recovered",
    } | changed


def test_an_adverse_event_is_recorded_and_changed(clinician, clinician_client, intake):
    row = recorded(intake, clinician)
    clinician_client.post(f"/staff/treatments/{row.pk}/events/new/", happened())
    event = AdverseEvent.objects.get()
    assert (event.words, event.began_on, event.grade, event.relation, event.outcome) == (
        "Fever for a day.",
        date(2026, 11, 17),
        1,
        "possible",
        "recovered",
    )
    path = f"/staff/adverse-events/{event.pk}/"
    seen = clinician_client.get(path).context["form"]["seen"].value()
    later = NOW + timedelta(hours=1)
    with time_machine.travel(later, tick=False):
        clinician_client.force_login(clinician)
        clinician_client.post(path, happened(seen=seen, grade="3", outcome="ongoing"))
        again = clinician_client.post(path, happened(seen=seen, grade="2"))
    event.refresh_from_db()
    assert (event.grade, event.outcome, event.changed_at, event.recorded_at) == (
        3,
        "ongoing",
        later,
        NOW,
    )
    assert again.status_code == 409
    assert AuditEvent.objects.get(did="changed an adverse event").details == {
        "event": event.pk.hex,
        "fields": ["grade", "outcome"],
    }


@pytest.mark.parametrize(
    ("changed", "field", "error"),
    [
        ({"words": ""}, "words", "Write what happened."),
        ({"grade": "6"}, "grade", "Choose one of these."),
        ({"grade": ""}, "grade", "Choose a grade."),
        ({"relation": "x"}, "relation", "Choose one of these."),
        ({"outcome": "died"}, "outcome", "“Died” and grade 5 go together."),
        ({"grade": "5"}, "outcome", "“Died” and grade 5 go together."),
        ({"began_on.day": "16"}, "began_on", "This is before the treatment was given."),
        ({"began_on.day": "18"}, "began_on", "This day has not come yet."),
    ],
)
def test_an_adverse_event_that_cannot_be_is_refused(
    clinician, clinician_client, intake, changed, field, error
):
    row = recorded(intake, clinician)
    path = f"/staff/treatments/{row.pk}/events/new/"
    response = clinician_client.post(path, happened(**changed))
    assert response.status_code == 422
    assert error in " ".join(response.context["form"].errors[field])
    assert AdverseEvent.objects.count() == 0


# ------------------------------------------------------------------------------------------- lots
@pytest.mark.parametrize("typed", ["AB12-3", " ab 12-3 ", "ＡＢ１２-3", "Ab12 -3"])
def test_everybody_of_a_lot_is_found_however_it_is_typed(
    clinician, clinician_client, intake, typed
):
    other = factories.ready(by=clinician, email="other@example.org")
    rows = [recorded(intake, clinician), recorded(other, clinician, lot="ab12-3")]
    recorded(other, clinician, lot="AB12-4")
    what = Happened("Fever.", NOW.date(), 1, "possible", "recovered")
    treatments.add_event(rows[0], what, by=clinician, now=NOW)
    response = clinician_client.get("/staff/lots/", {"lot": typed})
    found = {one.pk: one.events for one in response.context["found"]}
    assert found == {rows[0].pk: 1, rows[1].pk: 0}
    assert intake.code in response.text
    event = AuditEvent.objects.get(did="searched a lot")
    assert sorted(event.details["rows"]) == sorted([intake.code, other.code])
    assert set(event.details) == {"rows"}


@pytest.mark.parametrize(("query", "status"), [("", 200), ("?lot=", 422), ("?lot=none", 200)])
def test_a_lot_that_nobody_was_given(clinician_client, query, status):
    response = clinician_client.get(f"/staff/lots/{query}")
    assert response.status_code == status
    assert not response.context["found"]


def test_three_treatments_of_a_lot_and_thirty_cost_the_same(clinician, clinician_client, intake):
    costs = []
    for number in range(30):
        Treatment.objects.create(
            intake=intake, clinician=clinician, given_on=NOW.date(), zone="UTC", lot="L",
            given=given(clinician).sealed(), recorded_by=clinician, recorded_at=NOW,
        )  # fmt: skip
        if number in {0, 2, 29}:
            with CaptureQueriesContext(connection) as captured:
                clinician_client.get("/staff/lots/?lot=l")
            costs.append(len(captured))
    assert costs[1] == costs[2]


# -------------------------------------------------------------------------------------------- who
def test_the_front_desk_sees_no_treatment(front_desk_client, clinician, intake):
    row = recorded(intake, clinician)
    paths = [new(intake), f"/staff/treatments/{row.pk}/", "/staff/lots/?lot=AB12-3"]
    assert [front_desk_client.get(path).status_code for path in paths] == [404] * 3


def test_what_a_case_shows_costs_the_same_for_one_treatment_and_for_ten(clinician, intake):
    costs = []
    for number in range(10):
        recorded(intake, clinician)
        if number in {0, 9}:
            with CaptureQueriesContext(connection) as captured:
                [one.row.clinician.full_name for one in treatments.treated(intake)]
            costs.append(len(captured))
    assert costs == [5, 5]
    shown = treatments.treated(intake)[0]
    assert shown.what == (
        "A donor: umbilical cord tissue (Wharton's jelly); Injection into a joint"
    )
