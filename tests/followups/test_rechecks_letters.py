"""The questions before a treatment, and the letter a week after a talk."""

from datetime import timedelta
from typing import Any

import pytest

from consult.booking import actions as booking
from consult.booking.letters import REMINDERS, after, write
from consult.dashboard.words import OWN_TASKS
from consult.followups import actions as followups
from consult.followups import suppression
from consult.followups.wanted import NOT_FITTING
from consult.intake.actions import decide
from consult.intake.deciding import ToThePerson
from consult.models import Appointment, Intake, Message, Recheck, Suppression, VisitType
from tests.factories import NOW, VisitTypeFactory, appointment, clinician, ready, treated
from tests.followups.rows import HOUR, told

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
VISIT = NOW + 10 * DAY
RECHECKS = ["recheck_24h", "recheck_72h"]


@pytest.fixture
def form() -> Intake:
    return ready()


def treatment_visit(form: Intake, **fields: Any) -> Appointment:
    kind = VisitTypeFactory(name="Treatment", mode="person", purpose=VisitType.Purpose.TREATMENT)
    visit = appointment(form, starts_at=VISIT, visit_type=kind, **fields)
    write("booking_confirmed", visit, now=NOW)
    return visit


def letter_of(form: Intake, event: str) -> Message:
    return Message.objects.filter(intake=form, event=event).order_by("created_at").last()


def waiting(form: Intake, *events: str) -> dict[str, Any]:
    rows = Message.objects.filter(intake=form, event__in=events, status="scheduled")
    return {one.event: one.not_before for one in rows}


def answer(visit: Appointment, at: Any) -> Recheck:
    made = {"appointment": visit, "answered_at": at, "changed": False, "revision": 1}
    return Recheck.objects.create(intake=visit.intake, **made)


def subjects_at(mailoutbox: Any, *times: Any) -> list[str]:
    for one in times:
        followups.send_due(now=one)
    ours = {"A few questions before your visit", "Please answer before tomorrow"}
    return [mail.subject for mail in mailoutbox if mail.subject in ours]


def test_a_treatment_has_both_and_a_talk_has_none(form):
    appointment_of_a_talk = appointment(form, starts_at=VISIT)
    write("booking_confirmed", appointment_of_a_talk, now=NOW)
    assert waiting(form, *RECHECKS) == {}
    treatment_visit(form)
    expected = {"recheck_72h": VISIT - 72 * HOUR, "recheck_24h": VISIT - 24 * HOUR}
    assert waiting(form, *RECHECKS) == expected


def test_unanswered_both_go_and_lead_to_the_questions(form, mailoutbox):
    treatment_visit(form)
    subjects = subjects_at(mailoutbox, VISIT - 71 * HOUR, VISIT - 23 * HOUR)
    assert subjects == ["A few questions before your visit", "Please answer before tomorrow"]
    (last,) = (mail for mail in mailoutbox if mail.subject == subjects[-1])
    assert f"/consult/changes/{form.code}/" in last.body


@pytest.mark.parametrize(
    ("answered", "second"),
    [(VISIT - 71 * HOUR, True), (VISIT - 70 * HOUR, False), (VISIT - 30 * HOUR, False)],
    ids=["48 hours and more before", "47 hours before", "a while ago"],
)
def test_the_second_goes_only_if_the_answer_is_old_by_then(form, mailoutbox, answered, second):
    visit = treatment_visit(form)
    followups.send_due(now=VISIT - 71.5 * HOUR)
    answer(visit, answered)
    subjects = subjects_at(mailoutbox, VISIT - 22.5 * HOUR)
    assert ("Please answer before tomorrow" in subjects) is second
    if not second:
        assert told(letter_of(form, "recheck_24h")) == ("cancelled", NOT_FITTING)


def test_who_has_answered_already_is_not_asked_first(form, mailoutbox):
    answer(treatment_visit(form), VISIT - 72 * HOUR)
    assert subjects_at(mailoutbox, VISIT - 71 * HOUR) == []


def test_a_visit_that_moves_takes_its_questions_along_and_one_called_off_ends_them(form):
    visit = treatment_visit(form)
    visit.starts_at, visit.ends_at, visit.sequence = VISIT + DAY, VISIT + DAY + HOUR, 1
    visit.save()
    write("booking_changed", visit, now=NOW)
    later = {"recheck_72h": VISIT - 48 * HOUR, "recheck_24h": VISIT}
    assert waiting(form, *RECHECKS) == later
    booking.call_off(form, by=visit.clinician, now=NOW)
    assert waiting(form, *RECHECKS) == {}


@pytest.mark.parametrize("became", ["attended", "missed"])
def test_the_mark_of_a_talk_stops_no_letter_of_the_treatment_booked_meanwhile(form, became):
    talk, visit = appointment(form, starts_at=NOW - 2 * HOUR), treatment_visit(form)
    told_before = waiting(form, *RECHECKS, *REMINDERS)
    talk.status, talk.sequence = became, 1
    talk.save()
    after(talk, was="booked", by=talk.clinician, now=NOW)
    assert sorted(told_before) == sorted([*RECHECKS, "reminder_24h", "reminder_72h"])
    assert waiting(form, *RECHECKS, *REMINDERS) == told_before
    visit.status, visit.sequence = "missed", 1
    after(visit, was="booked", by=visit.clinician, now=NOW)
    assert waiting(form, *RECHECKS, *REMINDERS) == {}


