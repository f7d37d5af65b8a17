"""Phoning about a check-in that nobody answered: the person, then the contact they named.

Two tries in vain come before a clinician decides what to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consult import audit
from consult.followups import dead
from consult.followups.checkin_tasks import NO_ANSWER
from consult.followups.named import AGREED, named_by
from consult.followups.silence import answered_later
from consult.intake.refusals import NotAllowed
from consult.models import CallTry, CheckIn, Intake, StaffTask, User

TRIED = frozenset({NO_ANSWER})  # the tasks that are phoned about in tries
TRIES = 2
PERSON, CONTACT, NOBODY = CallTry.Whom.PERSON.value, CallTry.Whom.CONTACT.value, "nobody"
REACHED = {
    PERSON: "I spoke with the person",
    CONTACT: "I spoke with the contact they named",
    NOBODY: "Nobody was reached, and a clinician has decided",
}
TWO_TRIES_FIRST = (
    "Two tries come first. Write down each of them, and then say what a clinician has decided."
)


@dataclass(frozen=True, slots=True)
class ToCall:
    whom: str
    who: str
    phone: str
    relation: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Calls:
    """How phoning about a task stands."""

    people: Sequence[ToCall]
    tries: Sequence[CallTry]
    is_over: bool

    @property
    def in_vain(self) -> bool:
        return len(self.tries) >= TRIES


def calls_of(task: StaffTask) -> Calls | None:
    """None for a task of another kind."""
    if task.event not in TRIED:
        return None
    tries = list(task.tries.select_related("by"))
    return Calls(people_to_call(task.intake), tries, is_over(task.intake))


def is_over(intake: Intake) -> bool:
    """Whether nobody has to be called any more: every check-in that was silent is answered, by
    itself or with a later one, or is not asked any more."""
    silent = CheckIn.objects.unanswered().filter(~answered_later(), silence_at__isnull=False)
    asked = intake.state != Intake.State.WITHDRAWN
    return not (asked and silent.filter(treatment__intake=intake).exists())


def people_to_call(intake: Intake) -> list[ToCall]:
    contact, named = intake.contact, named_by(intake)
    person = ToCall(PERSON, str(contact.get("full_name") or ""), str(contact.get("phone") or ""))
    if named is None:
        return [person]
    return [person, ToCall(CONTACT, named.name, named.phone, named.relation, AGREED)]


@transaction.atomic
def note_try(task: StaffTask, *, whom: str, seen: int, by: User, now: datetime) -> CallTry:
    """Write down that somebody was phoned and did not answer.

    In: `whom`, the person or the contact; `seen`, how many tries the page showed. The next working
    day is for the next call; after the second try the task is a clinician's. Raises NotAllowed
    when the task is closed, for one of another kind, for a contact that nobody has named, and when
    somebody has written down a try since the page was shown.
    """
    rows = StaffTask.objects.select_for_update(of=("self",)).select_related("intake")
    task = rows.get(pk=task.pk)
    if task.done_at:
        raise NotAllowed(f"{task.done_by or 'Somebody'} has already finished this task.")
    if task.event not in TRIED or whom not in {one.whom for one in people_to_call(task.intake)}:
        raise NotAllowed("There is nobody like this to call about this task.")
    count = task.tries.count()
    if count != seen:
        raise NotAllowed("Somebody has written down a try meanwhile. Please look again.")
    made = CallTry.objects.create(task=task, whom=whom, by=by, at=now)
    task.due_at = max(task.due_at, dead.due(now))
    if count + 1 >= TRIES:
        task.assignee = clinician_for(task)
    task.save(update_fields=["due_at", "assignee"])
    audit.record(by=by, did="phoned in vain", to=task.intake, now=now, task=task.event, whom=whom)
    return made


def clinician_for(task: StaffTask) -> User | None:
    """Who decides: whoever has the task if they may, else who gave the treatment that is asked
    about; nobody's, if neither works here as a clinician any more."""
    if task.assignee and task.assignee.is_active and task.assignee.is_clinical:
        return task.assignee
    silent = CheckIn.objects.filter(treatment__intake=task.intake, silence_at__isnull=False)
    row = silent.select_related("treatment__clinician").order_by("-silence_at").first()
    gave = row.treatment.clinician if row else None
    return gave if gave and gave.is_active and gave.is_clinical else None


def refuse_unheard(task: StaffTask, reached: str) -> None:
    """Raises NotAllowed where nobody was reached, two tries were not made, and somebody is silent
    still. Call it with the task locked."""
    if task.event not in TRIED or reached in {PERSON, CONTACT} or task.tries.count() >= TRIES:
        return
    if not is_over(task.intake):
        raise NotAllowed(TWO_TRIES_FIRST)


def with_outcome(task: StaffTask, reached: str, words: str) -> str:
    """What was done, with whom was spoken before it where that was asked. Without two tries
    nobody had to be reached: the words alone say what happened."""
    if reached == NOBODY and task.tries.count() < TRIES:
        return words
    return f"{REACHED[reached]}. {words}" if task.event in TRIED and reached in REACHED else words
