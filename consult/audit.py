"""The record of who did what and who looked at what."""

from datetime import UTC, datetime
from typing import Any

import structlog
from django.contrib.auth.models import AnonymousUser
from django.db import models

from consult.fields import seal, unseal
from consult.models import AuditEvent, User

SEALED = "sealed"


def record(
    *,
    by: User | AnonymousUser | None,
    did: str,
    to: models.Model | None = None,
    now: datetime,
    **details: Any,
) -> AuditEvent:
    """Add one event. `details` name fields, codes and counts; never what a person answered, and
    what staff typed only `sealed`."""
    return AuditEvent.objects.create(
        at=now,
        by=by if isinstance(by, User) else None,
        did=did,
        to_model=to._meta.label_lower if to else "",
        to_id=str(to.pk) if to else "",
        details=details,
        request_id=structlog.contextvars.get_contextvars().get("request", ""),
    )


def sealed(words: str, *, by: User, did: str, now: datetime) -> dict[str, str]:
    """Words that staff typed, encrypted and bound to their event; `words_of` opens them."""
    return {SEALED: seal(words.encode(), bound_to=bound_to(did, by.pk, now)).hex()}


def words_of(event: AuditEvent) -> dict[str, str]:
    """What staff typed for the record, by name. Raises Tampered when it is not this event's."""
    place = bound_to(event.did, event.by_id, event.at)
    found = {name: one for name, one in event.details.items() if isinstance(one, dict)}
    return {
        name: unseal(bytes.fromhex(one[SEALED]), bound_to=place).decode()
        for name, one in found.items()
        if SEALED in one
    }


def bound_to(did: str, by: object, at: datetime) -> str:
    """An event has no key before it is stored; who did what and when does not change."""
    return f"consult.auditevent|{did}|{by}|{at.astimezone(UTC).isoformat()}"