def test_while_a_clinician_looks_at_the_form_nobody_is_asked(form, mailoutbox):
    treatment_visit(form)
    Intake.objects.filter(pk=form.pk).update(state=Intake.State.SUBMITTED)
    assert subjects_at(mailoutbox, VISIT - 71 * HOUR) == []


def test_where_mail_comes_back_somebody_phones_in_time(form, mailoutbox):
    suppression.stop(form.contact_index, scope="all", reason="bounced", by=None, now=NOW)
    treatment_visit(form)
    assert told(letter_of(form, "recheck_72h")) == ("scheduled", "suppressed")
    followups.send_due(now=VISIT - 71 * HOUR)
    assert told(letter_of(form, "recheck_72h")) == ("cancelled", "suppressed")
    task = form.tasks.get(event="recheck_call", done_at=None)
    assert task.due_at < VISIT
    assert OWN_TASKS[task.event].subject == "Call: questions before the treatment"
    assert mailoutbox == []


def test_lifted_in_time_it_is_a_letter_after_all(form, mailoutbox):
    suppression.stop(form.contact_index, scope="all", reason="bounced", by=None, now=NOW)
    treatment_visit(form)
    suppression.end_suppression(Suppression.objects.get(), by=clinician(), now=NOW)
    assert told(letter_of(form, "recheck_72h")) == ("scheduled", "")
    assert subjects_at(mailoutbox, VISIT - 71 * HOUR) == ["A few questions before your visit"]
    assert not form.tasks.filter(event="recheck_call").exists()


def test_without_an_address_somebody_is_asked_to_phone_before_the_visit(form):
    form.contact, form.owner = {}, None
    form.save()
    treatment_visit(form)
    assert form.tasks.get(event="recheck_call").due_at == VISIT - 72 * HOUR


def test_whoever_missed_a_visit_and_gets_no_mail_is_phoned(form, mailoutbox):
    visit = appointment(form, starts_at=NOW - HOUR, status=Appointment.Status.MISSED)
    after(visit, was="booked", by=visit.clinician, now=NOW)
    assert not form.tasks.filter(event="staff_call_missed").exists()
    suppression.stop(form.contact_index, scope="all", reason="bounced", by=None, now=NOW)
    followups.send_due(now=NOW + 3 * HOUR)
    assert form.tasks.filter(event="staff_call_missed").count() == 1
    assert "We missed you" not in [mail.subject for mail in mailoutbox]


# ------------------------------------------------------------------------------ a week after a talk
def talked(form: Intake, *, now: Any = NOW) -> Appointment:
    visit = appointment(form, starts_at=now - 2 * HOUR, status=Appointment.Status.ATTENDED)
    after(visit, was="booked", by=visit.clinician, now=now)
    return visit


def test_a_week_after_a_talk_one_letter_says_that_there_is_time(form, mailoutbox):
    talk = talked(form)
    assert waiting(form, "time_to_decide") == {"time_to_decide": talk.ends_at + 7 * DAY}
    followups.send_due(now=NOW + 7 * DAY)
    talked(form, now=NOW + 8 * DAY)
    followups.send_due(now=NOW + 15 * DAY)
    sent = [mail.subject for mail in mailoutbox]
    assert sent.count("Take the time you need") == 1


@pytest.mark.parametrize("decision", ["visit", "treatment", "not suitable"])
def test_a_decision_stops_it(form, decision):
    talked(form)
    if decision == "visit":
        treatment_visit(form)
    elif decision == "treatment":
        treated(form)
        form.refresh_from_db()
        followups.send_due(now=NOW + 7 * DAY)
    else:
        words = ToThePerson("Not now.", "Your own doctor.")
        decide(form, by=clinician(), kind="not_suitable", reason="No.", told=words, now=NOW)
    assert waiting(form, "time_to_decide") == {}
    assert letter_of(form, "time_to_decide").sent_at is None


def test_a_mark_taken_back_and_set_again_plans_it_once(form):
    talk = talked(form)
    talk.status, talk.sequence = Appointment.Status.BOOKED, 1
    talk.save()
    after(talk, was="attended", by=talk.clinician, now=NOW)
    assert waiting(form, "time_to_decide") == {}
    talk.status, talk.sequence = Appointment.Status.ATTENDED, 2
    talk.save()
    after(talk, was="booked", by=talk.clinician, now=NOW)
    assert list(waiting(form, "time_to_decide")) == ["time_to_decide"]


@pytest.mark.parametrize("became", ["missed", "attended", "booked"])
def test_what_becomes_of_a_second_talk_leaves_the_letter_about_the_first(form, became):
    first = talked(form)
    second = appointment(form, starts_at=NOW + 2 * DAY)
    second.status = became
    second.save()
    after(second, was="booked", by=second.clinician, now=NOW + 3 * DAY)
    latest = second if became == "attended" else first
    assert waiting(form, "time_to_decide") == {"time_to_decide": latest.ends_at + 7 * DAY}


def test_the_second_of_two_talks_unmarked_brings_the_letter_about_the_first_back(form):
    first, second = talked(form), talked(form, now=NOW + 2 * DAY)
    second.status, second.sequence = Appointment.Status.MISSED, 2
    second.save()
    after(second, was="attended", by=second.clinician, now=NOW + 2 * DAY)
    assert waiting(form, "time_to_decide") == {"time_to_decide": first.ends_at + 7 * DAY}
