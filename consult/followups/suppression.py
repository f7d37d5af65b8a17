"""Addresses that get no letters, or none that can be switched off.

Two letters in a row that came back stop an address, and one that was marked as unwanted. The
address itself is not kept: its blind index is.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce

from consult import audit
from consult.followups import calls, dead, outbox
from consult.models import Intake, Message, StaffTask, Status, Suppression, User
from consult.models.delivery import SuppressionQuerySet
from consult.models.messages import PENDING, WAITING, MessageQuerySet

SUPPRESSED = "suppressed"  # why a letter is not sent
EMAIL_STOPPED = "email_stopped"  # the task: phone instead
IN_A_ROW = 2
STOPPABLE = frozenset({*PENDING, Status.HELD})
# What a mail server or a provider says of an address that takes no mail.
REFUSED = ("smtp_550", "smtp_551", "smtp_553", "smtp_556", "bad_address", "provider_recipient")


def over(index: bytes, *, care: bool) -> SuppressionQuerySet:
    """What stands against a letter to this address; `care` for one that can be switched off."""
    scopes = [Suppression.Scope.ALL, *([Suppression.Scope.CARE] if care else [])]
    return Suppression.objects.standing().filter(recipient_index=bytes(index), scope__in=scopes)


def is_stopped(index: bytes, *, care: bool) -> bool:
    return over(index, care=care).exists()


@transaction.atomic
def stop(index: bytes, *, scope: str, reason: str, by: User | None, now: datetime) -> bool:
    """Stop the letters to an address, those that wait now among them. False: it was stopped before.

    What the service needs still goes after “unsubscribed” (scope care), and does not after a
    complaint or two bounces (scope all): then staff have a task to phone instead.
    """
    lock_forms(bytes(index))
    made = {"reason": reason, "at": now}
    key = {"recipient_index": bytes(index), "scope": scope, "ended_at": None}
    row, is_new = Suppression.objects.get_or_create(**key, defaults=made)
    if not is_new:
        return False
    stopped = cancel_waiting(bytes(index), care_only=scope == Suppression.Scope.CARE, now=now)
    if scope == Suppression.Scope.ALL and by is None:
        tell_staff(bytes(index), now=now)
    audit.record(by=by, did="stopped an address", to=row, now=now, reason=reason, letters=stopped)
    return True


def lock_forms(index: bytes) -> None:
    """The forms that this address, or a letter to it that waits, belongs to. Everybody locks a
    form before its letters; a task on it, written after these, would lock it too late."""
    letters = Message.objects.filter(recipient_index=index, status__in=STOPPABLE)
    concerned = Q(contact_index=index) | Q(pk__in=letters.values("intake"))
    forms = Intake.objects.filter(concerned).order_by("pk").select_for_update()
    list(forms.values_list("pk"))


def cancel_waiting(index: bytes, *, care_only: bool, now: datetime) -> int:
    """Letters that become a phone call at their time keep it, and bear the reason."""
    letters = Message.objects.filter(recipient_index=index)
    if care_only:
        letters = letters.filter(category=Message.Category.CARE)
    called = letters.filter(event__in=calls.AT_THEIR_TIME)
    # One statement, and not a `move`: a letter that a worker takes or gives back meanwhile is
    # found as it is then. The worker that has it does not begin it any more.
    back = Case(When(status=Status.CLAIMED, then=Value(Status.SCHEDULED)), default=F("status"))
    called.filter(status__in=PENDING).update(status=back, last_error=SUPPRESSED)
    # A letter about signing in carries a secret, which ends with it.
    about_signing_in = letters.filter(intake=None, status__in=STOPPABLE)
    ended = [end(outbox.row(one), now=now, **outbox.forgetting(one)) for one in about_signing_in]
    others = letters.exclude(intake=None).exclude(event__in=calls.AT_THEIR_TIME)
    return sum(ended) + end(others, now=now)


def end(rows: MessageQuerySet, *, now: datetime, **changes: Any) -> int:
    told = {"last_error": SUPPRESSED, "outcome_at": now} | changes
    return outbox.move(rows, out_of=STOPPABLE, to=Status.CANCELLED, **told)


def tell_staff(index: bytes, *, now: datetime) -> None:
    """A task on the newest form of whoever has this address; a draft is not staff's to see."""
    forms = Intake.objects.reachable_at(index).exclude(submitted_at=None)
    intake = forms.exclude(state=Intake.State.WITHDRAWN).order_by("-submitted_at").first()
    if intake is not None:
        made = {"made_at": now, "due_at": dead.due(now)}
        StaffTask.objects.get_or_create(
            event=EMAIL_STOPPED, intake=intake, done_at=None, defaults=made
        )


@transaction.atomic
def end_suppression(suppression: Suppression, *, by: User, now: datetime) -> bool:
    """Let letters go to the address again. Earlier bounces count no more. False: it had ended.

    What was stopped and is still ahead is planned again by `returning.bring_back`.
    """
    lock_forms(bytes(suppression.recipient_index))
    standing = Suppression.objects.standing().filter(pk=suppression.pk)
    if not standing.update(ended_at=now, ended_by=by):
        return False
    waiting = Message.objects.filter(recipient_index=bytes(suppression.recipient_index))
    waiting.filter(status__in=WAITING, last_error=SUPPRESSED).update(last_error="")
    audit.record(
        by=by, did="lifted a stop of an address", to=suppression, now=now, reason=suppression.reason
    )
    return True


# ---------------------------------------------------------------------------------- two in a row
def note_bounce(message: Message, *, now: datetime) -> bool:
    """A letter came back: if the one before it did too, the address is stopped."""
    index = bytes(message.recipient_index or b"")
    if not bounced_in_a_row(index):
        return False
    reason = Suppression.Reason.BOUNCED
    return stop(index, scope=Suppression.Scope.ALL, reason=reason, by=None, now=now)


def bounced_in_a_row(index: bytes) -> bool:
    """Whether the last letters of which anything is known came back, since a stop was lifted."""
    refused = Q(status=Status.DEAD, last_error__in=REFUSED)
    known = Q(status__in=[Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED]) | refused
    letters = Message.objects.filter(known, recipient_index=index)
    if lifted_at := last_lifted(index):
        letters = letters.filter(outcome_at__gt=lifted_at)
    # By when they left: what the provider says of them comes in any order.
    latest = letters.order_by(Coalesce("sent_at", "outcome_at").desc(), "-pk")
    came_back = {Status.BOUNCED, Status.DEAD}
    states = list(latest.values_list("status", flat=True)[:IN_A_ROW])
    return len(states) == IN_A_ROW and came_back.issuperset(states)


def last_lifted(index: bytes) -> datetime | None:
    ended = Suppression.objects.filter(recipient_index=index, ended_at__isnull=False)
    return ended.order_by("-ended_at").values_list("ended_at", flat=True).first()
