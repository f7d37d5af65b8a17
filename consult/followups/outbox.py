"""How a letter's row moves from scheduled to sent, and who may move it.

Each move is one conditional UPDATE along an edge of EDGES: of two that try, one wins. A worker
takes rows for a while (`claim`) and says in a commit of its own that it is about to hand one
over (`begin`). If it dies before that, nothing was sent and the row simply goes back; if it dies
after, nobody knows, and the row goes through VERIFY. Clocks are passed in.
"""

import random
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from consult.fields import Sealed, seal
from consult.followups import dead
from consult.models import Intake, Message, Status
from consult.models.messages import EDGES, WAITING, MessageQuerySet

LEASE = timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
MARGIN = LEASE / 5  # a hand-over does not begin with less of its lease than this
# A dead worker's last words may still be on the line.
SETTLE = timedelta(seconds=settings.OUTBOX_SETTLE_SECONDS)
SERVER_PAUSE = timedelta(minutes=1)
RETRY_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720))
JITTER = 0.2
MAX_ATTEMPTS = len(RETRY_AFTER) + 1
OVERDUE_SECONDS = 300  # that a letter which is due may wait before somebody is told
GONE = frozenset({Status.SENT, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED})
UNFINISHED = WAITING | {Status.CLAIMED, Status.SENDING, Status.VERIFY}

EXPIRED = "expired"
NO_ANSWER = "no_answer"
NOT_TAKEN = "not_taken"  # its hand-over broke off, and the provider says that it has no such letter
ENOUGH_TODAY = "enough_today"  # it waits for the morning: the address has had its letters
NOT_MADE = "not_made"  # the letter's own template or data failed
WITHDRAWN = "withdrawn"


class NoSuchEdge(Exception):
    """A message was to be moved along an edge that EDGES does not have."""


def move(rows: MessageQuerySet, *, out_of: Collection[str], to: str, **changes: Any) -> int:
    """Move those of `rows` that stand in `out_of`; how many did. Raises NoSuchEdge."""
    for status in out_of:
        if to not in EDGES[status]:
            raise NoSuchEdge(f"{status} → {to}")
    return rows.filter(status__in=out_of).update(status=to, **changes)


# ------------------------------------------------------------------------------------ taking rows
def claim(*, now: datetime, limit: int) -> list[Message]:
    """Take up to `limit` due letters for LEASE. No other worker gets them meanwhile."""
    token = uuid.uuid4()
    with transaction.atomic():
        # SQLite has no row locks; there the transaction itself is IMMEDIATE and writers wait.
        due = sendable(now).select_for_update(skip_locked=True, of=("self",))
        keys = list(due.values_list("pk", flat=True)[:limit])
        move(
            Message.objects.filter(pk__in=keys),
            out_of=WAITING,
            to=Status.CLAIMED,
            claim_token=token,
            lease_expires_at=now + LEASE,
        )
    mine = Message.objects.filter(claim_token=token, status=Status.CLAIMED)
    return list(mine.select_related("intake").order_by("not_before", "pk"))


def sendable(now: datetime) -> MessageQuerySet:
    """Due letters that no earlier letter to the same person about the same form holds up."""
    in_time = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    return Message.objects.due(now).filter(in_time, ~withdrawn(), ~Exists(earlier_letters()))


def earlier_letters() -> MessageQuerySet:
    """By the time that was meant: retries do not change it. A broken letter holds up nobody, nor
    does one that waits for the morning."""
    before = Q(wall_time__lt=OuterRef("wall_time")) | Q(
        wall_time=OuterRef("wall_time"), created_at__lt=OuterRef("created_at")
    )
    return Message.objects.filter(
        before,
        intake=OuterRef("intake"),
        recipient_index=OuterRef("recipient_index"),
        status__in=UNFINISHED,
    ).exclude(last_error__in=[NOT_MADE, ENOUGH_TODAY])


def withdrawn() -> Exists:
    # Never a join: an UPDATE with a join tests the status in a subquery, and PostgreSQL would not
    # test it again after waiting for the transaction that cancels the letter.
    gone = Intake.objects.filter(pk=OuterRef("intake_id"), state=Intake.State.WITHDRAWN)
    return Exists(gone)


