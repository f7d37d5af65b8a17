"""Nobody answers: one reminder, then somebody phones. Nobody is forgotten, nobody asked twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.followups import checkins, silence
from consult.followups.actions import send_due
from consult.models import AuditEvent, CheckIn, Consent, Intake, Message, StaffTask, Treatment
from consult.tasks import look_for_silence
from consult.withdrawing import withdraw
from tests import factories
from tests.factories import NOW
from tests.followups.answering import posted, send

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def treatment() -> Treatment:
    made = factories.treated(factories.ready())
    Message.objects.exclude(event__startswith="checkin_").delete()  # of the months before
    return made


def tasks() -> list[str]:
    return sorted(StaffTask.objects.values_list("event", flat=True))


def pass_over(now: datetime) -> int:
    """What beat and the workers do in a minute."""
    send_due(now=now)
    return silence.look(now=now)


@pytest.mark.parametrize(
    ("day", "silent_after"), [(1, 48), (3, 48), (7, 72), (30, 240), (90, 240), (365, 240)]
)
def test_staff_phone_when_the_reminder_was_not_answered_either(
    treatment: Treatment, day: int, silent_after: int
) -> None:
    row = treatment.checkins.get(day=day)
    treatment.checkins.exclude(pk=row.pk).delete()
    Message.objects.exclude(idem_key__contains=row.pk.hex).delete()
    silent_at = row.due_at + silent_after * HOUR
    reminded_at = row.due_at + (24 if day <= 7 else 72) * HOUR
    before = (row.due_at, reminded_at, silent_at - SECOND)
    assert [pass_over(at) for at in before] == [0, 0, 0]
    assert pass_over(silent_at) == 1
    assert [pass_over(silent_at + one * HOUR) for one in (0, 1, 500)] == [0, 0, 0]
    row.refresh_from_db()
    assert (row.silence_at, tasks()) == (silent_at, ["checkin_no_answer"])
    sent = Message.objects.filter(status="sent", event__startswith="checkin_")
    assert sorted(sent.values_list("event", flat=True)) == [
        f"checkin_day_{day}",
        "checkin_reminder",
    ]


def test_the_whole_year_of_somebody_who_never_answers(treatment: Treatment) -> None:
    now = NOW
    while now < NOW + 390 * DAY:
        pass_over(now)
        StaffTask.objects.filter(done_at=None).update(done_at=now, done_by=treatment.clinician)
        now += 6 * HOUR
    assert tasks() == ["checkin_no_answer"] * 7
    assert not CheckIn.objects.filter(silence_at=None).exists()
    sent = Message.objects.filter(status="sent")
    assert sent.filter(event="checkin_reminder").count() == 7
    assert sent.filter(event__startswith="checkin_day").count() == 7


def test_an_answer_after_the_reminder_ends_it(treatment: Treatment) -> None:
    row = treatment.checkins.get(day=1)
    pass_over(row.due_at + 30 * HOUR)
    send(row, posted(1), at=row.due_at + 40 * HOUR)
    assert pass_over(row.due_at + 47 * HOUR) == 0
    assert tasks() == []


def test_whoever_answers_a_later_day_is_not_silent(treatment: Treatment) -> None:
    first, second = treatment.checkins.get(day=1), treatment.checkins.get(day=3)
    send(second, posted(3))
    assert pass_over(first.due_at + 60 * HOUR) == 0
    assert tasks() == []


def test_whoever_is_not_to_be_written_to_is_phoned_when_it_falls_due() -> None:
    intake = factories.ready()
    Consent.objects.filter(intake=intake, purpose="consent.email").update(given=False)
    row = factories.asked_on(1, intake=intake)
    Message.objects.all().delete()  # of the months before
    assert pass_over(row.due_at - SECOND) == 0
    assert pass_over(row.due_at) == 1
    task = StaffTask.objects.get()
    assert (task.event, task.due_at) == ("checkin_phone", row.due_at + DAY)
    assert [pass_over(row.due_at + one * HOUR) for one in (1, 47, 49)] == [0, 0, 1]
    # by then the third day has fallen due; one task stands open, due as the first was
    assert StaffTask.objects.get() == task


def test_a_letter_that_came_back_is_followed_by_a_call(treatment: Treatment) -> None:
    row = treatment.checkins.get(day=1)
    pass_over(row.due_at)
    Message.objects.filter(event="checkin_day_1").update(status="bounced")
    assert pass_over(row.due_at + HOUR) == 1
    assert tasks() == ["checkin_phone"]
    assert not Message.objects.filter(
        event="checkin_reminder", status="scheduled", idem_key__contains=row.pk.hex
    ).exists()


def test_nobody_phones_about_a_form_that_was_taken_back(treatment: Treatment) -> None:
    withdraw(treatment.intake, by=treatment.intake.owner, now=NOW)
    assert pass_over(NOW + 30 * DAY) == 0
    Intake.objects.update(state="withdrawn")
    CheckIn.objects.update(cancelled_at=None)  # as if a row had been missed
    assert silence.look(now=NOW + 30 * DAY) == 0
    assert tasks() == []


def test_asked_once_is_asked_once_also_by_two_workers(treatment: Treatment) -> None:
    row = treatment.checkins.get(day=1)
    at = row.due_at + 49 * HOUR
    found = [silence.phone(row, "checkin_no_answer", now=at) for _ in range(2)]
    assert found == [True, False]
    assert AuditEvent.objects.get(did="asked to phone").details == {
        "task": "checkin_no_answer",
        "day": 1,
    }


def test_looking_costs_the_same_for_three_that_wait_and_for_thirty() -> None:
    intake, costs = factories.ready(), []
    for number in range(30):
        factories.treated(intake)
        if number in {2, 29}:
            with CaptureQueriesContext(connection) as captured:
                silence.look(now=NOW + DAY)
            costs.append(len(captured))
    assert costs[0] == costs[1]


def test_beat_only_says_look(treatment: Treatment) -> None:
    row: Any = treatment.checkins.get(day=1)
    with time_machine.travel(row.due_at + 49 * HOUR, tick=False):
        look_for_silence()
    assert tasks() == ["checkin_no_answer"]


def test_staff_phone_again_when_a_corrected_day_was_not_answered_either(
    treatment: Treatment,
) -> None:
    row = treatment.checkins.get(day=1)
    treatment.checkins.exclude(pk=row.pk).delete()
    Message.objects.exclude(idem_key__contains=row.pk.hex).delete()
    pass_over(row.due_at)
    assert pass_over(row.due_at + 48 * HOUR) == 1
    StaffTask.objects.update(done_at=NOW, done_by=treatment.clinician)
    treatment.given_on += 5 * DAY
    treatment.save()
    checkins.plan(treatment, now=row.due_at + 49 * HOUR)
    row.refresh_from_db()
    assert row.silence_at is None
    pass_over(row.due_at)
    assert pass_over(row.due_at + 48 * HOUR) == 1
    assert tasks().count("checkin_no_answer") == 2
