import itertools
import random
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from consult.followups import actions, outbox, outcomes
from consult.followups.outbox import NoSuchEdge
from consult.followups.outcomes import Said
from consult.models import Intake, Message, StaffTask, Status, User
from consult.models.messages import EDGES, FINISHED
from tests.factories import NOW, at, clinician, draft, submitted
from tests.followups.rows import HOUR, MINUTE, in_state, letter, now_standing, told

pytestmark = pytest.mark.django_db


def test_a_message_moves_along_the_edges_and_along_no_other() -> None:
    taken = set()
    for before, after in itertools.product(Status, Status):
        message = in_state(before)
        lease = {"claim_token": message.pk, "lease_expires_at": NOW}
        try:
            moved = outbox.move(outbox.row(message), out_of={before}, to=after, **lease)
        except NoSuchEdge:
            assert now_standing(message) == [before]
        else:
            assert (moved, now_standing(message)) == (1, [after])
            taken.add((before, after))
    assert taken == {(before, after) for before, onward in EDGES.items() for after in onward}


# ----------------------------------------------------------------------------------- random walks
class Walk:
    """One letter, two workers of which one may die, staff, and a clock that only goes on."""

    def __init__(self) -> None:
        self.now = NOW
        self.staff = User.objects.create_user(email=f"{uuid.uuid4().hex}@example.org")
        self.intake = draft({})
        self.message = letter(intake=self.intake, expires_at=NOW + 3 * HOUR)
        self.held: list[Message] = []  # what workers believe to hold

    def step(self, name: str) -> None:
        self.now += {"wait": 4 * MINUTE, "wait long": 30 * MINUTE}.get(name, timedelta(seconds=7))
        mine = self.held[-1] if self.held else None
        if name == "claim":
            self.held += outbox.claim(now=self.now, limit=1)
        elif name == "tidy":
            outbox.tidy(now=self.now)
        elif name == "cancel":
            actions.cancel(intake=self.intake, now=self.now)
        elif name == "hold":
            actions.hold(message=self.message, by=self.staff, now=self.now)
        elif name == "release":
            actions.release(message=self.message, by=self.staff, now=self.now)
        elif name in HEARD:
            self.hear(name)
        elif mine:
            self.work(name, mine)

    def hear(self, kind: str) -> None:
        event, about = f"{self.message.pk}:{self.now}", self.message.message_id
        said = Said(kind=kind, about=about, row="", event_id=event, at=self.now)
        outcomes.hear(said, now=self.now)

    def work(self, name: str, mine: Message) -> None:
        clock: dict[str, Any] = {"now": self.now}
        if name == "begin":
            outbox.begin(mine, **clock)
        elif name == "give back":
            outbox.give_back([mine])
        elif name == "fail" and mine.status in {Status.CLAIMED, Status.SENDING}:
            outbox.retry_later(mine, error="smtp_451", **clock)
        elif name == "give up" and mine.status in {Status.CLAIMED, Status.SENDING}:
            outbox.give_up(mine, error="smtp_550", **clock)
        elif name == "blame server":
            outbox.blame_server(mine, error="smtp_530", **clock)
        elif name == "sent":
            outbox.sent(mine, **clock)


HEARD = ("delivered", "deferred", "bounced", "complained")
STEPS = (
    *HEARD,
    *("claim", "begin", "sent", "fail", "give up", "blame server", "give back"),
    *("tidy", "wait", "wait long", "cancel", "hold", "release"),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(STEPS), max_size=25))
@example(["claim", "begin", "wait long", "tidy", "claim", "begin", "sent", "cancel"])
@example(["claim", "wait long", "tidy", "claim", "hold", "sent", "release", "claim", "begin"])
@example(["claim", "begin", *["wait long", "tidy"] * 2, "claim", "delivered", "begin"])
@example(["claim", "begin", "fail", "hold", "delivered", "release", "claim", "complained"])
def test_no_walk_takes_an_edge_that_is_missing(steps: list[str]) -> None:
    walk = Walk()
    path = [Status.SCHEDULED.value]

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if sql.startswith('UPDATE "consult_message"'):
            path.extend(now_standing(walk.message))
        return answer

    with connection.execute_wrapper(look):
        for step in steps:
            walk.step(step)
    moves = {(before, after) for before, after in itertools.pairwise(path) if before != after}
    assert [move for move in moves if move[1] not in EDGES[Status(move[0])]] == []


