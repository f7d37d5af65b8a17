"""What the mail provider says became of a letter, in whatever order and however often."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from consult.followups import outbox, suppression
from consult.models import Message, ProviderEvent, Status, Suppression
from consult.models.messages import EDGES

# In this order one outweighs the other: complained, bounced, delivered, sent.
STATES = {
    "delivered": Status.DELIVERED,
    "bounced": Status.BOUNCED,
    "rejected": Status.BOUNCED,  # the provider itself sends nothing there any more
    "complained": Status.COMPLAINED,
}
UNSUBSCRIBED = "unsubscribed"
KINDS = frozenset(
    {*STATES, UNSUBSCRIBED, "deferred"}
)  # others, such as opened, are not ours to know
LEAVING = frozenset({Status.SENDING, Status.VERIFY})
# Where a letter stands after a hand-over whose answer was not heard; it must not go once more.
TO_GO_AGAIN = frozenset({Status.SCHEDULED, Status.HELD, Status.CLAIMED, Status.FAILED})


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a provider said of one letter."""

    kind: str
    about: str  # the provider's own name for the letter, or its Message-ID
    row: str  # the name of our row, where the provider gives it back
    event_id: str
    at: datetime


def event_key(provider: str, event_id: str | None, *details: object) -> str:
    """What makes an event the same when it comes again; not every provider numbers them."""
    if event_id:
        return f"{provider}:{event_id}"[:200]
    digest = hashlib.sha256("|".join(map(str, details)).encode()).hexdigest()
    return f"{provider}:{digest}"


@transaction.atomic
def hear(said: Said, *, now: datetime) -> bool:
    """Write down what was said, once, and act on it. False: it was heard before, it is about
    nothing of ours, or it is nothing that we want to know."""
    message = locked(letter_of(said)) if said.kind in KINDS else None
    if message is None:
        return False
    row = {"kind": said.kind, "message": message, "at": said.at, "came_at": now}
    if not ProviderEvent.objects.get_or_create(event_id=said.event_id, defaults=row)[1]:
        return False
    # Whoever has it has taken it, even if the worker that gave it away never heard so.
    here = outbox.row(message)
    gone = {"sent_at": said.at, "last_error": "", **outbox.forgetting(message)}
    outbox.move(here, out_of=LEAVING, to=Status.SENT, **gone)
    outbox.move(here.filter(attempts__gt=0), out_of=TO_GO_AGAIN, to=Status.SENT, **gone)
    if to := STATES.get(said.kind):
        out_of = {status for status in (Status.SENT, Status.DELIVERED) if to in EDGES[status]}
        outbox.move(here, out_of=out_of, to=to, outcome_at=now)
    follow(said.kind, message, now=now)
    return True


def letter_of(said: Said) -> Message | None:
    names = Q(message_id=said.about) | Q(message_id=f"<{said.about}>")
    names |= Q(provider_id__in=[said.about, f"<{said.about}>"]) & ~Q(provider_id="")
    found = Message.objects.filter(names) if said.about else Message.objects.none()
    if said.row and not found.exists():  # it may be told of before its name is written down
        found = Message.objects.filter(pk=said.row)
    return found.first()


def locked(message: Message | None) -> Message | None:
    """The letter, locked after the forms that stopping its address would lock."""
    if message is None:
        return None
    suppression.lock_forms(bytes(message.recipient_index or b""))
    return Message.objects.filter(pk=message.pk).select_for_update().first()


def follow(kind: str, message: Message, *, now: datetime) -> None:
    index = message.recipient_index
    if STATES.get(kind) == Status.BOUNCED:
        suppression.note_bounce(message, now=now)
    elif kind == "complained":
        reason = Suppression.Reason.COMPLAINED
        suppression.stop(index, scope=Suppression.Scope.ALL, reason=reason, by=None, now=now)
    elif kind == UNSUBSCRIBED:
        reason = Suppression.Reason.UNSUBSCRIBED
        suppression.stop(index, scope=Suppression.Scope.CARE, reason=reason, by=None, now=now)
