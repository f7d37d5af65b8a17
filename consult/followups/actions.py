"""What the rest of the portal does with letters: plan, stop, hold, send."""

import hashlib
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from consult import audit
from consult.fields import blind_index
from consult.followups import calls, outbox, suppression, wanted
from consult.followups.delivery import Pass, SendReport
from consult.followups.keys import key_to_plan
from consult.followups.letters import LETTERS
from consult.followups.reach import EMAIL_CONSENT as EMAIL_CONSENT
from consult.followups.reach import address_of as address_of
from consult.followups.reach import wants_email as wants_email
from consult.followups.reach import zone_of as zone_of
from consult.followups.suppression import SUPPRESSED
from consult.followups.times import times
from consult.models import Intake, Message, Status, User
from consult.models.messages import PENDING
from consult.rules import followups as plan
from consult.rules.published import load_followups
from consult.rules.rulesets import Event

ACCOUNT_LETTER_LIVES = timedelta(minutes=10)
# The person is awake and waits for the answer to what they have just done.
ANSWERS_THEIR_OWN_ACT = frozenset({"intake_received"})


@dataclass(frozen=True)
class Cancelled:
    """What a cancel stopped, and what had already been handed over when it came."""

    stopped: int
    too_late: int


def schedule(
    event: str,
    *,
    intake: Intake,
    now: datetime,
    anchor: str = "",
    at: datetime | None = None,
    until: datetime | None = None,
    again: bool = False,
) -> Message | None:
    """Write the letter of an event of the follow-up plan to the person of `intake`.

    In: the event's id; `anchor`, what the letter is about if it may come more than once for one
    form (an appointment's code); `at`, when it is meant to arrive, else the plan's delay after
    `now`; `until`, when it is no longer worth sending; `again`, that one which was stopped before
    it left does not count. Call it in the transaction of what causes the letter.
    Out: the row; the same one if it was written before. None if there is no address, if the plan
    needs a consent that was not given, if it could only come too late, or if the address or the
    person has stopped such letters: then the row says why. Raises KeyError for an event without a
    letter.
    """
    if event not in LETTERS:
        raise KeyError(event)
    planned, zone = plan.event(event), zone_of(intake)
    if not address_of(intake) or (is_care(planned) and not wants_email(intake)):
        return None
    meant = at or plan.due_at(planned, now, zone)
    due = may_arrive(planned, meant, zone)
    if until and due >= until:
        return None
    key = f"{event}:{intake.pk}:{anchor}"
    row = row_for(planned, intake, key_to_plan(key) if again else key, now=now)
    by_wall = due > now and (plan.by_the_wall(planned) or due != meant.astimezone(UTC))
    when = times(due, zone.key, by_wall=by_wall)
    return write(row | when | {"expires_at": ends_at(planned, due, until)}, now=now)


def is_care(event: Event) -> bool:
    """Follow-up, which the person has to have agreed to."""
    return event.needs == "email_consent"


def row_for(event: Event, intake: Intake, key: str, *, now: datetime) -> dict[str, Any]:
    """What a letter is and to whom it goes, without its times."""
    return new_row(key, now=now) | {
        "idem_key": key,
        "event": event.id,
        "intake": intake,
        "recipient": address_of(intake),
        "language": intake.language,
        "category": Message.Category.CARE if is_care(event) else Message.Category.SERVICE,
    }


def write(row: dict[str, Any], *, now: datetime) -> Message | None:
    """Add the row, unless it is there; None if it is one that is stopped.

    A letter that may not go is written as stopped, so that staff can read why nobody had it.
    """
    index = blind_index("email", row["recipient"])
    why = wanted.refused(Message(**row, recipient_index=index), at=row["not_before"])
    row["last_error"] = why
    if why and row["event"] not in calls.AT_THEIR_TIME:
        row |= {"status": Status.CANCELLED, "outcome_at": now}
    key = row["idem_key"]
    there = Message.objects.get_or_create(idem_key=key, defaults=row)[0]
    is_stopped = there.status == Status.CANCELLED and there.last_error in wanted.MAY_RETURN
    return None if is_stopped else there