# ------------------------------------------------------------------------------ claiming, leasing
def test_a_claimed_letter_is_nobody_elses_for_five_minutes() -> None:
    first, second = letter(), letter()
    taken = outbox.claim(now=NOW, limit=1)
    rest = outbox.claim(now=NOW, limit=10)
    assert {one.pk for one in taken + rest} == {first.pk, second.pk}
    assert len(taken) == 1
    assert {one.lease_expires_at for one in taken} == {NOW + 5 * MINUTE}
    assert outbox.claim(now=NOW + 4 * MINUTE, limit=10) == []


def test_only_what_is_due_and_in_time_is_claimed() -> None:
    due = letter()
    letter(not_before=NOW + MINUTE)
    letter(expires_at=NOW)
    in_state("held")
    assert [one.pk for one in outbox.claim(now=NOW, limit=10)] == [due.pk]


def test_a_worker_that_dies_before_the_hand_over_leaves_the_letter_to_the_next() -> None:
    message = letter()
    outbox.claim(now=NOW, limit=1)
    outbox.tidy(now=NOW + 4 * MINUTE)
    assert now_standing(message) == ["claimed"]
    outbox.tidy(now=NOW + 5 * MINUTE)
    assert now_standing(message) == ["scheduled"]


def test_a_worker_that_dies_in_the_hand_over_leaves_it_open_until_its_words_have_settled() -> None:
    message = letter()
    (mine,) = outbox.claim(now=NOW, limit=1)
    assert outbox.begin(mine, now=NOW)
    outbox.tidy(now=NOW + 5 * MINUTE)
    assert told(message) == ("verify", "")
    outbox.tidy(now=NOW + 6 * MINUTE)
    assert told(message) == ("verify", "")
    outbox.tidy(now=NOW + 7 * MINUTE)
    assert told(message) == ("failed", "no_answer")
    (again,) = outbox.claim(now=NOW + 7 * MINUTE, limit=1)
    assert (again.pk, again.message_id) == (message.pk, message.message_id)


def test_a_late_yes_of_the_server_still_counts() -> None:
    message = letter()
    (mine,) = outbox.claim(now=NOW, limit=1)
    outbox.begin(mine, now=NOW)
    outbox.tidy(now=NOW + 5 * MINUTE)
    assert outbox.sent(mine, now=NOW + 6 * MINUTE)
    assert now_standing(message) == ["sent"]


def test_a_worker_whose_letter_went_to_another_changes_nothing() -> None:
    message = letter()
    (dead,) = outbox.claim(now=NOW, limit=1)
    outbox.begin(dead, now=NOW)
    outbox.tidy(now=NOW + 7 * MINUTE)
    (alive,) = outbox.claim(now=NOW + 8 * MINUTE, limit=1)
    assert not outbox.sent(dead, now=NOW + 8 * MINUTE)
    assert not outbox.give_up(dead, error="smtp_550", now=NOW + 8 * MINUTE)
    assert now_standing(message) == ["claimed"]
    assert outbox.begin(alive, now=NOW + 8 * MINUTE)
    assert not outbox.sent(dead, now=NOW + 8 * MINUTE)
    assert now_standing(message) == ["sending"]


def test_a_hand_over_does_not_begin_when_the_lease_is_nearly_over() -> None:
    message = letter()
    (mine,) = outbox.claim(now=NOW, limit=1)
    assert not outbox.begin(mine, now=NOW + 4 * MINUTE)
    assert now_standing(message) == ["claimed"]


def test_a_hand_over_does_not_begin_once_the_form_is_withdrawn() -> None:
    intake = draft({})
    message = letter(intake=intake)
    (mine,) = outbox.claim(now=NOW, limit=1)
    Intake.objects.filter(pk=intake.pk).update(state=Intake.State.WITHDRAWN)
    assert not outbox.begin(mine, now=NOW)
    outbox.give_back([mine])
    assert outbox.claim(now=NOW, limit=1) == []
    outbox.tidy(now=NOW)
    assert told(message) == ("cancelled", "withdrawn")


