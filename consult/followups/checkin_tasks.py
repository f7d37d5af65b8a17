"""What staff get to do about a check-in. One task of a kind stands open for each form."""

from datetime import datetime

from django.db import transaction

from consult.models import Intake, StaffTask
from consult.rules.checkin_form import CALLS
from consult.rules.rulesets import Outcome

ALERT, REVIEW = "checkin_alert", "checkin_review"
PHONE, NO_ANSWER = "checkin_phone", "checkin_no_answer"


def act_on(outcome: Outcome, *, intake: Intake, now: datetime) -> StaffTask | None:
    """The task that an outcome asks for, on the outcome's own clock; None if it asks for none."""
    if outcome.within is None:
        return None
    event = ALERT if outcome.code in CALLS else REVIEW
    return ask_staff(event, intake=intake, due_at=now + outcome.within, now=now)


@transaction.atomic
def ask_staff(event: str, *, intake: Intake, due_at: datetime, now: datetime) -> StaffTask:
    """A task of this event; where one is open, that one, due by the earlier of the two times.

    The open one is locked: one that somebody finishes at this moment does not swallow the news.
    """
    open_ones = StaffTask.objects.select_for_update().filter(event=event, intake=intake)
    task = open_ones.filter(done_at=None).first()
    if task is None:
        return StaffTask.objects.create(event=event, intake=intake, made_at=now, due_at=due_at)
    if due_at < task.due_at:
        task.due_at = due_at
        task.save(update_fields=["due_at"])
    return task
