"""What a person says of the letters that can be switched off: which, and from when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consult import audit
from consult.followups import choices, outbox
from consult.followups.reach import is_their_address
from consult.followups.returning import bring_back
from consult.models import Intake, LetterChoice, Message, Status, Suppression, User
from consult.models.messages import PENDING


@dataclass(frozen=True, slots=True)
class Changed:
    stopped: int
    planned: int  # what comes back
    too_late: int  # a letter that is just leaving


@transaction.atomic
def choose(
    intake: Intake,
    *,
    off: Collection[str],
    paused_until: datetime | None,
    by: User | None,
    now: datetime,
) -> Changed:
    """Keep which groups the person does not want, and until when nothing of the others comes.

    What waits and is not wanted is stopped; what was stopped, is wanted now and still ahead is
    planned again. `by` is None for a visitor with a draft. The record counts, it names no group.
    """
    intake = Intake.objects.select_for_update().get(pk=intake.pk)
    choice = choices.choice_of(intake) or LetterChoice(intake=intake)
    choice.choice, choice.paused_until = {"off": sorted(off)}, paused_until
    choice.changed_at = now
    choice.save()
    letters = Message.objects.filter(intake=intake, category=Message.Category.CARE)
    stopped = sum(stop_if_unwanted(one, choice, now=now) for one in letters)
    planned = bring_back(letters, now=now)
    leaving = letters.filter(status__in=[Status.SENDING, Status.VERIFY]).count()
    did = "chose which letters come"
    audit.record(by=by, did=did, to=intake, now=now, letters=stopped, planned=planned)
    return Changed(stopped, planned, leaving)


def stop_if_unwanted(letter: Message, choice: LetterChoice, *, now: datetime) -> int:
    why = choices.against(choice, letter.event, at=max(letter.not_before, now))
    if not why:
        return 0
    ending = {"last_error": why, "outcome_at": now}
    out_of = {*PENDING, Status.HELD}
    return outbox.move(outbox.row(letter), out_of=out_of, to=Status.CANCELLED, **ending)


def stopped_in_mail_program(intake: Intake, *, by: User | None) -> Suppression | None:
    """The stop that the person set themselves by a click in a letter, and may lift themselves.

    Of an address that anybody may have typed nothing is told, and nothing lifted.
    """
    if by is None or by.pk != intake.owner_id or not is_their_address(intake, by):
        return None
    standing = Suppression.objects.standing().filter(
        recipient_index=bytes(intake.contact_index or b""),
        scope=Suppression.Scope.CARE,
        reason=Suppression.Reason.UNSUBSCRIBED,
    )
    return standing.first()
