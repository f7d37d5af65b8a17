"""Check-ins as clinicians read them in the case, and what one click makes of them."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.dashboard import treatments
from consult.dashboard.treatments_checkins import course_of, words_for_event
from consult.dashboard.words import event_of
from consult.models import AdverseEvent, CheckIn, StaffTask, Treatment
from tests import factories
from tests.factories import NOW
from tests.followups.answering import pain_before, posted, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def treatment(clinician: Any) -> Treatment:
    return factories.treated(pain_before(factories.ready(by=clinician), 6), clinician=clinician)


def told(treatment: Treatment, day: int, **said: Any) -> CheckIn:
    row = treatment.checkins.get(day=day)
    send(row, posted(day, **said))
    row.refresh_from_db()
    return row


def seen(client: Any, path: str, at: Any) -> Any:
    with time_machine.travel(at, tick=False):
        client.force_login(Treatment.objects.get().clinician)
        return client.get(path)


def case(treatment: Treatment) -> str:
    return f"/staff/intakes/{treatment.intake.code}/"


def test_the_case_shows_outcome_reasons_with_evidence_and_what_was_left_open(
    client, treatment
) -> None:
    row = treatment.checkins.get(day=3)
    send(row, {"ck.fever": "f38", "ck.site": ["hot"]})
    page = seen(client, case(treatment), row.due_at).text
    assert "Urgent, same day: call within 2 hours" in page
    assert "Fever with a changed needle site" in page
    assert "<strong>“38 C (100.4 F) or more”</strong> to “Fever since we last asked?”" in page
    assert "Left open: Compared with before, how do you feel?;" in page
    assert "Not due yet." in page
    assert f'href="/staff/treatments/{treatment.pk}/events/new/?checkin={row.code}"' in page


def test_what_was_not_answered_says_so_and_whether_staff_were_asked(client, treatment) -> None:
    CheckIn.objects.filter(day=1).update(silence_at=NOW + timedelta(days=3))
    page = seen(client, case(treatment), NOW + timedelta(days=5)).text
    assert "Not answered; our team was asked to phone" in page
    assert "Not answered yet." in page  # the third day


def test_the_course_begins_before_the_treatment_and_leaves_out_what_nobody_said(treatment) -> None:
    told(treatment, 1, pain=8)
    told(treatment, 30, pain=0, function=7, goal=4)
    row = treatment.checkins.get(day=90)
    send(row, {"ck.breath": ["chest_pain"]})
    course = course_of(Treatment.objects.get())
    found = {one.title: list(one.rows) for one in course.trends}
    assert found == {
        "Pain, 0 to 10": [("Before", 6), ("Day 1", 8), ("Day 30", 0), ("Day 90", None)],
        "How much it stops everyday life, 0 to 10": [("Day 30", 7), ("Day 90", None)],
        "How far the goal is met, 0 to 10": [("Day 30", 4), ("Day 90", None)],
    }
    [pain, function, goal] = course.trends
    assert [one.is_unconfirmed for one in (pain, function, goal)] == [False, True, False]
    assert [(one.label, one.number) for one in pain.picture.bars] == [
        ("Before", "6"),
        ("Day 1", "8"),
        ("Day 30", "0"),
    ]
    assert [one.pieces[0].title for one in goal.picture.bars] == ["4 of 10"]


def test_the_picture_has_a_name_words_and_the_same_as_a_table(client, treatment) -> None:
    row = told(treatment, 1, pain=8)
    page = seen(client, case(treatment), row.due_at).text
    key = f"pain-{treatment.pk.hex}"
    assert f'role="img" aria-labelledby="{key}-title {key}-desc"' in page
    assert "Before: 6 of 10. Day 1: 8 of 10." in page
    assert '<th scope="row">Day 1</th><td>8</td>' in page
    assert page.count('id="pattern-part"') == 1


def test_one_click_records_an_adverse_event_of_a_check_in(client, treatment) -> None:
    row = told(treatment, 3, fever="f38", site=["hot"])
    path = f"/staff/treatments/{treatment.pk}/events/new/?checkin={row.code}"
    form = seen(client, path, row.due_at).context["form"]
    assert form["words"].value() == words_for_event(row)
    assert words_for_event(row).startswith("Check-in on day 3: Fever with a changed needle site; ")
    assert form["began_on"].value() == row.due_at.date()
    data = {"words": "Fever.", "grade": 2, "relation": "possible", "outcome": "ongoing"}
    day = {"began_on.day": 20, "began_on.month": 11, "began_on.year": 2026}
    with time_machine.travel(row.due_at, tick=False):
        client.force_login(treatment.clinician)
        assert client.post(path, data | day).status_code == 302
    event = AdverseEvent.objects.get()
    assert (event.checkin, event.words) == (row, "Fever.")


@pytest.mark.parametrize("code", ["other", "unanswered", "ZZZZZZZZZZ", "\0"])
def test_a_check_in_of_another_treatment_or_without_answers_is_not_there(
    client, treatment, code
) -> None:
    other = factories.treated(treatment.intake, clinician=treatment.clinician)
    rows = {"other": other.checkins.get(day=1), "unanswered": treatment.checkins.get(day=1)}
    send(rows["other"], posted(1))
    asked = rows[code].code if code in rows else code
    path = f"/staff/treatments/{treatment.pk}/events/new/"
    with time_machine.travel(NOW, tick=False):
        client.force_login(treatment.clinician)
        assert client.get(path, {"checkin": asked}).status_code == 404


def test_a_case_costs_the_same_for_one_answered_check_in_and_for_seven(treatment) -> None:
    costs = []
    for day in (1, 3, 7, 30, 90, 180, 365):
        told(treatment, day)
        if day in {1, 365}:
            with CaptureQueriesContext(connection) as captured:
                treatments.treated(treatment.intake)
            costs.append(len(captured))
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    "event", ["checkin_alert", "checkin_review", "checkin_phone", "checkin_no_answer"]
)
def test_every_task_of_a_check_in_has_words(event: str) -> None:
    found = event_of(event)
    assert found is not None
    assert found.subject
    assert found.purpose


# ---------------------------------------- one task for two answers
def done_page(client: Any, treatment: Treatment, at: Any, **data: Any) -> Any:
    task = StaffTask.objects.get()
    with time_machine.travel(at, tick=False):
        client.force_login(treatment.clinician)
        path = f"/staff/tasks/{task.pk}/done/"
        return client.post(path, data) if data else client.get(path)


def test_a_task_is_not_closed_over_an_answer_that_nobody_has_seen(client, treatment) -> None:
    first = told(treatment, 1, call=True)
    opened_at = treatment.checkins.get(day=3).due_at - timedelta(minutes=1)
    seen = re.search(r'name="seen" value="([^"]+)"', done_page(client, treatment, opened_at).text)
    assert seen
    assert first.answered_at < opened_at
    second = told(treatment, 3, breath=["chest_pain"])
    words = {"what_was_done": "Called: all is well.", "seen": seen[1]}
    refused = done_page(client, treatment, second.due_at, **words)
    assert refused.status_code == 409
    assert "The person has answered again since you opened this page." in refused.text
    assert "Called: all is well." in refused.text
    assert StaffTask.objects.get().done_at is None
    anew = re.search(r'name="seen" value="([^"]+)"', refused.text)
    assert anew
    words["seen"] = anew[1]
    assert done_page(client, treatment, second.due_at, **words).status_code == 302


@pytest.mark.parametrize(
    "seen", ["", "x", "\0", "2026-13-45T10:00Z", "0001-01-01T00:00+14:00", "2026-11-24T10:00"]
)
def test_an_odd_time_on_the_page_of_a_task_is_no_error(client, treatment, seen) -> None:
    row = told(treatment, 1, call=True)
    words = {"what_was_done": "Called.", "seen": seen}
    assert done_page(client, treatment, row.due_at, **words).status_code == 302
