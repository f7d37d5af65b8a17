"""`manage.py outbox`: look, hold after a restore, release, send again what was given up."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from consult.followups import actions, outbox, recovery
from consult.models import AuditEvent, Intake, Message
from tests.factories import NOW, clinician, ready, submitted
from tests.followups.rows import HOUR, MINUTE, in_state, letter, now_standing, told

pytestmark = pytest.mark.django_db


def run(*words: str) -> list[str]:
    said = StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("outbox", *words, stdout=said, stderr=said)
    return said.getvalue().splitlines()


def dead(intake: Intake, anchor: str = "", **fields: Any) -> Message:
    """A letter of the plan that was given up."""
    row = actions.schedule("message_waiting", intake=intake, anchor=anchor, now=NOW - HOUR)
    assert row is not None
    died = {"status": "dead", "last_error": "smtp_550", "attempts": 1, "outcome_at": NOW - MINUTE}
    Message.objects.filter(pk=row.pk).update(**(died | fields))
    return Message.objects.get(pk=row.pk)


def recorded(did: str) -> list[dict[str, Any]]:
    return list(AuditEvent.objects.filter(did=did).values_list("details", flat=True))


# ------------------------------------------------------------------------------------------- status
def test_status_counts_states_and_what_went_wrong() -> None:
    letter(not_before=NOW + HOUR), in_state("dead", last_error="smtp_550")
    said = run("status")
    assert "      1  scheduled" in said
    assert "      0  sent" in said
    assert said[-2:] == ["      1  dead: smtp_550", "Nothing waits past its time."]


def test_status_says_how_long_the_oldest_letter_waits_and_fails_when_it_is_overdue() -> None:
    letter(not_before=NOW - 5 * MINUTE)
    assert run("status")[-1] == "The oldest letter has waited for 0:05:00 (h:mm:ss)."
    letter(not_before=NOW - 6 * MINUTE)
    with pytest.raises(CommandError, match=r"Overdue: the oldest letter has waited for 0:06:00"):
        run("status")


# --------------------------------------------------------------------------------- hold and release
UNFINISHED = ("scheduled", "failed", "claimed", "sending", "verify")


def test_after_a_restore_everything_unfinished_is_held_and_nothing_leaves() -> None:
    past = {"lease_expires_at": NOW - HOUR}
    rows = [in_state(one, **(past if one in UNFINISHED[2:] else {})) for one in UNFINISHED]
    finished = [in_state("sent"), in_state("dead"), in_state("cancelled")]
    assert run("hold", "--all-unfinished") == ["5 letters are held."]
    assert now_standing(*rows) == ["held"] * 5
    assert now_standing(*finished) == ["sent", "dead", "cancelled"]
    outbox.tidy(now=NOW + HOUR)
    assert outbox.claim(now=NOW + HOUR, limit=10) == []
    assert recorded("held all letters") == [{"held": 5, "in_hand": 0}]


@pytest.mark.parametrize("status", ["sending", "verify"])
def test_a_letter_that_a_worker_may_be_handing_over_is_not_held_but_named(status: str) -> None:
    waiting, leaving = letter(), in_state(status, lease_expires_at=NOW - MINUTE)
    with pytest.raises(CommandError, match="1 letters may be in a worker's hands right now"):
        run("hold", "--all-unfinished")
    assert now_standing(waiting, leaving) == ["held", status]


def test_letters_of_one_kind_are_released_and_the_others_stay_held() -> None:
    one, other = in_state("held", event="booking_invite"), in_state("held")
    assert run("release", "--event", "booking_invite") == ["1 letters are released."]
    assert now_standing(one, other) == ["scheduled", "held"]
    assert recorded("released letters") == [
        {"events": ["booking_invite"], "released": 1, "had_left": 0}
    ]


def test_what_the_mail_servers_log_names_is_cancelled_instead_of_released(tmp_path: Path) -> None:
    gone, waits = in_state("held"), in_state("held")
    log = tmp_path / "mail.log"
    log.write_text(f"Nov 17 09:12:01 mx postfix/cleanup[7]: 4F: message-id={gone.message_id}\n")
    said = run("release", "--all", "--mail-log", str(log))
    assert said == ["1 letters are released.", "1 had left already and are cancelled."]
    assert (told(gone), told(waits)) == (("cancelled", "had_left"), ("scheduled", ""))


def test_a_log_that_is_not_there_releases_nothing(tmp_path: Path) -> None:
    held = in_state("held")
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run("release", "--all", "--mail-log", str(tmp_path / "none"))
    assert now_standing(held) == ["held"]


def test_release_wants_to_know_which() -> None:
    with pytest.raises(CommandError, match="one of the arguments --event --all is required"):
        run("release")


# ------------------------------------------------------------------------------------------ requeue
def test_a_dead_letter_goes_again_as_a_row_of_its_own() -> None:
    old = dead(submitted(now=NOW - 2 * HOUR), anchor="a1b2")
    said = run("requeue", str(old.pk))
    new = Message.objects.get(idem_key=f"{old.idem_key}~2")
    assert said == [f"{old.pk} goes again as {new.pk}", "1 letters go again."]
    assert told(old) == ("dead", "smtp_550")
    assert (new.status, new.not_before, new.attempts, new.anchor) == ("scheduled", NOW, 0, "a1b2")
    assert (new.event, new.intake_id, new.recipient) == (old.event, old.intake_id, old.recipient)
    assert new.message_id != old.message_id
    expected = {"event": "message_waiting", "again": str(new.pk), "reason": "smtp_550"}
    assert recorded("sent a dead letter again") == [expected]


def test_a_dead_letter_asked_for_twice_goes_once() -> None:
    old = dead(submitted(now=NOW - 2 * HOUR))
    first = recovery.requeue(message=old, by=clinician(), now=NOW)
    assert recovery.requeue(message=old, by=None, now=NOW + MINUTE).pk == first.pk
    assert Message.objects.filter(idem_key__startswith=old.idem_key).count() == 2
    assert len(recorded("sent a dead letter again")) == 1


def test_a_letter_that_died_a_second_time_can_go_a_third() -> None:
    again = recovery.requeue(message=dead(submitted(now=NOW - 2 * HOUR)), by=None, now=NOW)
    Message.objects.filter(pk=again.pk).update(status="dead")
    again.refresh_from_db()
    third = recovery.requeue(message=again, by=None, now=NOW)
    assert third.idem_key == again.idem_key.replace("~2", "~3")


def test_it_goes_to_the_address_that_the_person_has_now() -> None:
    intake = submitted(now=NOW - 2 * HOUR)
    old = dead(intake)
    intake.contact = intake.contact | {"email": "new@example.org"}
    intake.save()
    old.refresh_from_db()
    assert recovery.requeue(message=old, by=None, now=NOW).recipient == "new@example.org"


def test_letters_that_must_not_go_again_say_why() -> None:
    taken_back = dead(submitted(now=NOW - 2 * HOUR))
    Intake.objects.update(state=Intake.State.WITHDRAWN)
    intake = submitted(now=NOW - 2 * HOUR, email="ben@example.org")
    late = dead(intake, anchor="x", expires_at=NOW, category="care")
    code, sent = in_state("dead"), dead(intake, anchor="y")
    refusals = {
        taken_back: "The form was taken back.",
        late: "It would come too late.",
        code: "Its code is forgotten. The person can ask for a new one.",
        in_state("sent"): "It is not given up; it is “Sent”.",
    }
    for message, words in refusals.items():
        assert run("requeue", str(message.pk)) == [f"{message.pk}: {words}", "0 letters go again."]
    assert recovery.requeue(message=sent, by=None, now=NOW).pk != sent.pk


def test_what_the_service_needs_may_go_again_although_it_was_late() -> None:
    late = dead(submitted(now=NOW - 20 * HOUR), expires_at=NOW - 8 * HOUR, last_error="expired")
    again = recovery.requeue(message=late, by=clinician(), now=NOW)
    assert (again.not_before, again.expires_at) == (NOW, NOW + 12 * HOUR)


def test_all_that_died_since_a_day_go_again_and_unheard_answers_are_told() -> None:
    intake = submitted(now=NOW - 2 * HOUR)
    old = dead(intake, anchor="1", outcome_at=NOW - timedelta(days=3))
    new = dead(intake, anchor="2", last_error="no_answer")
    said = run("requeue", "--dead", "--since", "2026-11-16")
    assert said[1:] == ["1 letters go again.", "Of 1 the mail server's answer was never heard."]
    assert Message.objects.filter(idem_key=f"{new.idem_key}~2").exists()
    assert not Message.objects.filter(idem_key=f"{old.idem_key}~2").exists()


@pytest.mark.parametrize("words", [[], ["--dead", "00000000-0000-0000-0000-000000000000"]])
def test_requeue_wants_ids_or_all_the_dead(words: list[str]) -> None:
    with pytest.raises(CommandError, match="Name letters by their ids, or all"):
        run("requeue", *words)


def test_a_letter_that_there_is_not_is_said() -> None:
    with pytest.raises(CommandError, match="There is no letter 00000000-"):
        run("requeue", "00000000-0000-0000-0000-000000000000")


def test_a_letter_about_an_appointment_still_finds_it_when_it_goes_again() -> None:
    message = letter(intake=ready(), idem_key="booking_confirmed:1:0a1b.2~2")
    assert message.anchor == "0a1b.2"
