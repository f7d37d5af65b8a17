from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.models import AuditEvent, Intake
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("at_now")


def codes(response):
    return [row.intake.code for row in response.context["page"].rows]


def many(count, **fields):
    """Copies of one submitted form, a minute apart, each with its own assessment."""
    first = factories.submitted("P01")
    judged = factories.assessment_of(first).result
    return [first, *(copy_of(first, judged, minutes=n, **fields) for n in range(1, count))]


def copy_of(first, judged, *, minutes, **fields):
    at = NOW + timedelta(minutes=minutes)
    values = {"rank": first.rank, "state": Intake.State.SUBMITTED} | fields
    intake = Intake(
        questionnaire=first.questionnaire, started_at=NOW, saved_at=at, submitted_at=at, **values
    )
    intake.contact = first.contact
    intake.save()
    intake.assessments.create(
        ruleset=judged["ruleset"],
        questionnaire=judged["questionnaire"],
        rank=intake.rank,
        result=judged,
        made_at=at,
    )
    return intake


def test_the_highest_level_comes_first_and_then_the_oldest(clinician_client):
    info_late = factories.submitted("P01", now=NOW - timedelta(hours=1))
    info_early = factories.submitted("P01", now=NOW - timedelta(hours=2))
    urgent = factories.submitted(an_urgent_persona())
    assert codes(clinician_client.get("/staff/")) == [urgent.code, info_early.code, info_late.code]


def an_urgent_persona():
    return next(
        key for key, one in factories.PERSONAS.items() if one["expected"]["level"] == "urgent"
    )


def test_a_row_names_the_level_in_words_and_the_titles_of_its_reasons(clinician_client):
    factories.submitted("P01")
    row = clinician_client.get("/staff/").context["page"].rows[0]
    fired = factories.assessment_of(row.intake).result["findings"]
    assert row.level.label == "For information"
    assert list(row.reasons) == [finding["title"] for finding in fired]


def test_a_row_shows_three_reasons_at_most_and_the_highest_first(clinician_client):
    most = max(factories.PERSONAS.values(), key=lambda one: len(one["expected"]["fired"]))
    intake = factories.submitted(most["id"])
    row = clinician_client.get("/staff/").context["page"].rows[0]
    findings = factories.assessment_of(intake).result["findings"]
    highest = [one["title"] for one in findings if one["level"] == row.level.code]
    assert len(row.reasons) == 3
    assert row.reasons[0] == highest[0]


def test_the_queue_says_which_promise_is_overdue(clinician_client):
    factories.submitted(an_urgent_persona(), now=NOW - timedelta(days=1))
    page = clinician_client.get("/staff/").content.decode()
    assert "Overdue by 23\xa0hours" in page


def test_the_queue_says_when_a_promise_is_due(clinician_client):
    factories.submitted(an_urgent_persona(), now=NOW - timedelta(minutes=20))
    page = clinician_client.get("/staff/").content.decode()
    assert "Due in 40\xa0minutes" in page


def test_the_tabs_count_each_list_and_open_it(clinician_client):
    waiting, held, ready = many(3)
    Intake.objects.filter(pk=held.pk).update(state="on_hold")
    Intake.objects.filter(pk=ready.pk).update(state="ready")
    response = clinician_client.get("/staff/?show=on_hold")
    assert response.context["tabs"] == [
        ("waiting", "Waiting", 1),
        ("on_hold", "On hold", 1),
        ("ready", "Ready", 1),
    ]
    assert codes(response) == [held.code]
    assert codes(clinician_client.get("/staff/?show=ready")) == [ready.code]


def test_drafts_are_in_no_list(clinician_client):
    factories.draft()
    assert codes(clinician_client.get("/staff/")) == []


@pytest.mark.parametrize("query", ["show=everything", "after=nobody", "after=%00", "show=%00"])
def test_a_filter_nobody_knows_leads_back_to_the_queue(clinician_client, query):
    response = clinician_client.get(f"/staff/?{query}")
    assert (response.status_code, response["Location"]) == (302, "/staff/")


@pytest.mark.parametrize("show", ["waiting", "on_hold"])
def test_following_the_next_links_shows_every_row_once_and_in_order(clinician_client, show):
    state = {"waiting": "submitted", "on_hold": "on_hold"}[show]
    rows = many(120, state=state)
    Intake.objects.filter(pk=rows[0].pk).update(state=state)
    if show == "waiting":
        Intake.objects.filter(pk__in=[row.pk for row in rows[30:90]]).update(rank=4)
        rows = rows[30:90] + rows[:30] + rows[90:]
    seen, address = [], f"/staff/?show={show}"
    while address:
        response = clinician_client.get(address)
        seen.append(codes(response))
        last = response.context["page"].last
        address = last and f"/staff/?show={show}&after={last.intake.code}"
    assert [len(page) for page in seen] == [50, 50, 20]
    assert [code for page in seen for code in page] == [row.code for row in rows]


def test_rows_of_the_same_instant_are_not_lost_between_two_pages(clinician_client):
    rows = many(60)
    Intake.objects.update(submitted_at=NOW)
    first = clinician_client.get("/staff/")
    second = clinician_client.get(f"/staff/?after={first.context['page'].last.intake.code}")
    assert sorted(codes(first) + codes(second)) == sorted(row.code for row in rows)


@pytest.mark.parametrize("address", ["/staff/", "/staff/?show=on_hold"])
def test_three_rows_and_three_hundred_cost_the_same_queries(clinician_client, address):
    rows = many(3)
    set_state(rows, address)
    clinician_client.get(address)  # the first page of a process looks up the site once
    few = queries_of(clinician_client, address)
    judged = factories.assessment_of(rows[0]).result
    set_state([copy_of(rows[0], judged, minutes=n) for n in range(3, 300)], address)
    assert queries_of(clinician_client, address) == few


def set_state(rows, address):
    if "on_hold" in address:
        Intake.objects.filter(pk__in=[row.pk for row in rows]).update(state="on_hold")


def queries_of(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_front_desk_sees_whom_to_call_and_no_reason(front_desk_client):
    intake = factories.submitted(an_urgent_persona())
    page = front_desk_client.get("/staff/").content.decode()
    titles = [one["title"] for one in factories.assessment_of(intake).result["findings"]]
    assert "+52 664 123 4567" in page
    assert "Urgent" in page
    assert [title for title in titles if title in page] == []


def test_looking_at_the_queue_is_recorded_with_the_rows_that_were_shown(
    clinician, clinician_client
):
    first, second = many(2)
    clinician_client.get("/staff/")
    event = AuditEvent.objects.get(did="viewed the queue")
    assert event.by == clinician
    assert event.details == {"show": "waiting", "rows": [first.code, second.code]}
