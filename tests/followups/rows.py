"""Letters for tests: rows as they stand in the outbox, and a look at where they stand now."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from consult.models import Intake, Message
from tests.factories import NOW

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
# What only a letter to somebody without a form knows, of each kind.
ONLY_ITS_OWN = {
    "code": "H7KQ2M",
    "path": "/accounts/password/reset/key/x-y/",
    "subject": "Test: Choose a time",
    "words": "Your page shows times.",
}


def letter(*, now: datetime = NOW, intake: Intake | None = None, **fields: Any) -> Message:
    """One that is due now; about signing in unless it belongs to a form."""
    key = uuid.uuid4().hex
    row = {
        "idem_key": key,
        "event": "message_waiting" if intake else "sign_in_code",
        "intake": intake,
        "recipient": f"{key[:8]}@example.org",
        "values": {} if intake else ONLY_ITS_OWN,
        "wall_time": now,
        "zone": "America/Tijuana",
        "not_before": now,
        "message_id": f"<{key}@example.org>",
        "created_at": now,
    }
    return Message.objects.create(**(row | fields))


def in_state(status: str, **fields: Any) -> Message:
    """A letter that a worker has held, if its state says so."""
    held = status in {"claimed", "sending", "verify"}
    lease = {"claim_token": uuid.uuid4(), "lease_expires_at": NOW + 5 * MINUTE} if held else {}
    return letter(status=status, **(lease | fields))


def now_standing(*letters: Message) -> list[str]:
    stands = dict(Message.objects.values_list("pk", "status"))
    return [stands[one.pk] for one in letters]


def told(message: Message) -> tuple[str, str]:
    row = Message.objects.get(pk=message.pk)
    return row.status, row.last_error
