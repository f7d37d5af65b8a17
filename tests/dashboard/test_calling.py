"""Nobody answered a check-in: the person is phoned, then the contact they named, then a clinician
decides."""

from datetime import timedelta
from typing import Any

import pytest

from consult.dashboard import calling, tasks
from consult.intake.refusals import NotAllowed
from consult.models import AuditEvent, CallTry, CheckIn, Intake, Role, StaffTask
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.factories import NOW, at

pytestmark = pytest.mark.usefixtures("at_now")
NAMED = {
    "named_name": "Rosa Vega",
    "named_phone": "+52 664 999 0000",
    "named_relation": "child",
}
PERSON, CONTACT = "person", "contact"


@pytest.fixture
def doctor(db: None) -> Any:
    return factories.clinician(full_name="Dr Luisa Ortega")


@pytest.fixture
def intake(doctor: Any) -> Intake:
    form = factories.ready(by=doctor)
    form.contact = form.contact | NAMED
    form.save()
    factories.treated(form, clinician=doctor).checkins.filter(day=1).update(silence_at=NOW)
    return form


@pytest.fixture
def task(intake: Intake) -> StaffTask:
    due = NOW + timedelta(hours=1)
    return StaffTask.objects.create(
        event="checkin_no_answer", intake=intake, made_at=NOW, due_at=due
    )


@pytest.fixture
def desk(db: None) -> Any:
    return factories.staff(Role.FRONT_DESK, full_name="Dina Cruz")


def tried(task: StaffTask, whom: str, by: Any, *, seen: int = 0) -> CallTry:
    return calling.note_try(task, whom=whom, seen=seen, by=by, now=NOW)


def path(task: StaffTask, page: str = "calls") -> str:
    return f"/staff/tasks/{task.pk}/{page}/"


def test_the_page_says_whom_to_call_in_which_order_and_what_may_be_said(task, desk) -> None:
    page = signed_in_as(desk).get(path(task)).text
    assert page.index("+52 664 123 4567") < page.index("Rosa Vega") < page.index("+52 664 999 0000")
    assert "son or daughter" in page
    assert "Say no more than that we are trying to reach the person." in page
    assert "Nobody has been called in vain yet." in page


def test_without_a_named_contact_the_person_is_called_twice(task, intake, desk) -> None:
    Intake.objects.get(pk=intake.pk)
    intake.contact = {key: one for key, one in intake.contact.items() if key not in NAMED}
    intake.save()
    assert "They have named nobody else." in signed_in_as(desk).get(path(task)).text
    task = StaffTask.objects.get()
    with pytest.raises(NotAllowed, match="nobody like this"):
        tried(task, CONTACT, desk)
    tried(task, PERSON, desk)
    tried(task, PERSON, desk, seen=1)
    assert calling.calls_of(StaffTask.objects.get()).in_vain


def test_a_try_is_written_down_with_who_was_called_when_and_by_whom(task, desk) -> None:
    client = signed_in_as(desk)
    answer = client.post(path(task), {"whom": PERSON, "seen": "0"})
    assert (answer.status_code, answer["Location"]) == (302, path(task))
    row = CallTry.objects.get()
    assert (row.whom, row.by, row.at) == (PERSON, desk, NOW)
    assert "The person: nobody answered. Called by Dina Cruz" in client.get(path(task)).text
    event = AuditEvent.objects.about(task.intake).get(did="phoned in vain")
    assert (event.by, event.details) == (desk, {"task": "checkin_no_answer", "whom": PERSON})
    task.refresh_from_db()
    assert (task.due_at, task.assignee) == (at("2026-11-18T17:00"), None)


def test_after_the_second_try_the_task_is_the_treating_clinicians(task, desk, doctor) -> None:
    tried(task, PERSON, desk)
    tried(task, CONTACT, desk, seen=1)
    task.refresh_from_db()
    assert task.assignee == doctor
    page = signed_in_as(doctor).get(path(task)).text
    assert "a clinician decides what to do" in page
    assert "Dr Luisa Ortega has the task." in page


def test_a_clinician_who_has_it_keeps_it_and_the_desk_does_not(task, desk) -> None:
    other = factories.clinician()
    tasks.assign_task(task, to=other, by=other, now=NOW)
    tried(task, PERSON, desk)
    tried(task, PERSON, desk, seen=1)
    task.refresh_from_db()
    assert task.assignee == other


def test_where_no_clinician_is_left_nobody_has_it(task, desk, doctor) -> None:
    doctor.is_active = False
    doctor.save()
    tasks.assign_task(task, to=desk, by=desk, now=NOW)
    tried(task, PERSON, desk)
    tried(task, PERSON, desk, seen=1)
    task.refresh_from_db()
    assert task.assignee is None


