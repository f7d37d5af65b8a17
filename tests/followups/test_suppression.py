"""Addresses whose letters come back."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from consult.dashboard.words import event_words
from consult.fields import blind_index
from consult.followups import actions as followups
from consult.followups import outbox, suppression
from consult.followups.appointments import anchor_of
from consult.followups.recovery import NotAgain, requeue
from consult.followups.returning import let_come_again
from consult.intake.people import change_address
from consult.models import Intake, Message, Suppression
from tests.factories import NOW, appointment, clinician, draft, ready
from tests.followups.rows import HOUR, in_state, letter, now_standing, told

pytestmark = pytest.mark.django_db
ANA = "ana@example.org"
INDEX = blind_index("email", ANA)


def outcomes(*states: str) -> None:
    """Letters to Ana of which this became known, an hour apart, and what follows."""
    for hour, state in enumerate(states):
        at = NOW + hour * HOUR
        row = in_state(state, recipient=ANA, sent_at=at, outcome_at=at)
        if state == "bounced":
            suppression.note_bounce(row, now=at)


def reasons() -> list[tuple[str, str]]:
    return list(Suppression.objects.standing().values_list("scope", "reason"))


@pytest.mark.parametrize(
    ("states", "stopped"),
    [
        (["bounced"], False),
        (["bounced", "bounced"], True),
        (["bounced", "delivered", "bounced"], False),
        (["delivered", "bounced", "bounced"], True),
        (["bounced", "sent", "bounced"], True),  # of the one between nothing is known
    ],
    ids=str,
)
def test_two_in_a_row_stop_the_address(states, stopped):
    outcomes(*states)
    assert reasons() == ([("all", "bounced")] if stopped else [])


def test_a_stop_makes_one_task_and_stops_what_waits_with_a_reason_to_read():
    form = ready(email=ANA)
    waiting = letter(intake=form, recipient=ANA)
    code = letter(recipient=ANA)
    held = in_state("held", intake=form, recipient=ANA)
    taken = in_state("claimed", intake=form, recipient=ANA)
    other = letter()
    outcomes("bounced", "bounced", "bounced")
    stopped = [told(one) for one in (waiting, code, held, taken)]
    assert stopped == [("cancelled", "suppressed")] * 4
    assert Message.objects.get(pk=code.pk).values == {}
    assert now_standing(other) == ["scheduled"]
    assert [one.event for one in form.tasks.filter(event="email_stopped")] == ["email_stopped"]
    assert event_words("email_stopped") == "E-mail stopped: phone instead"


@pytest.mark.parametrize("event", ["recheck_72h", "recheck_24h", "missed_appointment"])
def test_nor_does_a_letter_leave_that_a_worker_has_taken_and_that_becomes_a_call(event):
    taken = in_state("claimed", intake=ready(email=ANA), recipient=ANA, event=event)
    scope, reason = Suppression.Scope.ALL, Suppression.Reason.STAFF
    assert suppression.stop(INDEX, scope=scope, reason=reason, by=clinician(), now=NOW)
    assert not outbox.begin(taken, now=NOW)
    assert told(taken) == ("scheduled", "suppressed")


def test_a_mail_server_that_knows_no_such_mailbox_counts_as_a_bounce(mail_server):
    form = ready(email="gone@example.org")
    Message.objects.all().delete()
    for hour in range(2):
        at = NOW + hour * HOUR
        letter(now=at, intake=form, recipient="gone@example.org")
        followups.send_due(now=at)
    assert reasons() == [("all", "bounced")]
    assert form.tasks.filter(event="email_stopped").count() == 1


def test_nothing_new_is_written_to_it_and_nothing_that_slips_through_leaves(mailoutbox):
    form = ready(email=ANA)
    Message.objects.all().delete()
    outcomes("bounced", "bounced")
    assert followups.schedule("booking_invite", intake=form, anchor="b", now=NOW) is None
    written = Message.objects.get(event="booking_invite", status="cancelled")
    assert written.last_error == "suppressed"
    slipped = letter(intake=form, recipient=ANA)
    followups.send_due(now=NOW)
    assert (told(slipped), mailoutbox) == (("cancelled", "suppressed"), [])


def test_after_unsubscribing_codes_and_what_is_needed_still_come():
    scope, reason = Suppression.Scope.CARE, Suppression.Reason.UNSUBSCRIBED
    suppression.stop(INDEX, scope=scope, reason=reason, by=None, now=NOW)
    code = followups.send_account_letter("sign_in_code", to=ANA, values={"code": "X"}, now=NOW)
    assert now_standing(code) == ["scheduled"]


def test_after_bounces_no_code_goes_and_the_page_does_not_tell(mailoutbox):
    ready(email=ANA)
    ready(email="fine@example.org")
    outcomes("bounced", "bounced")
    answers = [
        Client().post("/consult/sign-in/", {"email": one}) for one in (ANA, "fine@example.org")
    ]
    assert answers[0].status_code == answers[1].status_code == 302
    assert answers[0]["Location"] == answers[1]["Location"]
    codes = Message.objects.filter(event="sign_in_code").exclude(status="bounced")
    assert sorted(codes.values_list("status", "last_error")) == [
        ("cancelled", "suppressed"),
        ("scheduled", ""),
    ]
    assert codes.get(status="cancelled").values == {}


def test_lifted_by_staff_what_is_ahead_comes_back_and_old_bounces_count_no_more(mailoutbox):
    form, staff = draft({"consent.email": True}, email=ANA), clinician()
    gone = appointment(form, status="cancelled", cancelled_at=NOW)
    about, at = anchor_of(gone), NOW + 9 * HOUR
    ahead = followups.schedule("reminder_72h", intake=form, anchor=about, at=at, now=NOW)
    outcomes("bounced", "bounced")
    assert told(ahead) == ("cancelled", "suppressed")
    row = Suppression.objects.get()
    assert let_come_again(row, by=staff, now=NOW + 2 * HOUR) == 0  # its visit does not stand
    assert reasons() == []
    assert not suppression.end_suppression(row, by=staff, now=NOW + 2 * HOUR)
    later = NOW + 3 * HOUR
    bounced = in_state("bounced", recipient=ANA, sent_at=later, outcome_at=later)
    assert not suppression.note_bounce(bounced, now=later)


def test_a_letter_comes_back_as_a_row_of_its_own():
    form, staff = draft({"consent.email": True}, email=ANA), clinician()
    first = followups.schedule(
        "waitlist_offer", intake=form, anchor="x", at=NOW + 9 * HOUR, now=NOW
    )
    outcomes("bounced", "bounced")
    assert let_come_again(Suppression.objects.get(), by=staff, now=NOW + 2 * HOUR) == 1
    again = Message.objects.get(idem_key=f"{first.idem_key}~2")
    assert (again.status, again.not_before) == ("scheduled", first.not_before)
    assert again.anchor == first.anchor


def test_a_dead_letter_is_not_sent_again_to_a_stopped_address():
    form = ready(email=ANA)
    dead = in_state("dead", intake=form, recipient=ANA)
    outcomes("bounced", "bounced")
    with pytest.raises(NotAgain, match="call the person"):
        requeue(message=dead, by=clinician(), now=NOW)


def test_the_status_page_tells_its_person_and_another_address_mends_it():
    form = ready(email=ANA)
    client = Client()
    client.force_login(form.owner)
    assert "Our letters do not reach you" not in page(client)
    invite = Message.objects.get(intake=form, event="booking_invite")
    Message.objects.filter(pk=invite.pk).update(not_before=NOW + 9 * HOUR)
    outcomes("bounced", "bounced")
    assert "Our letters do not reach you" in page(client)
    assert f"/consult/my-data/forms/{form.code}/reach/" in page(client)
    change_address(form, email="new@example.org", by=form.owner, now=NOW + HOUR)
    assert "Our letters do not reach you" not in page(client)
    back = Message.objects.get(intake=form, event="booking_invite", status="scheduled")
    assert back.recipient == "new@example.org"


def page(client: Any) -> str:
    return client.get("/consult/status/").content.decode()


def test_two_workers_that_hear_the_same_stop_it_once():
    for _ in range(2):
        suppression.stop(INDEX, scope="all", reason="complained", by=None, now=NOW)
    assert Suppression.objects.count() == 1
    assert Intake.objects.count() == 0
    assert suppression.last_lifted(INDEX) is None
    assert NOW - timedelta(days=1) < Suppression.objects.get().at