def ends_at(event: Event, due: datetime, until: datetime | None) -> datetime | None:
    """When a letter is no longer sent: by the plan, or earlier where it is worth nothing sooner."""
    return min((end for end in (plan.late_after(event, due), until) if end), default=None)


def send_account_letter(
    event: str,
    *,
    to: str,
    values: Mapping[str, str],
    now: datetime,
    lives: timedelta = ACCOUNT_LETTER_LIVES,
) -> Message:
    """Write a letter about signing in or about an address: due at once, dropped after `lives`,
    which is ten minutes for what holds a code.

    `values` are what the letter alone knows, such as the code. They are encrypted in the row and
    blanked as soon as the letter is sent or given up. Each call is a letter of its own. To an
    address that is stopped for all letters the row is written as stopped: whoever asks for a code
    sees no difference, and staff see why none came.
    """
    key = f"{event}:{uuid.uuid4()}"
    stopped = suppression.is_stopped(blind_index("email", to), care=False)
    ended = {"status": Status.CANCELLED, "last_error": SUPPRESSED, "outcome_at": now}
    row = new_row(key, now=now) | {
        "event": event,
        "recipient": to,
        "values": {} if stopped else dict(values),
        **times(now, settings.TIME_ZONE),
        "expires_at": now + lives,
        **(ended if stopped else {}),
    }
    return Message.objects.create(idem_key=key, **row)


def cancel(
    *,
    intake: Intake,
    now: datetime,
    events: Collection[str] | None = None,
    about: str = "",
    why: str = "",
) -> Cancelled:
    """Stop the letters about `intake`, or those of some events, that are not handed over yet.

    `about` is how the anchors of the letters meant begin, where others of a form are not.
    What counts as stopped never leaves; what is too late has left or is leaving. `why` is a code
    that staff read in words.
    """
    letters = Message.objects.filter(intake=intake)
    if events is not None:
        letters = letters.filter(event__in=events)
    if about:
        letters = letters.filter(idem_key__contains=f":{about}")
    stopped = outbox.move(
        letters,
        out_of={*PENDING, Status.HELD},
        to=Status.CANCELLED,
        outcome_at=now,
        **({"last_error": why} if why else {}),
    )
    leaving = letters.filter(status__in=[Status.SENDING, Status.VERIFY])
    return Cancelled(stopped=stopped, too_late=leaving.count())


@transaction.atomic
def hold(*, message: Message, by: User, now: datetime) -> bool:
    """Keep a letter back until somebody releases it. False if it was too late for that."""
    held = outbox.move(outbox.row(message), out_of=PENDING, to=Status.HELD)
    if held:
        audit.record(by=by, did="held a letter", to=message, now=now, event=message.event)
    return bool(held)


@transaction.atomic
def release(*, message: Message, by: User, now: datetime) -> bool:
    """Let a held letter go, now or at its time. False if it was not held."""
    released = outbox.move(outbox.row(message), out_of={Status.HELD}, to=Status.SCHEDULED)
    if released:
        audit.record(by=by, did="released a letter", to=message, now=now, event=message.event)
    return bool(released)


def send_due(*, now: datetime, limit: int = 200) -> SendReport:
    """One pass: take back what dead workers left, then send up to `limit` letters that are due.

    Never in a transaction: each letter's fate is committed as it becomes known. Whoever calls it
    as often as they like, in as many processes as they like, sends nothing twice.
    """
    return Pass(now=now).run(limit=limit)


def new_row(key: str, *, now: datetime) -> dict[str, Any]:
    """What every letter has from its first moment, its Message-ID above all."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return {"message_id": f"<{digest}@{urlsplit(settings.SITE_URL).hostname}>", "created_at": now}


def may_arrive(event: Event, at: datetime, zone: ZoneInfo) -> datetime:
    """Not in the person's night, unless they wait for it or the clinic has switched that off."""
    if event.id in ANSWERS_THEIR_OWN_ACT or not getattr(settings, "OUTBOX_QUIET_HOURS", True):
        return at
    return plan.out_of_quiet_hours(at, zone, event)


def care_events() -> frozenset[str]:
    """The letters that need the agreement to e-mail."""
    events = load_followups().events
    return frozenset(one.id for one in events if one.needs == "email_consent")
