"""Nobody has answered a check-in: somebody of our team phones.

Where no letter goes (no agreement to e-mail, no address, letters that came back), the check-in
still stands on the person's page, and staff phone as soon as it is due. Where letters went, there
is one reminder, and staff phone when that was not answered either. Each check-in asks staff once.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from consult import audit
from consult.followups import dead
from consult.followups.checkin_answers import OPEN, standing
from consult.followups.checkin_tasks import NO_ANSWER, PHONE, ask_staff
from consult.followups.checkins import REMINDER, anchor_of, letter_of, stop_letters
from consult.models import CheckIn, Intake, Message, Status
from consult.models.treatments import CheckInQuerySet
from consult.rules import followups as plan

BATCH = 200
# A letter that stands so reaches nobody.
LOST = frozenset({Status.CANCELLED, Status.DEAD, Status.BOUNCED, Status.COMPLAINED})


@dataclass(frozen=True, slots=True)
class Letter:
    event: str
    status: str
    meant_for: datetime


def look(*, now: datetime) -> int:
    """Ask staff to phone about every check-in that has come to that; how many those were."""
    keys = list(waiting(now=now).values_list("pk", flat=True))
    starts = range(0, len(keys), BATCH)
    return sum(look_at(keys[start : start + BATCH], now=now) for start in starts)


def waiting(*, now: datetime) -> CheckInQuerySet:
    """Due, unanswered, and staff do not know yet. Whoever answered a later one is not silent."""
    due = CheckIn.objects.due(now).filter(~answered_later(), silence_at=None)
    return due.exclude(treatment__intake__state=Intake.State.WITHDRAWN).order_by("due_at", "pk")


def answered_later() -> Exists:
    """Of a check-in: a later one of the same treatment is answered."""
    later = CheckIn.objects.filter(
        treatment=OuterRef("treatment"), day__gt=OuterRef("day"), answered_at__isnull=False
    )
    return Exists(later)


def look_at(keys: Sequence[uuid.UUID], *, now: datetime) -> int:
    rows = list(
        CheckIn.objects.filter(pk__in=keys)
        .select_related("treatment")
        .defer("answers", "result", "treatment__given", "treatment__lot")
        .order_by("due_at", "pk")
    )
    letters = letters_about(one.treatment.intake_id for one in rows)
    asked = 0
    for row in rows:
        event = why_to_phone(row, letters.get(anchor_of(row), ()), now=now)
        asked += bool(event and phone(row, event, now=now))
    return asked


def letters_about(intakes: Iterable[uuid.UUID]) -> Mapping[str, Sequence[Letter]]:
    """The letters of check-ins, by what they are about."""
    found: dict[str, list[Letter]] = defaultdict(list)
    rows = Message.objects.filter(intake__in=set(intakes), event__startswith="checkin_")
    rows = rows.only("idem_key", "event", "status", "wall_time")
    for one in rows:
        found[one.anchor].append(Letter(one.event, one.status, one.wall_time))
    return found


def why_to_phone(row: CheckIn, letters: Sequence[Letter], *, now: datetime) -> str:
    """The task that is due about it; empty while there is none."""
    sent = [one for one in letters if one.event == letter_of(row.day) and one.status not in LOST]
    if not sent:
        return PHONE
    reminded = [one.meant_for for one in letters if one.event == REMINDER]
    reminded_at = max(reminded, default=row.due_at + plan.delay(plan.event(REMINDER), row.day))
    silent_at = reminded_at + plan.delay(plan.event(NO_ANSWER), row.day)
    return NO_ANSWER if now >= silent_at else ""


@transaction.atomic
def phone(checkin: CheckIn, event: str, *, now: datetime) -> bool:
    """Ask staff to phone, once. False if it was answered or asked meanwhile."""
    intake = Intake.objects.select_for_update().get(pk=checkin.treatment.intake_id)
    locked = CheckIn.objects.select_for_update(of=("self",)).select_related("treatment__intake")
    row = locked.get(pk=checkin.pk)
    if standing(row, now=now) != OPEN or row.silence_at is not None:
        return False
    # By phone it is asked as soon as a reminder would ask again; of silence, on the next working
    # day. The plan says when the task is made, not how soon it is done: JUDGEMENT.
    soon = now + plan.delay(plan.event(REMINDER), row.day)
    ask_staff(event, intake=intake, due_at=soon if event == PHONE else dead.due(now), now=now)
    row.silence_at = now
    row.save(update_fields=["silence_at"])
    stop_letters(row, now=now)
    audit.record(by=None, did="asked to phone", to=intake, now=now, task=event, day=row.day)
    return True
