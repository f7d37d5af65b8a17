from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.dashboard.tasks import assign_task, pass_on_overdue
from consult.intake.refusals import NotAllowed
from consult.models import AuditEvent, Role, StaffTask
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("at_now")


def task(event="staff_urgent_intake", *, due=NOW, intake=None):
    intake = intake or factories.submitted("P01")
    return StaffTask.objects.create(event=event, intake=intake, made_at=NOW, due_at=due)


def listed(response):
    return [row.task for row in response.context["rows"]]


def test_tasks_stand_in_the_order_in_which_they_are_due(clinician_client):
    later, sooner = task(due=NOW + timedelta(days=1)), task(due=NOW - timedelta(hours=3))
    response = clinician_client.get("/staff/tasks/")
    assert listed(response) == [sooner, later]
    assert "Overdue by 3\xa0hours" in response.content.decode()
    assert "Due in 1\xa0day" in response.content.decode()


def test_a_finished_task_is_gone_from_the_list_and_holds_the_words(clinician, clinician_client):
    one = task()
    response = clinician_client.post(
        f"/staff/tasks/{one.pk}/done/", {"what_was_done": "Called at ten."}
    )
    assert (response.status_code, response["Location"]) == (302, "/staff/tasks/")
    one.refresh_from_db()
    assert (one.what_was_done, one.done_by, one.done_at) == ("Called at ten.", clinician, NOW)
    assert listed(clinician_client.get("/staff/tasks/")) == []
    event = AuditEvent.objects.about(one.intake).get(did="finished a task")
    assert (event.by, event.details) == (clinician, {"task": "staff_urgent_intake"})


@pytest.mark.parametrize("words", ["", "  ", "x" * 2001, "a\0b"])
def test_a_task_is_not_done_without_fitting_words(clinician_client, words):
    one = task()
    response = clinician_client.post(f"/staff/tasks/{one.pk}/done/", {"what_was_done": words})
    assert response.status_code == 422
    assert StaffTask.objects.open().count() == 1


def test_the_second_to_finish_a_task_sees_who_was_first_and_keeps_the_words(
    clinician_client, lead_client
):
    one = task()
    address = f"/staff/tasks/{one.pk}/done/"
    lead_client.post(address, {"what_was_done": "Called at ten."})
    response = clinician_client.post(address, {"what_was_done": "Called at eleven."})
    page = response.content.decode()
    assert response.status_code == 409
    assert "Lena Okafor has already finished this task." in page
    assert "Called at ten." in page
    assert "Called at eleven." in page
    one.refresh_from_db()
    assert one.what_was_done == "Called at ten."


def test_an_unknown_task_is_not_there(clinician_client):
    address = "/staff/tasks/00000000-0000-0000-0000-000000000000/done/"
    assert clinician_client.get(address).status_code == 404


def test_the_front_desk_sees_the_tasks_and_cannot_close_them(front_desk_client):
    one = task()
    response = front_desk_client.get("/staff/tasks/")
    assert listed(response) == [one]
    assert "Write what was done" not in response.content.decode()
    assert front_desk_client.get(f"/staff/tasks/{one.pk}/done/").status_code == 404


def test_three_tasks_and_sixty_cost_the_same_queries(clinician_client):
    intake = factories.submitted("P01")
    clinician_client.get("/staff/tasks/")
    costs = []
    for event in range(60):
        task(f"event_{event}", intake=intake, due=NOW + timedelta(minutes=event))
        if event in {2, 59}:
            with CaptureQueriesContext(connection) as captured:
                clinician_client.get("/staff/tasks/")
            costs.append(len(captured))
    assert costs[0] == costs[1]


