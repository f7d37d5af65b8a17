"""A person and a provider at one form at once: first the form is locked, then its letters.

Where one takes them the other way round, PostgreSQL ends one of the two after a second.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from consult.followups import actions, outbox, outcomes, suppression
from consult.followups.outcomes import Said
from consult.followups.returning import let_come_again
from consult.models import Intake, Message, Suppression
from tests.factories import NOW, ready
from tests.followups.rows import HOUR, in_state, now_standing

pytestmark = pytest.mark.django_db(transaction=True)
ANA = "ana@example.org"


def while_the_form_is_locked(form: Intake, job: Callable[[], Any]) -> Any:
    """Begin `job` while a person takes the form back, which then stops its letters."""
    begun = threading.Event()

    def work() -> Any:
        try:
            begun.set()
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Intake.objects.select_for_update().get(pk=form.pk)
            other = pool.submit(work)
            begun.wait(10)
            threading.Event().wait(0.5)  # for it to come as far as it can
            actions.cancel(intake=form, now=NOW)
        return other.result(30)


def complain(message: Message) -> bool:
    said = Said(kind="complained", about=message.message_id, row="", event_id="test:1", at=NOW)
    return outcomes.hear(said, now=NOW)


def test_a_complaint_waits_for_who_takes_the_form_back():
    form = ready(email=ANA)
    waiting = in_state("scheduled", intake=form, recipient=ANA)
    left = in_state("sent", intake=form, recipient=ANA)
    assert while_the_form_is_locked(form, lambda: complain(left))
    assert now_standing(waiting, left) == ["cancelled", "complained"]
    assert form.tasks.filter(event="email_stopped").count() == 1


def test_so_does_one_about_a_letter_that_waits_for_its_next_try():
    form = ready(email=ANA)
    tried = in_state("failed", intake=form, recipient=ANA, attempts=1)
    assert while_the_form_is_locked(form, lambda: complain(tried))
    assert now_standing(tried) == ["cancelled"]  # the person was first


def test_so_does_a_stop_of_an_address():
    form = ready(email=ANA)
    waiting = in_state("scheduled", intake=form, recipient=ANA, last_error=suppression.SUPPRESSED)
    index = bytes(waiting.recipient_index)
    stop = {"scope": "all", "reason": "bounced", "by": None, "now": NOW}
    assert while_the_form_is_locked(form, lambda: suppression.stop(index, **stop))
    assert now_standing(waiting) == ["cancelled"]


def test_so_does_whoever_lets_letters_come_again():
    form = ready(email=ANA)
    stopped = {"recipient": ANA, "last_error": suppression.SUPPRESSED}
    waiting = in_state("scheduled", intake=form, **stopped)
    later = {"not_before": NOW + HOUR, "idem_key": f"message_waiting:{form.pk}:x"}
    in_state("cancelled", intake=form, **(stopped | later))
    key = {"recipient_index": waiting.recipient_index, "scope": "all", "reason": "bounced"}
    row = Suppression.objects.create(at=NOW, **key)
    by = form.owner
    while_the_form_is_locked(form, lambda: let_come_again(row, by=by, now=NOW))
    assert now_standing(waiting) == ["cancelled"]


def test_so_does_a_worker_that_gives_a_letter_up():
    form = ready(email=ANA)
    Message.objects.all().delete()
    in_state("scheduled", intake=form, recipient=ANA)
    (mine,) = outbox.claim(now=NOW, limit=1)
    assert not while_the_form_is_locked(
        form, lambda: outbox.give_up(mine, error="bad_address", now=NOW)
    )
    assert now_standing(mine) == ["cancelled"]
