"""The database's own refusals, below everything that Python would refuse first."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from consult import audit
from consult.models import AuditEvent, Message
from consult.models.messages import EDGES, FINISHED
from tests.factories import NOW
from tests.followups.rows import in_state

pytestmark = pytest.mark.django_db


def run(sql: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE consult_auditevent SET did = 'nothing'",
        "DELETE FROM consult_auditevent",
        "TRUNCATE consult_auditevent",
    ],
)
def test_the_record_is_only_ever_added_to(sql: str) -> None:
    if sql.startswith("TRUNCATE") and connection.vendor == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    audit.record(by=None, did="opened the door", now=NOW)
    with pytest.raises(IntegrityError):
        run(sql)
    assert list(AuditEvent.objects.values_list("did", flat=True)) == ["opened the door"]


@pytest.mark.parametrize("status", sorted(FINISHED))
def test_a_finished_letter_stays_finished(status: str) -> None:
    message = in_state(status)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(status="scheduled")
    assert Message.objects.get(pk=message.pk).status == status


@pytest.mark.parametrize("status", sorted(FINISHED))
def test_what_else_is_known_of_a_finished_letter_may_be_written_down(status: str) -> None:
    message = in_state(status)
    Message.objects.filter(pk=message.pk).update(status=status, last_error="seen", provider_id="x")
    assert Message.objects.get(pk=message.pk).last_error == "seen"


def test_the_triggers_know_the_same_finished_states_as_the_code() -> None:
    refused = set()
    for status in EDGES:
        message = in_state(status)
        try:
            with transaction.atomic():
                run(
                    "UPDATE consult_message SET status = 'held' WHERE message_id = %s",
                    message.message_id,
                )
        except IntegrityError:
            refused.add(status)
    assert refused == FINISHED
