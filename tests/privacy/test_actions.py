from datetime import timedelta

import pytest
from django.core.management import call_command

from consult.booking.actions import NotBookable, bookable
from consult.followups import actions as followups
from consult.intake import actions as intake_actions
from consult.intake.actions import NotAllowed
from consult.models import (
    Appointment,
    AuditEvent,
    Cell,
    Consent,
    Intake,
    IntakeSection,
    Message,
    StaffTask,
    User,
)
from consult.privacy import actions
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
ALL = ["consent.data", "consent.email", "consent.read_risks"]


def fresh(intake):
    return Intake.objects.get(pk=intake.pk)


def letters(intake):
    return sorted(Message.objects.filter(intake=intake).values_list("event", "status"))


def newest_event(intake):
    return AuditEvent.objects.about(intake).order_by("-pk").values_list("did", "details").first()


def booked(intake):
    """An appointment in a week, with a reminder and its letter waiting."""
    visit = factories.appointment(intake)
    at = visit.starts_at - timedelta(days=3)
    followups.schedule("reminder_72h", intake=intake, anchor=visit.code, at=at, now=NOW)
    return visit


def test_taking_back_ends_agreements_letters_and_appointments_in_one_go(sent):
    visit = booked(sent)
    stopped = actions.withdraw(sent, by=sent.owner, now=LATER)
    assert fresh(sent).state == "withdrawn"
    assert letters(sent) == [
        ("booking_changed", "cancelled"),
        ("booking_invite", "cancelled"),
        ("intake_received", "cancelled"),
        ("reminder_72h", "cancelled"),
    ]
    visit.refresh_from_db()
    assert (visit.status, visit.cancelled_at, visit.cancelled_by) == (
        "cancelled",
        LATER,
        sent.owner,
    )
    assert Cell.objects.count() == 0
    assert stopped.too_late == 0
    assert newest_event(sent) == ("withdrew a form", {"letters": stopped.stopped, "visits": 1})


def test_each_agreement_that_stood_is_answered_by_a_no_to_the_same_wording(sent):
    before = list(sent.consents.order_by("purpose").values("purpose", "wording_sha256", "given"))
    actions.withdraw(sent, by=sent.owner, now=LATER)
    rows = sent.consents.order_by("at", "purpose")
    assert list(rows.filter(at=NOW).values("purpose", "wording_sha256", "given")) == before
    assert [one["purpose"] for one in before] == ALL
    assert list(rows.filter(at=LATER).values("purpose", "wording_sha256", "given")) == [
        one | {"given": False} for one in before
    ]


def test_taking_back_twice_changes_nothing_the_second_time(sent):
    actions.withdraw(sent, by=sent.owner, now=LATER)
    before = (sent.consents.count(), AuditEvent.objects.count(), letters(sent))
    assert actions.withdraw(sent, by=sent.owner, now=LATER + timedelta(days=1)) is None
    assert (sent.consents.count(), AuditEvent.objects.count(), letters(sent)) == before


@pytest.mark.django_db(transaction=True)
def test_a_letter_that_is_due_this_minute_does_not_leave_after_taking_back(mailoutbox):
    kept, taken = factories.ready(email="kept@example.org"), factories.ready()
    due = NOW + timedelta(minutes=1)
    actions.withdraw(taken, by=taken.owner, now=due)
    followups.send_due(now=due)
    assert sorted({one.to[0] for one in mailoutbox}) == ["kept@example.org"]
    assert Message.objects.filter(intake=kept, status="sent").count() == 2


def test_a_letter_that_was_being_handed_over_is_told_as_too_late(sent):
    lease = {"claim_token": "0" * 32, "lease_expires_at": LATER}
    Message.objects.filter(event="intake_received").update(status="sending", **lease)
    stopped = actions.withdraw(sent, by=sent.owner, now=LATER)
    assert (stopped.stopped, stopped.too_late) == (1, 1)


def test_nothing_can_be_done_with_a_form_that_was_taken_back(sent, clinician):
    actions.withdraw(sent, by=sent.owner, now=LATER)
    with pytest.raises(NotAllowed, match="cannot be decided"):
        intake_actions.decide(sent, by=clinician, kind="hold", reason="No.", now=LATER)
    with pytest.raises(NotBookable):
        bookable(sent, factories.VisitTypeFactory(), None, by=sent.owner, now=LATER)
    assert followups.schedule("reminder_24h", intake=sent, anchor="x", now=LATER) is None


