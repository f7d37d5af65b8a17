"""Letters about a form that was started and not sent."""

from datetime import timedelta
from typing import Any

import pytest

from consult.followups import actions as followups
from consult.followups.nudges import NUDGES
from consult.followups.wanted import NOT_FITTING
from consult.intake import actions
from consult.models import Intake, Message, User
from consult.privacy.actions import erase_draft
from tests.confirming import confirm
from tests.factories import CONTACT, NOW, PERSONAS, UserFactory, at, draft
from tests.followups.rows import HOUR, letter, told

pytestmark = pytest.mark.django_db
AGREED = {"consent.data": True, "consent.email": True}
DAY = timedelta(days=1)
CHEST_PAIN = {"safety.now": ["chest_pain"]}


def started(*, now: Any = NOW) -> Intake:
    return actions.start(language="en", now=now)


def say(intake: Intake, answers: dict[str, Any], *, now: Any = NOW, **more: Any) -> None:
    actions.save_step(intake, step="s1_you", answers=answers, now=now, **more)


def write(intake: Intake, *, now: Any = NOW, **contact: str) -> None:
    """The address, which nobody has confirmed by that."""
    actions.save_contact(intake, contact=CONTACT | contact, now=now)


def reach(intake: Intake, *, now: Any = NOW, **contact: str) -> None:
    write(intake, now=now, **contact)
    confirm(intake, now=now)


def nudged(**contact: str) -> Intake:
    intake = started()
    say(intake, AGREED)
    reach(intake, **contact)
    return Intake.objects.get(pk=intake.pk)


def planned(intake: Intake) -> dict[str, Any]:
    rows = Message.objects.filter(intake=intake, event__in=NUDGES, status="scheduled")
    return {one.event: one.not_before for one in rows}


def test_three_are_planned_from_when_the_form_was_started():
    expected = {
        "intake_nudge_1": NOW + 24 * HOUR,
        "intake_nudge_2": NOW + 72 * HOUR,
        "intake_nudge_3": NOW + 7 * DAY,
    }
    assert planned(nudged()) == expected


def test_the_agreement_and_the_address_may_come_in_any_order_and_each_alone_is_not_enough():
    intake = started()
    reach(intake)
    assert planned(intake) == {}
    say(intake, AGREED)
    assert sorted(planned(intake)) == sorted(NUDGES)
    other = started()
    say(other, AGREED)
    assert planned(other) == {}


def test_none_goes_to_an_address_that_nobody_has_confirmed(mailoutbox):
    intake = started()
    say(intake, AGREED)
    write(intake)
    assert planned(intake) == {}
    followups.send_due(now=NOW + 8 * DAY)
    assert mailoutbox == []
    confirm(intake)
    assert sorted(planned(intake)) == sorted(NUDGES)


def test_whoever_signs_in_with_a_code_has_confirmed_it():
    intake = started()
    say(intake, AGREED)
    write(intake)
    actions.claim(User.objects.get(email=CONTACT["email"]), now=NOW)
    assert sorted(planned(intake)) == sorted(NUDGES)


def test_another_address_stops_them_until_it_is_confirmed(mailoutbox):
    intake = nudged()
    write(intake, email="strange@example.org")
    assert planned(intake) == {}
    slipped = letter(event="intake_nudge_1", category="care", intake=intake)
    followups.send_due(now=NOW + HOUR)
    assert (mailoutbox, told(slipped)) == ([], ("cancelled", NOT_FITTING))
    confirm(intake, now=NOW + 26 * HOUR)
    assert sorted(planned(intake)) == ["intake_nudge_2", "intake_nudge_3"]


def test_who_has_signed_in_and_gives_their_own_address_needs_no_code():
    person = UserFactory(email=CONTACT["email"])
    intake = started()
    say(intake, AGREED)
    actions.save_contact(intake, contact=CONTACT, by=person, now=NOW)
    assert sorted(planned(intake)) == sorted(NUDGES)
    assert Intake.objects.get(pk=intake.pk).owner == person


