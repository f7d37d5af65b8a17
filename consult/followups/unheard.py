"""Letters that were handed over and whose answer nobody heard, where the provider can be asked.

It has the letter: the letter is sent. It does not: the letter goes again at once. It cannot say:
it is asked again every minute, and after `patience` the letter goes again; better twice than
never. “It does not” is believed only when the dead worker's last words have settled and the
provider's own records are surely complete: they can lag behind what it has taken.

Where nobody can be asked, `outbox.reap` sends such letters again by itself.
"""

import smtplib
import ssl
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings

from consult.followups import askable, outbox, provider
from consult.models import Message, Status
from consult.models.messages import MessageQuerySet

ASK_AGAIN = timedelta(minutes=1)
AT_ONCE = 20  # letters asked about in one pass
WITHIN = timedelta(seconds=20)  # after this no further question is begun in this pass
# The connection broke while the letter was on its way. What has a number was answered.
BROKEN = (TimeoutError, ConnectionError, ssl.SSLError, smtplib.SMTPServerDisconnected)

log = structlog.get_logger("consult.outbox")
silent_as: set[str] = set()  # what the log of this process has said of a silence that lasts


def resolve(clock: Callable[[], datetime]) -> None:
    """Ask about the letters that stand in VERIFY. Never in a transaction."""
    if not settings.MAIL_ASK:
        return
    began = clock()
    take_up(now=began)
    keys = due(now=began).values_list("pk", flat=True)[:AT_ONCE]
    for pk in list(keys):
        if clock() - began > WITHIN:
            break
        message = mine_to_ask(pk, now=clock())
        if message is not None and not decide(message, clock):
            break


def take_up(*, now: datetime) -> None:
    """The hand-overs of workers that died. All waiting counts from when they were found: after an
    hour without any worker the provider is asked as long as after a minute."""
    over = Message.objects.filter(lease_expires_at__lte=now)
    outbox.move(over, out_of={Status.SENDING}, to=Status.VERIFY, lease_expires_at=now)


def leave_open(message: Message, error: Exception, *, code: str, now: datetime) -> bool:
    """A hand-over that broke off may have come through: it is asked about before it goes again.

    False where nobody can be asked, or the answer was heard.
    """
    lost = isinstance(error, BROKEN) or code == provider.AWAY or code.startswith("provider_5")
    if not settings.MAIL_ASK or not lost:
        return False
    said = {"lease_expires_at": now, "last_error": code}
    ours = outbox.mine(message)
    return bool(outbox.move(ours, out_of={Status.SENDING}, to=Status.VERIFY, **said))


def came_through(message: Message, error: Exception) -> bool:
    """Whether the provider refuses a letter because it has it, from a try whose answer was lost.

    Where that try was answered, the key was used up and nothing sent: it goes again, later.
    """
    lost = message.last_error in {outbox.NO_ANSWER, provider.AWAY}
    return lost and provider.knows_it_already(error)


def due(*, now: datetime) -> MessageQuerySet:
    """Nobody sends what stands here, so `not_before` says when to ask again."""
    open_still = Message.objects.filter(status=Status.VERIFY, lease_expires_at__lte=now)
    return open_still.filter(not_before__lte=now).order_by("not_before", "pk")


def mine_to_ask(pk: uuid.UUID, *, now: datetime) -> Message | None:
    """The letter, if no other worker asks about it in this minute."""
    row = due(now=now).filter(pk=pk).order_by()
    ours = row.update(not_before=now + ASK_AGAIN)
    return Message.objects.filter(pk=pk).first() if ours else None  # it may be erased by now


def decide(message: Message, clock: Callable[[], datetime]) -> bool:
    """Ask, and write down what that means. False: the provider answers nobody now."""
    try:
        answer = askable.ask(message)
    except askable.Silent as silence:
        note_silence(str(silence))
        ask_all_later(now=clock())
        return False
    silent_as.clear()
    if answer.has_it:
        sent(message, provider_id=answer.provider_id, now=clock())
    elif clock() >= believed_from(message):
        again(outbox.row(message), error=outbox.NOT_TAKEN, now=clock())
    return True


def believed_from(message: Message) -> datetime:
    """From when on “it does not have it” is the truth."""
    found = message.lease_expires_at or message.created_at
    return found + outbox.SETTLE + timedelta(seconds=settings.MAIL_ASK["settled"])


def sent(message: Message, *, provider_id: str, now: datetime) -> None:
    known = {"sent_at": now, "last_error": "", "provider_id": provider_id}
    forgotten = outbox.forgetting(message)
    row = outbox.row(message)
    outbox.move(row, out_of={Status.VERIFY}, to=Status.SENT, **known, **forgotten)


def again(rows: MessageQuerySet, *, error: str, now: datetime) -> int:
    changes = {"claim_token": None, "not_before": now, "last_error": error}
    return outbox.move(rows, out_of={Status.VERIFY}, to=Status.FAILED, **changes)


def ask_all_later(*, now: datetime) -> None:
    """A silent provider is left alone for a minute. What it was asked about for long enough goes
    again without its word. The others come before the letter at which it fell silent."""
    asked = Message.objects.filter(status=Status.VERIFY)
    given_up = asked.filter(lease_expires_at__lte=now - outbox.patience())
    again(given_up, error=outbox.NO_ANSWER, now=now)
    due(now=now).order_by().update(not_before=now + ASK_AGAIN - timedelta(seconds=1))


def note_silence(code: str) -> None:
    """One line in the log for as long as it lasts; nothing of what the provider said."""
    if code not in silent_as:
        silent_as.add(code)
        log.error("mail provider cannot say what it has taken", reason=code)
