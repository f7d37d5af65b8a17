"""The record of who did what and who looked at what."""

from datetime import datetime
from typing import Any

import structlog
from django.contrib.auth.models import AnonymousUser
from django.db import models

from consult.models import AuditEvent, User


def record(
    *,
    by: User | AnonymousUser | None,
    did: str,
    to: models.Model | None = None,
    now: datetime,
    **details: Any,
) -> AuditEvent:
    """Add one event. `details` name fields, codes and counts; never what a person answered."""
    return AuditEvent.objects.create(
        at=now,
        by=by if isinstance(by, User) else None,
        did=did,
        to_model=to._meta.label_lower if to else "",
        to_id=str(to.pk) if to else "",
        details=details,
        request_id=structlog.contextvars.get_contextvars().get("request", ""),
    )