# ------------------------------------------------------------------------------------------ order
def test_an_earlier_letter_about_the_same_form_goes_first() -> None:
    intake, to = draft({}), "ana@example.org"
    first = letter(intake=intake, recipient=to, wall_time=NOW - MINUTE)
    second = letter(intake=intake, recipient=to)
    assert [one.pk for one in outbox.claim(now=NOW, limit=10)] == [first.pk]
    assert outbox.claim(now=NOW, limit=10) == []
    outbox.move(outbox.row(first), out_of={"claimed"}, to="cancelled")
    assert [one.pk for one in outbox.claim(now=NOW, limit=10)] == [second.pk]


def test_an_earlier_letter_that_cannot_be_made_holds_up_nobody() -> None:
    intake, to = draft({}), "ana@example.org"
    broken = {"last_error": outbox.NOT_MADE, "not_before": NOW + HOUR}
    letter(intake=intake, recipient=to, wall_time=NOW - MINUTE, **broken)
    second = letter(intake=intake, recipient=to)
    assert [one.pk for one in outbox.claim(now=NOW, limit=10)] == [second.pk]


def test_letters_of_other_people_and_other_forms_wait_for_nobody() -> None:
    intake = draft({})
    letter(intake=intake, recipient="ana@example.org", not_before=NOW + HOUR, wall_time=NOW - HOUR)
    others = [
        letter(intake=intake, recipient="ben@example.org"),
        letter(intake=draft({}), recipient="ana@example.org"),
        letter(recipient="ana@example.org"),
    ]
    assert {one.pk for one in outbox.claim(now=NOW, limit=10)} == {one.pk for one in others}


# ----------------------------------------------------------------------------------------- ladder
def test_a_letter_is_tried_eight_times_at_growing_distances_and_then_given_up() -> None:
    message, now, pauses = letter(expires_at=None), NOW, []
    for _ in range(8):
        (mine,) = outbox.claim(now=now, limit=1)
        outbox.begin(mine, now=now)
        outbox.retry_later(mine, error="smtp_451", now=now)
        message.refresh_from_db()
        pauses.append((message.not_before - now) / MINUTE)
        now = message.not_before
    assert told(message) == ("dead", "smtp_451")
    assert message.attempts == 8
    off = [
        pause / meant for pause, meant in zip(pauses, (1, 5, 15, 60, 180, 360, 720), strict=False)
    ]
    assert [factor for factor in off if not 0.8 <= factor <= 1.2] == []
    assert len(set(off)) > 1  # jitter
    assert outbox.claim(now=now + 24 * HOUR, limit=1) == []


def test_a_letter_whose_next_try_would_come_too_late_is_given_up_now() -> None:
    message = letter(expires_at=NOW + timedelta(seconds=30))
    (mine,) = outbox.claim(now=NOW, limit=1)
    outbox.begin(mine, now=NOW)
    assert outbox.retry_later(mine, error="smtp_451", now=NOW) == "dead"
    assert told(message) == ("dead", "expired")


def test_a_letter_past_its_time_is_buried_and_its_code_forgotten() -> None:
    message = letter(expires_at=NOW + 10 * MINUTE)
    assert outbox.tidy(now=NOW + 9 * MINUTE) == 0
    assert outbox.tidy(now=NOW + 10 * MINUTE) == 1
    message.refresh_from_db()
    assert (message.status, message.last_error, message.values) == ("dead", "expired", {})
    assert message.outcome_at == NOW + 10 * MINUTE


def test_a_hand_over_that_killed_eight_workers_is_not_tried_on_a_ninth() -> None:
    message = in_state("verify", attempts=8, lease_expires_at=NOW - 2 * MINUTE)
    assert outbox.tidy(now=NOW) == 1
    assert told(message) == ("dead", "no_answer")


