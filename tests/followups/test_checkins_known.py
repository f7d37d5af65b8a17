"""A check-in beside everything else: what the portal knows, two alerts, the person's own page."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult.followups.checkin_answers import context
from consult.models import CheckIn, Consent, Message, StaffTask
from consult.rules.checkin_form import as_form
from tests import factories
from tests.factories import NOW
from tests.followups.answering import (
    PLAN,
    address,
    look,
    pain_before,
    posted,
    send,
    signed_in,
    tasks,
)

pytestmark = pytest.mark.django_db


# ---------------------------------------- what we know
@pytest.mark.parametrize(
    ("zone", "given_on", "at", "days"),
    [
        # the clocks go forward on 14 March 2027 in Tijuana: days are the calendar's all the same
        ("America/Tijuana", "2027-03-13", "2027-03-14T23:59", 1),
        ("America/Tijuana", "2027-03-13", "2027-03-15T00:00", 2),
        ("America/Tijuana", "2026-10-31", "2026-11-01T23:30", 1),
        ("Pacific/Auckland", "2026-11-17", "2026-11-18T00:30", 1),
        ("Asia/Kathmandu", "2026-11-17", "2027-11-17T09:00", 365),
    ],
)
def test_days_are_counted_by_the_persons_calendar(zone, given_on, at, days) -> None:
    day = datetime.fromisoformat(given_on).date()
    treatment = factories.treated(factories.ready(), zone=zone, given_on=day)
    known = context(treatment, {}, now=factories.at(at, zone))
    assert known["context.day"] == days


@pytest.mark.parametrize(
    ("routes", "known"),
    [
        (["intrathecal"], (True, False, False)),
        (["disc", "iv"], (True, True, False)),
        (["joint", "muscle_tendon"], (False, False, True)),
        (["other"], (False, False, False)),
    ],
)
def test_routes_are_those_of_the_treatment(routes, known) -> None:
    treatment = factories.treated(factories.ready(), routes=routes)
    found = context(treatment, {}, now=NOW)
    names = ("context.route_spinal", "context.route_iv", "context.route_local")
    assert tuple(found[one] for one in names) == known


def test_pain_is_held_against_the_form_as_it_was_before_the_treatment() -> None:
    intake = pain_before(factories.ready(), 5)
    treatment = factories.treated(intake)
    intake.revisions.create(
        number=2,
        reason="changed",
        answers={"concern.pain": 9},
        questionnaire="0.1.0",
        made_at=NOW + timedelta(days=2),
    )
    assert context(treatment, {"ck.pain": 8}, now=NOW)["context.pain_change"] == 3
    assert "context.pain_change" not in context(treatment, {}, now=NOW)


def test_without_a_pain_before_there_is_no_change_of_it() -> None:
    intake = factories.ready()
    intake.revisions.update(made_at=NOW + timedelta(days=2))
    treatment = factories.treated(intake)
    assert "context.pain_change" not in context(treatment, {"ck.pain": 9}, now=NOW)


# ---------------------------------------- two alerts
def test_a_second_alert_with_a_shorter_clock_makes_the_open_task_due_sooner() -> None:
    treatment = factories.treated(factories.ready())
    first, second = treatment.checkins.get(day=1), treatment.checkins.get(day=3)
    send(first, posted(1, call=True), at=second.due_at - timedelta(minutes=1))
    send(second, posted(3, breath=["chest_pain"]))
    assert tasks() == [("checkin_alert", second.due_at + timedelta(minutes=30))]


def test_a_second_alert_with_a_longer_clock_leaves_the_first_its_time() -> None:
    treatment = factories.treated(factories.ready())
    first, second = treatment.checkins.get(day=1), treatment.checkins.get(day=3)
    at = second.due_at
    send(first, posted(1, breath=["chest_pain"]), at=at)
    send(second, posted(3, call=True), at=at + timedelta(minutes=5))
    assert tasks() == [("checkin_alert", at + timedelta(minutes=30))]


def test_after_an_alert_was_done_the_next_makes_a_task_of_its_own(clinician) -> None:
    treatment = factories.treated(factories.ready())
    first, second = treatment.checkins.get(day=1), treatment.checkins.get(day=3)
    send(first, posted(1, call=True))
    StaffTask.objects.update(done_at=first.due_at, done_by=clinician)
    send(second, posted(3, call=True))
    assert StaffTask.objects.filter(event="checkin_alert").count() == 2


# ---------------------------------------- never an offer
def test_a_poor_outcome_invites_to_nothing() -> None:
    row = factories.asked_on(90)
    before = set(Message.objects.values_list("event", flat=True))
    send(row, posted(90, overall="much_worse", goal=0, pain=10))
    assert set(Message.objects.values_list("event", flat=True)) == before
    page = look(row).text.partition("<main")[2].partition("</main>")[0]
    assert "/consult/book/" not in page
    assert not [one for one in ("book", "offer", "price", "again with us") if one in page.lower()]


# ---------------------------------------- the status page
def test_the_status_page_leads_to_what_is_open_and_to_what_was_said() -> None:
    treatment = factories.treated(factories.ready())
    rows = {one.day: one for one in treatment.checkins.all()}
    send(rows[1], posted(1))
    with time_machine.travel(rows[7].due_at, tick=False):
        page = signed_in(rows[1]).get("/consult/status/")
    shown = [(one.code, one.is_open) for one in page.context["cases"][0].checkins]
    assert shown == [(rows[7].code, True), (rows[1].code, False)]
    assert address(rows[7]) in page.text


def test_the_status_page_costs_the_same_for_one_treatment_and_for_three(
    django_assert_max_num_queries,
) -> None:
    intake = factories.ready()
    client = Client()
    client.force_login(intake.owner)
    costs = []
    for _ in range(3):
        factories.treated(intake)
        with django_assert_max_num_queries(100) as captured:
            client.get("/consult/status/")
        costs.append(len(captured))
    assert costs[1] == costs[2]


# ---------------------------------------- any answers at all
ODD = st.sampled_from(["", "yes", "none", "f38", "\0", "\ud800", "9" * 400, "-1", "1e308", "nan"])
WORDS = st.one_of(ODD, st.text(max_size=8), st.integers(-5, 50).map(str))


@pytest.fixture
def open_row() -> CheckIn:
    return factories.asked_on(7)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_is_posted_is_answered_and_never_fails(open_row: CheckIn, data: Any) -> None:
    CheckIn.objects.filter(pk=open_row.pk).update(answers=None, result=None, answered_at=None)
    StaffTask.objects.all().delete()
    said: dict[str, Any] = {}
    for question in as_form(7, PLAN).questions:
        codes = st.sampled_from([one.code for one in question.options] or ["1"])
        one = st.one_of(codes, WORDS, st.lists(st.one_of(codes, WORDS), max_size=4))
        said[question.id] = data.draw(one)
    said |= {data.draw(st.sampled_from(["ck.site.x", "x", "ck", "context.day"])): data.draw(WORDS)}
    encoded = {key: sendable(one) for key, one in said.items()}
    response = send(open_row, encoded)
    assert response.status_code in {302, 422}
    assert look(open_row).status_code == 200


def sendable(one: Any) -> Any:
    """Browsers post no lone surrogates in UTF-8; what stands for them is posted all the same."""
    if isinstance(one, list):
        return [sendable(part) for part in one]
    return one.encode("utf-8", "replace").decode()


def test_no_letter_of_the_care_goes_without_the_agreement() -> None:
    intake = factories.ready()
    Consent.objects.filter(purpose="consent.email").update(given=False)
    factories.treated(intake)
    assert not Message.objects.filter(event__startswith="checkin_").exists()
