"""Stopping letters from the mail program: one click there, or the page behind the same address."""

import uuid
from datetime import datetime

from django.db import transaction

from consult.followups import suppression
from consult.models import Message, Suppression


@transaction.atomic
def stop_letters_like(key: uuid.UUID, *, now: datetime) -> bool:
    """Stop the letters that can be switched off to the address of this letter, at once; what the
    service needs still comes. False: they were stopped before, or the form was erased since."""
    message = Message.objects.filter(pk=key).first()
    if message is None:
        return False
    index, reason = message.recipient_index, Suppression.Reason.UNSUBSCRIBED
    scope = Suppression.Scope.CARE
    return suppression.stop(index, scope=scope, reason=reason, by=None, now=now)