def test_tasks_stay_open_and_none_is_added_when_a_form_is_taken_back():
    intake = factories.submitted("P04")
    before = list(StaffTask.objects.values())
    assert len(before) == 1
    actions.withdraw(intake, by=User.objects.get(), now=LATER)
    assert list(StaffTask.objects.values()) == before


def test_a_draft_is_not_taken_back_but_erased():
    one = factories.draft()
    for act in (actions.withdraw, actions.stop_email, actions.ask_to_erase):
        with pytest.raises(NotAllowed):
            act(one, by=User.objects.get(), now=LATER)
    assert (fresh(one).state, Consent.objects.count(), StaffTask.objects.count()) == ("draft", 0, 0)


def test_stopping_e_mail_stops_reminders_and_leaves_what_is_needed(sent):
    booked(sent)
    stopped = actions.stop_email(sent, by=sent.owner, now=LATER)
    assert stopped == followups.Cancelled(stopped=1, too_late=0)
    assert letters(sent) == [
        ("booking_invite", "scheduled"),
        ("intake_received", "scheduled"),
        ("reminder_72h", "cancelled"),
    ]
    assert (fresh(sent).state, Appointment.objects.get().status) == ("ready", "booked")
    said = list(sent.consents.filter(at=LATER).values_list("purpose", "given"))
    assert said == [("consent.email", False)]
    assert newest_event(sent) == ("stopped e-mail reminders", {"letters": 1})


def test_after_stopping_e_mail_no_reminder_is_written_but_a_needed_letter_is(sent):
    actions.stop_email(sent, by=sent.owner, now=LATER)
    again = LATER + timedelta(minutes=1)
    written = [
        followups.schedule(event, intake=sent, anchor="x", now=again)
        for event in ("reminder_24h", "booking_confirmed")
    ]
    assert [one and one.event for one in written] == [None, "booking_confirmed"]


def test_stopping_e_mail_twice_or_without_agreement_changes_nothing(sent):
    actions.stop_email(sent, by=sent.owner, now=LATER)
    before = (sent.consents.count(), AuditEvent.objects.count())
    assert actions.stop_email(sent, by=sent.owner, now=LATER + timedelta(days=1)) is None
    assert (sent.consents.count(), AuditEvent.objects.count()) == before


def test_an_erased_draft_leaves_no_answer_no_address_and_no_letter():
    kept, one = factories.submitted(email="kept@example.org"), factories.draft()
    followups.schedule("message_waiting", intake=one, now=NOW)
    assert Message.objects.filter(intake=one).count() == 1
    actions.erase_draft(one, by=None, now=LATER)
    assert list(Intake.objects.all()) == [kept]
    assert set(IntakeSection.objects.values_list("intake", flat=True)) == {kept.pk}
    assert set(Message.objects.values_list("intake", flat=True)) == {kept.pk}
    event = AuditEvent.objects.order_by("-pk").values_list("did", "to_id", "details").first()
    assert event == ("erased an unsent form", str(one.pk), {"codes": [one.code]})


def test_a_sent_or_erased_form_is_not_erased_as_a_draft(sent):
    with pytest.raises(NotAllowed):
        actions.erase_draft(sent, by=sent.owner, now=LATER)
    assert Intake.objects.count() == 1
    gone = factories.draft(email="gone@example.org")
    actions.erase_draft(gone, by=None, now=LATER)
    with pytest.raises(NotAllowed):
        actions.erase_draft(gone, by=None, now=LATER)


def test_a_wish_to_erase_is_one_task_due_in_thirty_days(sent):
    task = actions.ask_to_erase(sent, by=sent.owner, now=LATER)
    again = actions.ask_to_erase(sent, by=sent.owner, now=LATER + timedelta(days=2))
    assert again == task == StaffTask.objects.get()
    assert (task.event, task.made_at, task.due_at, task.done_at) == (
        *("erasure_request", LATER, LATER + timedelta(days=30)),
        None,
    )
    assert newest_event(sent) == ("asked for erasure", {})
    assert fresh(sent).state == "ready"


def test_a_form_that_was_taken_back_is_not_judged_again(sent, capsys):
    actions.withdraw(sent, by=sent.owner, now=LATER)
    judged = sent.assessments.get()
    judged.result = judged.result | {"level": "urgent"}  # today's rules would say otherwise
    judged.save()
    call_command("reassess", "--apply")
    assert sent.assessments.count() == 1
    assert capsys.readouterr().out.startswith("0 forms were judged differently")