# ----------------------------------------------------------------------------- one claimed letter
def mine(message: Message) -> MessageQuerySet:
    return Message.objects.filter(pk=message.pk, claim_token=message.claim_token)


def begin(message: Message, *, now: datetime, **kept: Sealed) -> bool:
    """Say that the hand-over starts now. False: do not send, the letter is no longer ours to send.

    `kept` is what is handed over, for its columns. After a cancel has been confirmed this is False;
    while this is True a cancel is too late.
    """
    ours = mine(message).filter(~withdrawn(), lease_expires_at__gt=now + MARGIN)
    attempts = message.attempts + 1
    if not move(ours, out_of={Status.CLAIMED}, to=Status.SENDING, attempts=attempts, **kept):
        return False
    message.status, message.attempts = Status.SENDING, attempts
    return True


def sent(message: Message, *, now: datetime, provider_id: str = "") -> bool:
    """The server took it. Still true if the answer came after the lease had ended.

    False where the row had moved on; if by the provider's own word, what we know is added to it.
    """
    known = {"provider_id": provider_id, "wording": message.wording}
    moved = move(
        mine(message),
        out_of={Status.SENDING, Status.VERIFY},
        to=Status.SENT,
        sent_at=now,
        last_error="",
        **known,
        **forgetting(message),
    )
    if not moved:
        mine(message).filter(status__in=GONE, provider_id="").update(**known)
    return bool(moved)


def give_back(batch: list[Message]) -> int:
    """Of one claim, what was not begun: nothing was tried, the next pass may take it."""
    tokens = {message.claim_token for message in batch}
    ours = Message.objects.filter(claim_token__in=tokens)
    return move(ours, out_of={Status.CLAIMED}, to=Status.SCHEDULED)


def retry_later(message: Message, *, error: str, now: datetime) -> Status:
    """Try again after a while, or give up: after MAX_ATTEMPTS, or if it would come too late.

    Returns where that leaves the letter: FAILED, SCHEDULED (it never got to a hand-over) or DEAD.
    """
    unsent = message.status == Status.CLAIMED
    message.attempts += unsent  # begin() counts the others
    next_try = now + pause_after(message.attempts)
    too_late = message.expires_at is not None and next_try >= message.expires_at
    if too_late or message.attempts >= MAX_ATTEMPTS:
        give_up(message, error=EXPIRED if too_late else error, now=now)
        return Status.DEAD
    to = Status.SCHEDULED if unsent else Status.FAILED
    changes = {"attempts": message.attempts, "not_before": next_try, "last_error": error}
    move(mine(message), out_of={message.status}, to=to, **changes)
    return to


def blame_server(message: Message, *, error: str, now: datetime) -> bool:
    """The server refused us, not this letter: it costs the letter no try."""
    changes = {
        "attempts": message.attempts - 1,
        "not_before": now + SERVER_PAUSE,
        "last_error": error,
    }
    return bool(move(mine(message), out_of={Status.SENDING}, to=Status.FAILED, **changes))


def give_up(message: Message, *, error: str, now: datetime) -> bool:
    out_of = {Status(message.status)}
    return die(mine(message), message, out_of=out_of, error=error, now=now)


def pause_after(attempts: int) -> timedelta:
    jitter = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing
    return RETRY_AFTER[min(attempts, len(RETRY_AFTER)) - 1] * jitter


# ----------------------------------------------------------------------------- the end of a letter
def end(
    rows: MessageQuerySet,
    message: Message,
    *,
    out_of: Collection[str],
    to: Status,
    error: str,
    now: datetime,
) -> bool:
    said = {"last_error": error, "attempts": message.attempts, "outcome_at": now}
    return bool(move(rows, out_of=out_of, to=to, **said, **forgetting(message)))


@transaction.atomic
def die(
    rows: MessageQuerySet, message: Message, *, out_of: Collection[str], error: str, now: datetime
) -> bool:
    """Give a letter up; with it comes a task on the person's case, and a line in the log."""
    lock_form(message)
    is_news = dead.is_news(error, now=now)
    if not end(rows, message, out_of=out_of, to=Status.DEAD, error=error, now=now):
        return False
    dead.tell(message, error=error, is_news=is_news, now=now)
    return True