# ----------------------------------------------------------------------------------- for machines
def test_the_oldest_due_letter_is_as_old_as_the_time_since_it_was_due() -> None:
    assert outbox.oldest_due_age(now=NOW) == 0
    letter(not_before=NOW - 2 * MINUTE)
    letter(not_before=NOW - MINUTE)
    letter(not_before=NOW + HOUR)
    in_state("sent", not_before=NOW - HOUR)
    assert outbox.oldest_due_age(now=NOW) == 120.0


def test_every_status_is_counted_the_empty_ones_too() -> None:
    letter(), letter(), in_state("dead")
    expected = {status.value: 0 for status in Status} | {"scheduled": 2, "dead": 1}
    assert outbox.status_counts() == expected


# ------------------------------------------------------------------------------- given up, in words
def tasks_of(intake: Intake) -> list[str]:
    return list(StaffTask.objects.filter(intake=intake).values_list("event", flat=True))


def test_letters_that_die_make_one_task_on_the_persons_case_and_one_line_in_the_log(
    caplog: Any,
) -> None:
    intake = submitted()
    StaffTask.objects.all().delete()
    rows = [letter(intake=intake, expires_at=NOW - MINUTE) for _ in range(20)]
    letter(expires_at=NOW - MINUTE)  # about signing in: no case
    assert outbox.tidy(now=NOW) == 21
    assert (now_standing(*rows), tasks_of(intake)) == (["dead"] * 20, ["letter_dead"])
    assert [str(one.msg).count("given up") for one in caplog.records].count(1) == 1
    task = StaffTask.objects.get()
    assert task.due_at == at("2026-11-18T17:00")  # the end of the next working day


def test_a_letter_about_a_draft_that_dies_gives_staff_nothing_to_look_at() -> None:
    letter(intake=draft({}), expires_at=NOW - MINUTE)
    assert outbox.tidy(now=NOW) == 1
    assert not StaffTask.objects.exists()


def test_the_task_is_made_again_when_it_was_done_and_another_letter_dies() -> None:
    intake, staff = submitted(), clinician()
    StaffTask.objects.all().delete()
    letter(intake=intake, expires_at=NOW - MINUTE)
    outbox.tidy(now=NOW)
    StaffTask.objects.update(done_at=NOW, done_by=staff)
    letter(intake=intake, expires_at=NOW)
    outbox.tidy(now=NOW + HOUR)
    assert tasks_of(intake) == ["letter_dead"] * 2


# ------------------------------------------------------------------------------- ten thousand walks
WALKS, ROUNDS = 10_000, 10


def test_of_ten_thousand_letters_pushed_anywhere_each_takes_only_edges_that_there_are() -> None:
    rng, lease = random.Random(7), {"claim_token": uuid.uuid4(), "lease_expires_at": NOW}
    stands = dict.fromkeys(written(WALKS), Status.SCHEDULED.value)
    for _ in range(ROUNDS):
        pushed: dict[tuple[str, str], list[uuid.UUID]] = {}
        for key, before in stands.items():
            pushed.setdefault((before, rng.choice(Status.values)), []).append(key)
        for (before, after), keys in pushed.items():
            rows = Message.objects.filter(pk__in=keys)
            if after in EDGES[before]:
                assert outbox.move(rows, out_of={before}, to=after, **lease) == len(keys)
                stands |= dict.fromkeys(keys, after)
                continue
            with pytest.raises(NoSuchEdge):
                outbox.move(rows, out_of={before}, to=after)
            if before in FINISHED and before != after:  # and past the code, at the database
                with pytest.raises(IntegrityError), transaction.atomic():
                    Message.objects.filter(pk=rng.choice(keys)).update(status=after)
    assert dict(Message.objects.values_list("pk", "status")) == stands
    assert set(stands.values()) >= FINISHED


def written(count: int) -> list[uuid.UUID]:
    rows = [
        Message(
            idem_key=f"walk:{number}",
            event="sign_in_code",
            recipient="ana@example.org",
            wall_time=NOW,
            zone="America/Tijuana",
            not_before=NOW,
            message_id=f"<{number}@example.org>",
            created_at=NOW,
        )
        for number in range(count)
    ]
    return [row.pk for row in Message.objects.bulk_create(rows, batch_size=1000)]
