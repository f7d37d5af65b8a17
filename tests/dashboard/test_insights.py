"""First figures: what they count, what they keep back, and what they cost."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.dashboard import insights
from consult.dashboard.insights import Took, last_weeks, last_year
from consult.models import (
    Assessment,
    AuditEvent,
    CheckIn,
    Decision,
    Intake,
    Revision,
    Treatment,
)
from consult.rules.figures import Row, Share
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("at_now")
ADDRESS = "/staff/insights/"
MONDAY = factories.at("2026-11-09T10:00")  # of the week before NOW's
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def form(came: datetime = MONDAY, *, rank: int = 1, state: str = "submitted") -> Intake:
    """A form as the figures see it."""
    made = Intake.objects.create(
        questionnaire="0.1.0", state=state, rank=rank, started_at=came, saved_at=came,
        submitted_at=came, revision=1,
    )  # fmt: skip
    Revision.objects.create(
        intake=made, number=1, reason="sent", answers={}, questionnaire="0.1.0", made_at=came
    )
    Assessment.objects.create(
        intake=made, ruleset="0.1.0", questionnaire="0.1.0", rank=rank, result={}, made_at=came
    )
    return made


def decided(intake: Intake, at: datetime, by: Any) -> None:
    Decision.objects.create(intake=intake, kind="ready", reason="Yes.", by=by, at=at)


def visit(intake: Intake, by: Any, kind: Any, at: datetime, status: str = "attended") -> None:
    factories.appointment(intake, clinician=by, visit_type=kind, starts_at=at, status=status)


# --------------------------------------------------------------------------------------- arrivals
def test_the_weeks_are_the_clinics_and_the_running_one_is_the_last():
    period = last_weeks(NOW)
    assert (len(period.starts), period.starts[0], period.starts[-1]) == (
        12,
        date(2026, 8, 31),
        date(2026, 11, 16),
    )
    assert period.since == factories.at("2026-08-31T00:00")


def test_a_year_is_twelve_months():
    starts = last_year(NOW).starts
    assert (len(starts), starts[0], starts[1], starts[-1]) == (
        12,
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 11, 1),
    )


def test_forms_are_counted_by_the_week_they_came_in_and_the_level_of_that_day(db):
    for _ in range(6):
        form(rank=5)
    for _ in range(5):
        form(rank=1)
    moved = form(rank=1)
    moved.rank = 5
    moved.save()
    # Sunday evening in Tijuana is Monday in UTC: it is still the week before.
    form(factories.at("2026-11-15T20:00"), rank=3)
    found = insights.arrivals(last_weeks(NOW))
    rows = dict(found.rows)
    assert [one.code for one in found.levels] == [
        *("urgent", "contraindicated_until_reviewed", "high", "moderate", "info", "routine"),
    ]
    # One “high” is kept back, and with it the smallest of the others.
    assert rows[date(2026, 11, 9)] == Row((None, 0, None, 0, 6, 0), 13, is_mixed=True)
    assert rows[date(2026, 11, 16)] == Row((0,) * 6, 0)


# ------------------------------------------------------------------------------------------ times
def test_the_median_and_the_90th_percentile_are_times_that_occurred(clinician):
    kind = factories.VisitTypeFactory()
    for number in range(1, 11):
        one = form()
        decided(one, MONDAY + number * HOUR, clinician)
        decided(one, MONDAY + DAY * 9, clinician)  # a later one does not count
        if number <= 5:
            visit(one, clinician, kind, MONDAY + number * HOUR + number * DAY)
    assert insights.times(last_weeks(NOW)) == [
        Took("From handed in to reviewed", 10, 5 * HOUR, 9 * HOUR),
        Took("From reviewed to the consultation", 5, 3 * DAY, None),
    ]


def test_of_four_forms_no_time_is_told(clinician):
    for _ in range(4):
        decided(form(), MONDAY + HOUR, clinician)
    first = insights.times(last_weeks(NOW))[0]
    assert (first.about, first.median, first.most) == (None, None, None)


def test_opened_again_and_an_override_nobody_signed_are_no_review(clinician):
    one = form()
    Decision.objects.create(intake=one, kind="reopened", reason="x", by=clinician, at=MONDAY)
    Decision.objects.create(
        intake=one, kind="ready", override="checked", reason="x", by=clinician, at=MONDAY
    )
    assert insights.times(last_weeks(NOW))[0].about == 0


# --------------------------------------------------------------------------------- kept or broken
def test_overdue_is_what_was_not_decided_by_the_clinics_hours(clinician):
    for _ in range(6):
        decided(form(rank=5), MONDAY + HOUR / 2, clinician)
    for _ in range(3):
        decided(form(rank=5), MONDAY + 2 * HOUR, clinician)
    for _ in range(3):
        form(rank=5)  # still open
    form(rank=1)  # no time is promised
    form(rank=5, state="withdrawn")  # taken back before anybody could
    form(NOW - timedelta(minutes=5), rank=5)  # its hour is not over
    assert insights.overdue(last_weeks(NOW)) == Share(50, 10)


def test_no_shows_are_of_visits_that_were_marked(clinician):
    intake, kind = form(), factories.VisitTypeFactory()
    for number in range(15):
        status = "missed" if number < 5 else "attended"
        visit(intake, clinician, kind, MONDAY + number * HOUR, status)
    visit(intake, clinician, kind, MONDAY - DAY, "booked")
    assert insights.no_shows(last_weeks(NOW)) == [
        ("A consultation", Share(33, 15)),
        ("A treatment", Share(None, 0)),
    ]


def test_check_ins_are_those_that_were_due(clinician):
    treatment = Treatment.objects.create(
        intake=form(), clinician=clinician, given_on=MONDAY.date(), zone="UTC", given={}, lot="L",
        recorded_by=clinician, recorded_at=MONDAY,
    )  # fmt: skip

    def checkin(day: int, **fields: Any) -> None:
        due = {"due_at": MONDAY, "plan": "0.1.0", "treatment": treatment}
        if day > 100:
            due["treatment"] = Treatment.objects.create(
                intake=treatment.intake, clinician=clinician, given_on=MONDAY.date(), zone="UTC",
                given={}, lot="L", recorded_by=clinician, recorded_at=MONDAY,
            )  # fmt: skip
        CheckIn.objects.create(day=day % 100, **(due | fields))

    for number in range(12):
        checkin(101, answered_at=MONDAY if number < 6 else None)
    checkin(3, cancelled_at=MONDAY)
    checkin(7, due_at=NOW + DAY)
    assert insights.answered(last_weeks(NOW)) == [("Day 1", Share(50, 10))]


# ------------------------------------------------------------------------------------------- page
def test_small_counts_stand_neither_in_the_table_nor_in_the_picture(clinician_client):
    for _ in range(3):
        form(rank=4)
    page = clinician_client.get(ADDRESS).text
    [picture] = re.findall(r'aria-labelledby="arrivals-title.*?</svg>', page, re.DOTALL)
    assert "9 Nov: On hold until a clinician has reviewed: fewer than 5." in picture
    assert not re.search(r": 3\b", picture)
    [box] = re.findall(r'class="piece piece-hidden" x="\d+" y="\d+" width="(\d+)"', picture)
    assert box == "12"
    [row] = re.findall(r"<tr><th scope=\"row\">9 Nov</th>(.*?)</tr>", page)
    assert re.findall(r"<td>(.*?)</td>", row) == [
        "0",
        "fewer than 5",
        "0",
        "0",
        "0",
        "0",
        "not shown",
    ]


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 200), ("?period=weeks", 200), ("?period=year", 200), ("?period=x", 302)],
)
def test_the_period_stands_in_the_address(clinician_client, query, status):
    assert clinician_client.get(ADDRESS + query).status_code == status


def test_clinicians_and_administrators_see_the_figures_and_others_do_not(
    clinician_client, lead_client, administrator_client, front_desk_client
):
    clients = (clinician_client, lead_client, administrator_client, front_desk_client)
    assert [one.get(ADDRESS).status_code for one in clients] == [200, 200, 200, 404]
    assert AuditEvent.objects.filter(did="viewed the figures").count() == 3


def test_one_form_and_forty_cost_the_same(clinician, clinician_client):
    kind = factories.VisitTypeFactory()
    clinician_client.get(ADDRESS)
    costs = []
    for number in range(40):
        one = form()
        decided(one, MONDAY + HOUR, clinician)
        visit(one, clinician, kind, MONDAY + DAY + number * HOUR)
        if number in {19, 39}:
            with CaptureQueriesContext(connection) as captured:
                clinician_client.get(ADDRESS)
            costs.append(len(captured))
    assert costs[0] == costs[1]


def test_nothing_has_come_yet(clinician_client):
    response = clinician_client.get(ADDRESS)
    assert response.status_code == 200
    assert "There is nothing to show yet." in response.text
