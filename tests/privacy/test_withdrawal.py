"""Each sentence of the page on which a form is taken back: shown first, true at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from consult.booking import actions as booking
from consult.booking import waitlist
from consult.booking.refusals import NotBookable
from consult.followups import actions as followups
from consult.intake import actions as intake_actions
from consult.intake import amending, rechecking, reopened
from consult.intake.actions import NotAllowed
from consult.models import (
    Appointment,
    Cell,
    FollowUpRequest,
    Hold,
    Intake,
    IntakeSection,
    Message,
    Status,
    WaitlistEntry,
    WaitlistOffer,
)
from consult.models.messages import PENDING
from consult.privacy import actions
from consult.privacy.data import effect_on
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
ASKED: list[amending.Item] = [
    {"step": "s2_concern", "question": "concern.pain", "words": "Is it worse at night?"}
]


def fresh(intake: Intake) -> Intake:
    return Intake.objects.get(pk=intake.pk)


@pytest.fixture
def asked(sent: Intake, clinician: Any) -> Intake:
    """Staff have asked for more, and the person has typed half an answer."""
    amending.ask_for_more(sent, items=ASKED, by=clinician, now=NOW)
    typed = {"answers": {"concern.pain": 9}, "cleared": (), "seen": None}
    reopened.save_answers(sent, step="s2_concern", **typed, now=NOW)
    assert IntakeSection.objects.get(intake=sent, step="s2_concern").proposed is not None
    return fresh(sent)


@pytest.fixture
def waiting(sent: Intake, clinician: Any) -> WaitlistEntry:
    """On the waiting list, with a time that was offered a minute ago."""
    entry = waitlist.join(
        sent,
        visit_type=factories.VisitTypeFactory(),
        clinician=None,
        first_on=NOW.date(),
        last_on=NOW.date() + timedelta(days=9),
        day_part="any",
        by=sent.owner,
        now=NOW,
    )
    WaitlistOffer.objects.create(
        entry=entry,
        clinician=clinician,
        starts_at=NOW + timedelta(days=3),
        offered_at=NOW,
        expires_at=NOW + timedelta(hours=4),
    )
    followups.schedule("waitlist_offer", intake=sent, anchor="x", now=NOW)
    return entry


def withdraw(intake: Intake) -> None:
    actions.withdraw(intake, by=intake.owner, now=LATER)


def test_what_would_end_is_shown_first_and_showing_ends_nothing(waiting, asked, ana, at_now):
    factories.appointment(asked)
    page = ana.get(f"/consult/my-data/forms/{asked.code}/withdraw/")
    for words in (
        "All your agreements for this form are taken back",
        "that wait to go out are stopped",
        "Your appointment on",
        "You leave the waiting list",
        "need not be answered any more",
    ):
        assert words in " ".join(page.text.split())
    effect = effect_on(asked, now=LATER)
    assert (len(effect.appointments), effect.on_waiting_list, effect.asked) == (1, True, True)
    assert fresh(asked).state == "asked"


def test_no_letter_is_left_to_go_out_and_no_reminder_can_be_written(waiting, asked):
    factories.appointment(asked)
    withdraw(asked)
    left = Message.objects.filter(intake=asked, status__in=[*PENDING, Status.HELD])
    assert list(left.values_list("event", flat=True)) == []
    assert followups.schedule("reminder_24h", intake=asked, anchor="y", now=LATER) is None


@pytest.mark.parametrize("status", [Appointment.Status.BOOKED, Appointment.Status.REQUESTED])
def test_a_time_that_is_booked_or_asked_for_is_free_again(sent, status):
    visit = factories.appointment(sent, status=status)
    assert Cell.objects.exists()
    withdraw(sent)
    visit.refresh_from_db()
    assert (visit.status, Cell.objects.count()) == ("cancelled", 0)


def test_a_time_that_is_held_is_free_again(sent, clinician):
    doctor, visit_type = factories.opened(clinician), factories.VisitTypeFactory()
    starts_at = factories.at("2026-11-24T10:00")
    booking.hold(
        sent,
        visit_type=visit_type,
        clinician=doctor,
        starts_at=starts_at,
        by=sent.owner,
        now=NOW,
    )
    withdraw(sent)
    assert (Hold.objects.count(), Cell.objects.count()) == (0, 0)


def test_the_place_on_the_waiting_list_ends_and_the_offer_with_it(sent, waiting):
    withdraw(sent)
    waiting.refresh_from_db()
    assert waiting.ended_at == LATER
    offer = waiting.offers.get()
    assert offer.outcome == "declined"
    with pytest.raises(NotBookable):
        waitlist.accept(offer, by=sent.owner, now=LATER)


def test_what_staff_asked_is_closed_and_what_was_typed_for_it_is_gone(asked):
    before = asked.answers()
    withdraw(asked)
    closed = FollowUpRequest.objects.get()
    assert (closed.closed_at, closed.was_answered) == (LATER, False)
    assert [one.proposed for one in asked.sections.all()] == [None] * asked.sections.count()
    assert fresh(asked).answers() == before


REFUSED: dict[str, Callable[[Intake, Any], Any]] = {
    "a decision": lambda one, staff: intake_actions.decide(
        one, by=staff, kind="hold", reason="No.", now=LATER
    ),
    "asking for more": lambda one, staff: amending.ask_for_more(
        one, items=ASKED, by=staff, now=LATER
    ),
    "an answer to it": lambda one, _: amending.hand_in_answers(one, now=LATER),
    "typing one": lambda one, _: reopened.save_answers(
        one, step="s2_concern", answers={"concern.pain": 1}, cleared=(), seen=None, now=LATER
    ),
    "a change": lambda one, _: rechecking.hand_in_changes(one, now=LATER),
    "saying that nothing changed": lambda one, _: rechecking.nothing_changed(one, now=LATER),
    "sending it again": lambda one, _: intake_actions.submit(one, now=LATER),
    "filling it in": lambda one, _: intake_actions.save_step(
        one, step="s2_concern", answers={"concern.pain": 1}, now=LATER
    ),
    "another address": lambda one, _: intake_actions.save_contact(
        one, contact=factories.CONTACT, now=LATER
    ),
}


@pytest.mark.parametrize("act", REFUSED.values(), ids=REFUSED)
def test_nothing_is_done_with_the_form_any_more(asked, clinician, act):
    withdraw(asked)
    before = (asked.revisions.count(), asked.assessments.count(), fresh(asked).answers())
    with pytest.raises(NotAllowed):
        act(fresh(asked), clinician)
    assert (asked.revisions.count(), asked.assessments.count(), fresh(asked).answers()) == before
    assert fresh(asked).state == "withdrawn"


def test_it_leaves_the_queue_and_is_not_judged_again(asked, clinician_client):
    withdraw(asked)
    assert asked not in Intake.objects.awaiting_review()
    call_command("reassess", "--apply")
    assert asked.assessments.count() == 1
