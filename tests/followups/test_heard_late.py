"""The provider's word on a letter whose worker heard no answer, or writes it down later."""

from typing import Any

import pytest

from consult.dashboard.mail_words import reason_words
from consult.followups import actions as followups
from consult.followups import outbox, outcomes
from consult.followups.outcomes import Said
from consult.followups.recovery import UNHEARD
from consult.models import Message
from tests.factories import NOW, clinician
from tests.followups.rows import HOUR, MINUTE, in_state, letter, told

pytestmark = pytest.mark.django_db
AT = NOW + MINUTE


def hear(kind: str, message: Message) -> None:
    event = f"test:{kind}:{message.pk}"
    said = Said(kind=kind, about=message.message_id, row="", event_id=event, at=AT)
    outcomes.hear(said, now=AT)


def tried(**more: Any) -> Message:
    """A letter that a provider was to take and whose answer never came."""
    fields = {"attempts": 1, "last_error": "provider_away"} | more
    return in_state("failed", **fields)


@pytest.mark.parametrize(
    ("kind", "state"),
    [("delivered", "delivered"), ("deferred", "sent"), ("bounced", "bounced")],
)
def test_a_letter_that_left_all_the_same_is_not_sent_again(mailoutbox, kind, state):
    message = tried()
    hear(kind, message)
    followups.send_due(now=NOW + HOUR)
    assert (told(message), len(mailoutbox)) == ((state, ""), 0)
    row = Message.objects.get(pk=message.pk)
    assert (row.sent_at, row.values) == (AT, {})


STANDS = ("scheduled", "held", "claimed", "failed")  # after a hand-over whose answer was not heard


@pytest.mark.parametrize("stands", STANDS)
@pytest.mark.parametrize(
    ("kind", "state"),
    [("delivered", "delivered"), ("deferred", "sent"), ("complained", "complained")],
)
def test_wherever_it_stands_by_then_the_providers_word_keeps_it_from_going_twice(
    mailoutbox, stands, kind, state
):
    message = in_state(stands, attempts=1, last_error="no_answer")
    hear(kind, message)
    followups.release(message=message, by=clinician(), now=NOW)
    followups.send_due(now=NOW + HOUR)
    assert (told(message), len(mailoutbox)) == ((state, ""), 0)


def test_a_worker_that_has_it_in_hand_when_the_word_comes_hands_nothing_over():
    message = letter(attempts=1, last_error="no_answer")
    (mine,) = outbox.claim(now=NOW, limit=1)
    hear("delivered", message)
    assert not outbox.begin(mine, now=NOW)
    outbox.give_back([mine])
    assert told(message) == ("delivered", "")


def test_a_letter_that_was_stopped_stays_so_whatever_is_heard_of_it():
    rows = [in_state(stands, attempts=1) for stands in ("cancelled", "dead")]
    for row in rows:
        hear("delivered", row)
    assert [told(row)[0] for row in rows] == ["cancelled", "dead"]


@pytest.mark.parametrize("stands", STANDS)
def test_one_that_no_worker_has_begun_to_hand_over_stays_to_be_sent(stands):
    message = in_state(stands)
    hear("delivered", message)
    assert told(message) == (stands, "")


def test_one_that_no_worker_has_handed_over_stays_to_be_sent():
    message = tried(attempts=0)
    hear("delivered", message)
    assert told(message) == ("failed", "provider_away")


def test_staff_read_that_a_letter_whose_provider_was_away_may_have_arrived():
    assert "provider_away" in UNHEARD
    assert reason_words("provider_away").endswith("it may have arrived.")


@pytest.mark.parametrize("kind", ["deferred", "delivered", "bounced", "complained"])
def test_what_the_worker_knows_is_written_down_even_if_the_provider_was_quicker(kind):
    letter()
    (mine,) = outbox.claim(now=NOW, limit=1)
    outbox.begin(mine, now=NOW)
    hear(kind, mine)
    mine.wording = 3
    assert not outbox.sent(mine, now=NOW + HOUR, provider_id="pm-1")
    row = Message.objects.get(pk=mine.pk)
    assert (row.provider_id, row.wording, row.sent_at) == ("pm-1", 3, AT)


def test_a_worker_that_lost_its_letter_writes_nothing_over_what_another_sent():
    letter()
    (lost,) = outbox.claim(now=NOW, limit=1)
    outbox.reap(now=NOW + HOUR)
    (mine,) = outbox.claim(now=NOW + HOUR, limit=1)
    outbox.begin(mine, now=NOW + HOUR)
    outbox.sent(mine, now=NOW + HOUR, provider_id="pm-2")
    outbox.sent(lost, now=NOW + HOUR, provider_id="pm-1")
    outbox.sent(mine, now=NOW + HOUR, provider_id="pm-3")
    assert Message.objects.get(pk=mine.pk).provider_id == "pm-2"