def test_two_at_once_or_a_second_click_are_one_try(task, desk) -> None:
    client = signed_in_as(desk)
    client.post(path(task), {"whom": PERSON, "seen": "0"})
    again = client.post(path(task), {"whom": PERSON, "seen": "0"})
    assert (again.status_code, CallTry.objects.count()) == (409, 1)
    assert "Somebody has written down a try meanwhile." in again.text
    assert client.post(path(task), {"whom": CONTACT, "seen": "1"}).status_code == 302


@pytest.mark.parametrize(
    "posted",
    [{}, {"whom": "neighbour"}, {"whom": "\0"}, {"whom": PERSON, "seen": "x"}],
    ids=str,
)
def test_what_cannot_be_a_try_is_refused(task, desk, posted: dict[str, str]) -> None:
    assert signed_in_as(desk).post(path(task), posted).status_code == 422
    assert CallTry.objects.count() == 0


def test_it_is_not_finished_before_two_tries_unless_somebody_was_reached(task, doctor) -> None:
    client, done = signed_in_as(doctor), path(task, "done")
    words = {"what_was_done": "Waits."}
    early = client.post(done, {"reached": "nobody", **words})
    assert (early.status_code, "Two tries come first." in early.text) == (409, True)
    assert client.post(done, words).status_code == 422
    tried(task, PERSON, doctor)
    assert client.post(done, {"reached": "nobody", **words}).status_code == 409
    tried(task, CONTACT, doctor, seen=1)
    assert client.post(done, {"reached": "nobody", **words}).status_code == 302
    task.refresh_from_db()
    assert task.what_was_done == "Nobody was reached, and a clinician has decided. Waits."


@pytest.mark.parametrize("happens", ["answered", "later answered", "ended", "taken back"])
def test_nobody_is_called_any_more_once_nothing_is_silent(task, doctor, happens: str) -> None:
    rows = CheckIn.objects.filter(treatment__intake=task.intake)
    if happens == "taken back":
        Intake.objects.filter(pk=task.intake.pk).update(state=Intake.State.WITHDRAWN)
    elif happens == "ended":
        rows.update(cancelled_at=NOW)
    else:
        rows.filter(day=1 if happens == "answered" else 3).update(answered_at=NOW)
    client = signed_in_as(doctor)
    assert "Nobody has to be called any more" in client.get(path(task)).text
    words = {"reached": "nobody", "what_was_done": "She answered by herself."}
    assert client.post(path(task, "done"), words).status_code == 302
    task.refresh_from_db()
    assert task.what_was_done == "She answered by herself."


@pytest.mark.parametrize("reached", [PERSON, CONTACT])
def test_reached_at_once_it_ends_with_what_was_said(task, doctor, reached: str) -> None:
    answer = signed_in_as(doctor).post(
        path(task, "done"), {"reached": reached, "what_was_done": "She is well."}
    )
    assert answer.status_code == 302
    task.refresh_from_db()
    assert task.what_was_done == f"{calling.REACHED[reached]}. She is well."
    page = signed_in_as(doctor).get(path(task))
    assert (page.status_code, "Write down the try" in page.text) == (200, False)
    with pytest.raises(NotAllowed, match="already finished"):
        tried(task, PERSON, doctor)


def test_the_desk_writes_tries_and_leaves_the_end_to_a_clinician(task, desk) -> None:
    client = signed_in_as(desk)
    assert "Tell a clinician, who writes down what was said" in client.get(path(task)).text
    assert client.get(path(task, "done")).status_code == 404


def test_other_tasks_are_not_phoned_about_in_tries(intake, doctor) -> None:
    other = StaffTask.objects.create(
        event="staff_urgent_intake", intake=intake, made_at=NOW, due_at=NOW
    )
    client = signed_in_as(doctor)
    assert client.get(path(other)).status_code == 404
    with pytest.raises(NotAllowed):
        tried(other, PERSON, doctor)
    assert client.post(path(other, "done"), {"what_was_done": "Called."}).status_code == 302


def test_list_and_case_lead_to_the_calls_and_the_case_names_the_contact(task, doctor) -> None:
    client = signed_in_as(doctor)
    assert f'href="{path(task)}"' in client.get("/staff/tasks/").text
    case = client.get(f"/staff/intakes/{task.intake.code}/").text
    assert f'href="{path(task)}"' in case
    assert "Rosa Vega, son or daughter, +52 664 999 0000" in case
