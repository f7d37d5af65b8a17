"""The letters of check-ins: planned together, stopped together, late but never lost."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from consult.dashboard import treatments
from consult.dashboard.treatments import Happened
from consult.followups import checkins, silence
from consult.followups.actions import send_due
from consult.models import AdverseEvent, CheckIn, Intake, Message, Treatment
from consult.privacy import actions as privacy
from consult.withdrawing import withdraw
from tests import factories
from tests.factories import NOW
from tests.followups.answering import posted, send

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 11, 18, 17, tzinfo=UTC)  # nine in the morning after, in Tijuana
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def treatment() -> Treatment:
    return factories.treated(factories.ready())


def letters(*, status: str = "scheduled") -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    rows = Message.objects.filter(event__startswith="checkin_", status=status)
    for event, at in rows.order_by("wall_time").values_list("event", "wall_time"):
        found.setdefault(event, []).append(at)
    return found


def test_each_day_has_its_letter_and_each_letter_one_reminder(treatment: Treatment) -> None:
    due = {one.day: one.due_at for one in treatment.checkins.all()}
    found = letters()
    reminders = found.pop("checkin_reminder")
    assert found == {f"checkin_day_{day}": [at] for day, at in due.items()}
    again = [at + (24 if day <= 7 else 72) * HOUR for day, at in due.items()]
    assert reminders == again


@pytest.mark.parametrize(
    ("zone", "given_on", "due"),
    [
        # the day the clocks change, and the day after: nine is nine
        ("America/Tijuana", date(2027, 3, 13), [datetime(2027, 3, 14, 16, tzinfo=UTC)]),
        ("Europe/Berlin", date(2026, 10, 24), [datetime(2026, 10, 25, 8, tzinfo=UTC)]),
        ("Pacific/Auckland", date(2026, 11, 17), [datetime(2026, 11, 17, 20, tzinfo=UTC)]),
    ],
)
def test_nine_in_the_morning_is_the_persons_also_when_clocks_change(zone, given_on, due) -> None:
    now = datetime.combine(given_on, datetime.min.time(), UTC) - DAY
    row = factories.treated(factories.ready(), zone=zone, given_on=given_on, now=now)
    assert [row.checkins.get(day=1).due_at] == due


def test_an_answer_stops_its_reminder_and_those_of_days_before(treatment: Treatment) -> None:
    second = treatment.checkins.get(day=3)
    send(second, posted(3))
    left = {one.anchor.partition(".")[0] for one in Message.objects.filter(status="scheduled")}
    later = {one.pk.hex for one in treatment.checkins.filter(day__gt=3)}
    assert later <= left
    assert not left & {one.pk.hex for one in treatment.checkins.filter(day__lte=3)}


def test_a_treatment_recorded_late_is_not_reminded_of_at_once() -> None:
    given_on = NOW.date() - timedelta(days=5)
    factories.treated(factories.ready(), given_on=given_on)  # its third day was two days ago
    found = letters()
    assert found["checkin_day_3"] == [NOW]
    assert min(found["checkin_reminder"]) == NOW + DAY


def test_a_letter_late_after_an_outage_still_goes_and_its_form_knows_the_right_day(
    treatment: Treatment, mailoutbox: Any
) -> None:
    late = FIRST + 20 * HOUR
    send_due(now=late)
    [mail] = [one for one in mailoutbox if one.subject == "How are you today?"]
    row = treatment.checkins.get(day=1)
    assert f"/consult/check-in/{row.code}/" in mail.body
    send(row, posted(1), at=FIRST + 2 * DAY)
    row.refresh_from_db()
    assert row.answers["context.day"] == 3


def test_a_letter_that_slipped_through_does_not_leave_after_the_answer(
    treatment: Treatment, mailoutbox: Any
) -> None:
    row = treatment.checkins.get(day=1)
    CheckIn.objects.filter(pk=row.pk).update(answered_at=NOW)
    before = len(mailoutbox)
    send_due(now=FIRST + HOUR)
    assert [one.subject for one in mailoutbox[before:] if "How are you" in one.subject] == []


# ---------------------------------------- what ends it
def test_taking_the_form_back_ends_check_ins_and_their_letters_at_once(
    treatment: Treatment, mailoutbox: Any
) -> None:
    intake = treatment.intake
    waiting = sum(len(one) for one in letters().values())
    stopped = withdraw(intake, by=intake.owner, now=NOW + HOUR)
    assert set(treatment.checkins.values_list("cancelled_at", flat=True)) == {NOW + HOUR}
    assert stopped is not None
    assert stopped.stopped >= waiting
    assert letters() == {}
    sent = len(mailoutbox)
    send_due(now=NOW + 400 * DAY)
    assert len(mailoutbox) == sent


def test_what_was_answered_before_stays_answered(treatment: Treatment) -> None:
    row = treatment.checkins.get(day=1)
    send(row, posted(1))
    withdraw(treatment.intake, by=treatment.intake.owner, now=FIRST + HOUR)
    row.refresh_from_db()
    assert (row.answered_at, row.cancelled_at) == (FIRST, None)


@pytest.mark.parametrize("ended", ["withdrawn", "died"])
def test_a_correction_afterwards_asks_nobody_again(treatment: Treatment, ended: str) -> None:
    intake, by = treatment.intake, treatment.clinician
    if ended == "withdrawn":
        withdraw(intake, by=intake.owner, now=NOW)
    else:
        happened = Happened("A stroke.", NOW.date(), 5, "unknown", "died")
        treatments.add_event(treatment, happened, by=by, now=NOW)
    treatment.given_on = NOW.date() - DAY
    treatment.save()
    checkins.plan(treatment, now=NOW + HOUR)
    assert treatment.checkins.filter(cancelled_at=None).count() == 0
    assert letters() == {}


def test_the_family_of_somebody_who_died_finds_no_questions(treatment: Treatment) -> None:
    by = treatment.clinician
    happened = Happened("A fever.", NOW.date(), 3, "unknown", "ongoing")
    event = treatments.add_event(treatment, happened, by=by, now=NOW)
    assert treatment.checkins.filter(cancelled_at=None).count() == 7
    died = Happened("A fever.", NOW.date(), 5, "unknown", "died")
    seen = treatments.mark_of_event(event)
    treatments.change_event(event, died, seen=seen, by=by, now=NOW)
    assert treatment.checkins.filter(cancelled_at=None).count() == 0
    assert letters() == {}
    assert AdverseEvent.objects.count() == 1


def test_who_stops_reminders_gets_none_and_keeps_the_questions(treatment: Treatment) -> None:
    intake = Intake.objects.get(pk=treatment.intake_id)
    privacy.stop_email(intake, by=intake.owner, now=NOW)
    assert letters() == {}
    assert treatment.checkins.filter(cancelled_at=None).count() == 7


def test_of_somebody_who_died_nothing_is_asked_after_another_treatment_either(
    treatment: Treatment,
) -> None:
    other = factories.treated(treatment.intake)
    judged(treatment, "died")
    other.given_on = NOW.date() - DAY
    other.save()
    checkins.plan(other, now=NOW + HOUR)
    factories.treated(treatment.intake)
    assert CheckIn.objects.filter(cancelled_at=None).count() == 0
    assert letters() == {}


# ---------------------------------------- what is put right
def judged(treatment: Treatment, outcome: str) -> AdverseEvent:
    happened = Happened("A fever.", NOW.date(), 5 if outcome == "died" else 3, "unknown", outcome)
    return treatments.add_event(treatment, happened, by=treatment.clinician, now=NOW)


def judged_anew(event: AdverseEvent, outcome: str) -> None:
    happened = Happened("A fever.", NOW.date(), 3, "unknown", outcome)
    seen, by = treatments.mark_of_event(event), event.recorded_by
    treatments.change_event(event, happened, seen=seen, by=by, now=NOW + HOUR)


def test_whoever_was_taken_for_dead_by_mistake_is_asked_again(treatment: Treatment) -> None:
    factories.treated(treatment.intake)
    planned = letters()
    event = judged(treatment, "died")
    assert letters() == {}
    judged_anew(event, "recovered")
    assert CheckIn.objects.filter(cancelled_at=None).count() == 14
    assert letters() == planned


def test_one_of_two_records_of_a_death_put_right_asks_nobody(treatment: Treatment) -> None:
    other = factories.treated(treatment.intake)
    judged(other, "died")
    judged_anew(judged(treatment, "died"), "ongoing")
    assert set(CheckIn.objects.values_list("cancelled_at", flat=True)) == {NOW}
    assert letters() == {}


def test_another_change_of_an_event_plans_nothing_anew(treatment: Treatment) -> None:
    rows = Message.objects.order_by("pk").values_list("pk", "status")
    before = list(rows)
    judged_anew(judged(treatment, "ongoing"), "recovered")
    assert list(rows.all()) == before


def test_of_what_staff_phone_about_no_letter_comes_again(treatment: Treatment) -> None:
    Message.objects.filter(event="checkin_day_1").update(status="bounced")
    assert silence.look(now=FIRST + HOUR) == 1
    before = letters()
    judged_anew(judged(treatment, "died"), "recovered")
    assert letters() == before


def test_a_day_that_is_put_right_and_back_has_its_letters_again(treatment: Treatment) -> None:
    planned, day = letters(), treatment.given_on
    for given_on in (day - DAY, day):
        treatment.given_on = given_on
        treatment.save()
        checkins.plan(treatment, now=NOW)
    assert letters() == planned


def test_a_letter_that_has_gone_does_not_go_again_for_the_same_day(treatment: Treatment) -> None:
    day = treatment.given_on
    send_due(now=FIRST)
    for given_on in (day - DAY, day):
        treatment.given_on = given_on
        treatment.save()
        checkins.plan(treatment, now=FIRST + HOUR)
    assert letters(status="sent") == {"checkin_day_1": [FIRST]}
    assert "checkin_day_1" not in letters()