def test_the_next_page_begins_after_the_last_task_shown(clinician_client):
    intake = factories.submitted("P01")
    rows = [
        task(f"event_{n}", intake=intake, due=NOW + timedelta(minutes=n // 7)) for n in range(60)
    ]
    first = clinician_client.get("/staff/tasks/")
    second = clinician_client.get(f"/staff/tasks/?after={first.context['page'].last.pk.hex}")
    assert len(listed(first)) == 50
    assert sorted(one.pk for one in listed(first) + listed(second)) == sorted(r.pk for r in rows)


@pytest.mark.parametrize("after", ["x", "%00", "00000000-0000-0000-0000-000000000000"])
def test_a_place_nobody_knows_shows_the_first_tasks(clinician_client, after):
    one = task()
    assert listed(clinician_client.get(f"/staff/tasks/?after={after}")) == [one]


def test_the_days_list_says_what_is_overdue_for_today_and_for_later(clinician_client):
    intake = factories.submitted("P01")
    for event, hours in {"a": -3, "b": 2, "c": 60, "d": 90}.items():
        task(event, intake=intake, due=NOW + timedelta(hours=hours))
    response = clinician_client.get("/staff/tasks/")
    assert response.context["counts"] == [("Overdue", 1), ("Today", 1), ("Later", 2)]
    assert [row.when for row in response.context["rows"]] == ["Overdue", "Today", "Later", "Later"]


def test_a_task_is_taken_given_to_a_colleague_and_given_back(clinician, clinician_client):
    one, colleague = task(), factories.clinician(full_name="Mia Berg")
    address = f"/staff/tasks/{one.pk}/assign/"
    got = []
    for to in ("me", colleague.pk.hex, "nobody"):
        assert clinician_client.post(address, {"to": to}).status_code == 302
        one.refresh_from_db()
        got.append(one.assignee)
    assert got == [clinician, colleague, None]
    events = AuditEvent.objects.about(one.intake).filter(did="assigned a task").order_by("pk")
    assert [one.details["after"] for one in events] == [clinician.pk.hex, colleague.pk.hex, ""]


def test_a_task_goes_to_nobody_outside_the_care_team(clinician_client):
    one = task()
    for to in (factories.UserFactory().pk.hex, factories.staff(Role.EDITOR).pk.hex, "x", ""):
        assert (
            clinician_client.post(f"/staff/tasks/{one.pk}/assign/", {"to": to}).status_code == 422
        )
    one.refresh_from_db()
    assert one.assignee is None


def test_mine_nobodys_and_all(clinician, clinician_client):
    intake = factories.submitted("P01")
    mine, free = task("a", intake=intake), task("b", intake=intake)
    theirs = task("c", intake=intake)
    for one, person in ((mine, clinician), (theirs, factories.clinician())):
        one.assignee = person
        one.save()
    found = {
        whose: set(listed(clinician_client.get(f"/staff/tasks/?whose={whose}")))
        for whose in ("mine", "free", "all")
    }
    assert found == {"mine": {mine}, "free": {free}, "all": {mine, free, theirs}}
    assert clinician_client.get("/staff/tasks/?whose=nonsense")["Location"] == "/staff/tasks/"


def test_an_overdue_task_is_passed_on_once_and_stays_open(clinician_client):
    intake = factories.submitted("P01")
    late = task("a", intake=intake, due=NOW - timedelta(minutes=1))
    task("b", intake=intake, due=NOW + timedelta(minutes=1))
    assert [pass_on_overdue(now=NOW), pass_on_overdue(now=NOW)] == [1, 0]
    late.refresh_from_db()
    assert (late.escalated_at, late.done_at) == (NOW, None)
    event = AuditEvent.objects.about(intake).get(did__startswith="passed an overdue task")
    assert (event.by, event.details) == (None, {"task": "a"})
    page = clinician_client.get("/staff/tasks/").content.decode()
    assert page.count("Passed on to the lead clinicians") == 1
    assert "portal_staff_tasks_overdue 1\n" in clinician_client.get("/metrics").content.decode()


def test_what_lead_clinicians_are_told_only_they_tick_off(clinician_client, lead_client):
    one = task("glass_broken")
    address, words = f"/staff/tasks/{one.pk}/done/", {"what_was_done": "Spoke with them."}
    assert "A lead clinician finishes this task." in clinician_client.get(address).content.decode()
    assert clinician_client.post(address, words).status_code == 409
    assert lead_client.post(address, words).status_code == 302


def test_the_front_desk_takes_a_task_and_gives_it_to_a_clinician(clinician):
    one = task()
    desk = signed_in_as(factories.staff(Role.FRONT_DESK))
    assert desk.post(f"/staff/tasks/{one.pk}/assign/", {"to": clinician.pk.hex}).status_code == 302
    one.refresh_from_db()
    assert one.assignee == clinician


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMINISTRATOR])
def test_the_action_itself_gives_no_task_to_somebody_outside_the_care_team(clinician, role):
    row = task()
    with pytest.raises(NotAllowed):
        assign_task(row, to=factories.staff(role), by=clinician, now=NOW)
    row.refresh_from_db()
    assert row.assignee is None