def lock_form(message: Message) -> None:
    """Everybody locks a form before its letters; a task on it would lock it too late."""
    if message.intake_id is not None:
        Intake.objects.select_for_update().filter(pk=message.intake_id).first()


def forgetting(message: Message) -> dict[str, Sealed]:
    """Letters about signing in carry a secret; it is not kept beyond the letter's life."""
    if message.intake_id is not None:
        return {}
    field = Message._meta.get_field("values")
    return {"values": seal(field.dump({}), bound_to=field.bound_to(message))}


def tidy(*, now: datetime) -> int:
    """Take back what dead workers left, bury what came too late; how many letters were buried."""
    reap(now=now)
    due = Message.objects.due(now)
    for message in due.filter(withdrawn()):
        end(row(message), message, out_of=WAITING, to=Status.CANCELLED, error=WITHDRAWN, now=now)
    spent = Q(status=Status.FAILED, attempts__gte=MAX_ATTEMPTS)
    return sum(bury(message, now=now) for message in due.filter(spent | Q(expires_at__lte=now)))


def row(message: Message) -> MessageQuerySet:
    return Message.objects.filter(pk=message.pk)


def reap(*, now: datetime) -> None:
    over = Message.objects.filter(lease_expires_at__lte=now)
    move(over, out_of={Status.CLAIMED}, to=Status.SCHEDULED, claim_token=None)
    move(over, out_of={Status.SENDING}, to=Status.VERIFY)
    if settings.MAIL_ASK:
        return  # `unheard` asks before anything goes again
    # A plain mail server cannot be asked what it took. The letter goes again under the same
    # Message-ID: better twice than never.
    move(
        Message.objects.filter(lease_expires_at__lte=now - SETTLE),
        out_of={Status.VERIFY},
        to=Status.FAILED,
        claim_token=None,
        not_before=now,
        last_error=NO_ANSWER,
    )


def bury(message: Message, *, now: datetime) -> bool:
    late = message.expires_at is not None and message.expires_at <= now
    error = EXPIRED if late else message.last_error
    return die(row(message), message, out_of=WAITING, error=error, now=now)


# --------------------------------------------------------------------------------------- in words
def oldest_due(*, now: datetime) -> datetime | None:
    """Since when the letter that waits longest is past its time; None if none is.

    One that an earlier letter holds up does not count: that letter counts, or has its next try
    ahead. What has expired counts until a worker has looked.
    """
    free = Message.objects.due(now).filter(~Exists(earlier_letters()))
    return free.values_list("not_before", flat=True).first()


def oldest_due_age(*, now: datetime) -> float:
    """Seconds that the letter waiting longest is past its time; 0 if none is."""
    oldest = oldest_due(now=now)
    return (now - oldest).total_seconds() if oldest else 0.0


def is_overdue(*, now: datetime) -> bool:
    return oldest_due_age(now=now) > OVERDUE_SECONDS or stuck(now=now).exists()


def stuck(*, now: datetime) -> MessageQuerySet:
    """Letters in the hands of a worker that died, which no other worker has taken back."""
    long_ago = now - timedelta(seconds=OVERDUE_SECONDS)
    held = Q(status__in=[Status.CLAIMED, Status.SENDING], lease_expires_at__lte=long_ago - SETTLE)
    open_still = Q(status=Status.VERIFY, lease_expires_at__lte=long_ago - patience())
    return Message.objects.filter(held | open_still)


def patience() -> timedelta:
    """How long after its lease a letter whose answer was not heard waits before it goes again."""
    way = settings.MAIL_ASK
    asked = way["settled"] + way["asked_for"] if way else 0
    return SETTLE + timedelta(seconds=asked)


def error_counts() -> list[tuple[str, str, int]]:
    """Status, code of what went wrong last, how many letters; most first."""
    marked = Message.objects.exclude(last_error="").order_by()
    rows = marked.values_list("status", "last_error").annotate(n=Count("pk"))
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def status_counts() -> dict[str, int]:
    """How many letters stand in each status, the empty ones included."""
    counted = Message.objects.order_by().values_list("status").annotate(n=Count("pk"))
    return {status.value: 0 for status in Status} | dict(counted)
