"""Check-ins from many sides at once, each on its own connection: nobody meets an error, and no
alert is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from consult.dashboard import tasks
from consult.followups import checkin_answers, silence
from consult.followups.checkin_answers import NotOpen
from consult.models import AuditEvent, CheckIn, Intake, Message, StaffTask, Treatment
from consult.withdrawing import withdraw
from tests import factories
from tests.booking.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = range(3)
CALL, CHEST = {"ck.call": True}, {"ck.breath": ["chest_pain"]}


def answering(row: CheckIn, said: dict[str, Any], at: Any) -> Callable[[], Any]:
    def job() -> str:
        try:
            owner = row.treatment.intake.owner
            return str(checkin_answers.answer(row, said=said, by=owner, now=at).answered_at)
        except NotOpen:
            return "not open"

    return job


def due(treatment: Treatment, day: int) -> CheckIn:
    return CheckIn.objects.select_related("treatment__intake").get(treatment=treatment, day=day)


@pytest.mark.parametrize("_round", ROUNDS)
def test_of_eight_answers_at_once_one_counts(_round: int) -> None:
    row = due(factories.treated(factories.ready()), 3)
    found = together([answering(row, CHEST, row.due_at) for _ in range(8)])
    assert found == [str(row.due_at)] * 8
    assert StaffTask.objects.count() == 1
    assert AuditEvent.objects.filter(did="answered a check-in").count() == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_an_answer_a_call_and_taking_back_at_once_leave_one_story(_round: int) -> None:
    treatment = factories.treated(factories.ready())
    row, intake = due(treatment, 3), treatment.intake
    at = row.due_at + timedelta(days=3)
    jobs = [
        answering(row, CHEST, at),
        lambda: silence.phone(row, "checkin_no_answer", now=at),
        lambda: withdraw(intake, by=intake.owner, now=at),
    ]
    together(jobs)
    row.refresh_from_db()
    assert (row.answered_at is None) != (row.cancelled_at is None)
    alerted = StaffTask.objects.filter(event="checkin_alert").exists()
    assert alerted == (row.answered_at is not None)
    assert Intake.objects.get().state == "withdrawn"
    assert not Message.objects.filter(event__startswith="checkin_", status="scheduled").exists()


@pytest.mark.parametrize("_round", ROUNDS)
def test_an_alert_is_not_lost_to_whoever_finishes_the_one_before(_round: int, clinician) -> None:
    treatment = factories.treated(factories.ready())
    first, second = due(treatment, 1), due(treatment, 3)
    answering(first, CALL, first.due_at)()
    task, at = StaffTask.objects.get(), second.due_at

    def finish() -> str:
        try:
            seen = at - timedelta(minutes=5)
            tasks.finish_task(task, by=clinician, what_was_done="Called.", seen=seen, now=at)
        except tasks.NotAllowed:
            return "refused"
        return "done"

    together([answering(second, CHEST, at), finish])
    [still_open] = StaffTask.objects.filter(event="checkin_alert", done_at=None)
    assert still_open.due_at <= at + timedelta(minutes=30)
