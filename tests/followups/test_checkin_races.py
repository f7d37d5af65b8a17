"""Check-ins from many sides at once, each on its own connection: nobody meets an error, and no
alert is lost."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.dashboard import tasks, treatments
from consult.dashboard.treatments import Happened
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


def happened(outcome: str, grade: int) -> Happened:
    return Happened("A stroke.", factories.NOW.date(), grade, "unknown", outcome)


def moved(treatment: Treatment) -> None:
    """The day put right."""
    row = Treatment.objects.get(pk=treatment.pk)
    given = replace(treatments.given_of(row), given_on=row.given_on - timedelta(days=1))
    seen, by = treatments.mark(row), row.clinician
    treatments.correct(row, given, seen=seen, by=by, now=factories.NOW)


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="it has no row locks")
def test_whatever_changes_a_treatment_takes_the_form_first() -> None:
    treatment = factories.treated(factories.ready())
    by, now = treatment.clinician, factories.NOW
    event = treatments.add_event(treatment, happened("ongoing", 3), by=by, now=now)
    seen = treatments.mark_of_event(event)
    jobs: list[Callable[[], Any]] = [
        lambda: moved(treatment),
        lambda: treatments.add_event(treatment, happened("ongoing", 3), by=by, now=now),
        lambda: treatments.change_event(event, happened("died", 5), seen=seen, by=by, now=now),
    ]
    assert [first_lock(one) for one in jobs] == ["consult_intake"] * 3


def first_lock(job: Callable[[], Any]) -> str:
    """The table of the first row that is taken or written."""
    with CaptureQueriesContext(connection) as captured:
        job()
    taking = re.compile(r'(?:FROM|INTO|UPDATE) "(\w+)".*(?:FOR UPDATE|VALUES|SET)', re.DOTALL)
    found = (taking.search(one["sql"]) for one in captured)
    return next(one[1] for one in found if one)


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_death_and_a_correction_at_once_leave_nothing_asked(_round: int) -> None:
    treatment = factories.treated(factories.ready())
    by, now = treatment.clinician, factories.NOW

    def died() -> None:
        treatments.add_event(treatment, happened("died", 5), by=by, now=now)

    together([died, lambda: moved(treatment), died])
    assert not CheckIn.objects.filter(cancelled_at=None).exists()
    assert not Message.objects.filter(event__startswith="checkin_", status="scheduled").exists()