def test_what_would_have_been_due_before_is_left_out():
    intake = started()
    say(intake, AGREED)
    reach(intake, now=NOW + 30 * HOUR)
    assert sorted(planned(intake)) == ["intake_nudge_2", "intake_nudge_3"]


def test_saving_again_writes_none_twice():
    intake = nudged()
    for hour in range(3):
        reach(intake, now=NOW + hour * HOUR, phone=f"+52 664 000 000{hour}")
        say(intake, AGREED, now=NOW + hour * HOUR)
    assert Message.objects.filter(intake=intake).count() == 3


def test_a_second_form_under_one_address_fills_the_mailbox_no_further():
    nudged()
    assert planned(nudged()) == {}


def test_the_agreement_taken_back_stops_them_and_given_again_brings_them_back(mailoutbox):
    intake = nudged()
    say(intake, {"consent.email": False}, now=NOW + HOUR)
    assert planned(intake) == {}
    say(intake, {"consent.email": True}, now=NOW + 2 * HOUR)
    assert sorted(planned(intake)) == sorted(NUDGES)
    followups.send_due(now=NOW + 25 * HOUR)
    assert [mail.subject for mail in mailoutbox] == ["Your form is saved"]
    say(intake, {"consent.email": False}, now=NOW + 26 * HOUR)
    say(intake, {"consent.email": True}, now=NOW + 27 * HOUR)
    assert sorted(planned(intake)) == ["intake_nudge_2", "intake_nudge_3"]


def test_sending_or_erasing_the_form_stops_them():
    sent = draft(PERSONAS["P01"]["answers"])
    reach(sent)
    assert sorted(planned(sent)) == sorted(NUDGES)
    actions.submit(sent, signature="Ana Torres", now=NOW)
    assert planned(sent) == {}
    erased = nudged(email="other@example.org")
    erase_draft(erased, by=None, now=NOW)
    assert Message.objects.filter(event__in=NUDGES, status="scheduled").count() == 0


def test_an_answer_that_cannot_wait_stops_them_and_taken_back_brings_them_back():
    intake = nudged()
    say(intake, CHEST_PAIN)
    assert planned(intake) == {}
    say(intake, {}, cleared=list(CHEST_PAIN))
    assert sorted(planned(intake)) == sorted(NUDGES)


@pytest.mark.parametrize("cause", ["urgent", "submitted", "no longer agreed"])
def test_one_that_slipped_through_does_not_leave(cause, mailoutbox):
    intake = nudged()
    changes = {
        "urgent": lambda: intake.sections.create(step="later", answers=CHEST_PAIN, saved_at=NOW),
        "submitted": lambda: Intake.objects.filter(pk=intake.pk).update(
            state="submitted", submitted_at=NOW
        ),
        "no longer agreed": lambda: intake.consents.update(given=False),
    }
    changes[cause]()
    followups.send_due(now=NOW + 25 * HOUR)
    first = Message.objects.get(intake=intake, event="intake_nudge_1")
    why = "not_wanted" if cause == "no longer agreed" else NOT_FITTING
    assert (mailoutbox, told(first)) == ([], ("cancelled", why))


def test_the_last_says_on_which_day_the_form_is_erased(mailoutbox):
    intake = nudged()
    reach(intake, now=NOW + 2 * DAY, phone="+52 664 000 0000")
    followups.send_due(now=NOW + 7 * DAY + HOUR)
    assert "we erase it on Saturday 19 December 2026:" in mailoutbox[-1].body
    assert [mail.subject for mail in mailoutbox] == ["Last reminder about your saved form"]


def test_when_the_person_moves_what_waits_keeps_out_of_their_night():
    intake = nudged()
    reach(intake, time_zone="Asia/Tokyo", email="new@example.org")
    rows = Message.objects.filter(intake=intake, status="scheduled").order_by("not_before")
    assert {one.recipient for one in rows} == {"new@example.org"}
    assert {one.zone for one in rows} == {"Asia/Tokyo"}
    assert rows[0].not_before == at("2026-11-19T08:00", "Asia/Tokyo")  # 03:00 there is night
