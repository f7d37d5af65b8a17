"""What a talk came to, in words for the person: a task for staff, the summary, then its letter.

No letter speaks of a summary that is not written: the letter is planned when it is.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from consult import audit
from consult.followups import actions as followups
from consult.followups import dead
from consult.followups.appointments import anchors_of
from consult.followups.checkin_tasks import ask_staff
from consult.models import Appointment, Intake, StaffTask, User, VisitSummary, VisitType
from consult.rules import followups as plan

LETTER, TASK = "after_consultation", "staff_write_summary"
ATTENDED = Appointment.Status.ATTENDED


class CannotWrite(Exception):
    """The text is a sentence for the member of staff who tried."""


def has_one(visit: Appointment) -> bool:
    """Whether a visit of this kind that took place comes to a summary."""
    is_talk = visit.visit_type.purpose == VisitType.Purpose.CONSULTATION
    return is_talk and visit.status == ATTENDED


def after_mark(visit: Appointment, *, by: User, now: datetime) -> None:
    """What a mark changes: a talk that took place wants a summary, or its letter if it has one.

    Belongs to the transaction of the mark, which has stopped the letters of an earlier one.
    """
    if not has_one(visit):
        end_task(visit.intake, "The mark was changed.", by=by, now=now)
    elif written(visit):
        plan_letter(visit, now=now)
    else:
        ask_staff(TASK, intake=visit.intake, due_at=dead.due(now), now=now)


def written(visit: Appointment) -> VisitSummary | None:
    return VisitSummary.objects.filter(appointment=visit).first()


@transaction.atomic
def write(
    appointment: Appointment, *, words: str, seen: datetime | None, by: User, now: datetime
) -> VisitSummary:
    """Keep a clinician's words for the person, or put them right; the first time the person is
    written to, three hours after the visit at the soonest, and staff's task is done.

    `seen` is when the summary was last changed as the page showed it, None if there was none.
    Raises CannotWrite for what is no talk that took place, for a form taken back, for one's own
    visit, and when somebody else has written meanwhile.
    """
    intake = Intake.objects.select_for_update().get(pk=appointment.intake_id)
    rows = Appointment.objects.select_related("visit_type", "intake")
    visit = rows.select_for_update(of=("self",)).get(pk=appointment.pk)
    refuse(visit, by)
    before = written(visit)
    if before and before.words == words:
        return before  # a second click
    if (before.changed_at if before else None) != seen:
        raise CannotWrite("Somebody has written meanwhile. Read it, and then change it.")
    if before is None:
        made = {"by": by, "written_at": now, "changed_at": now}
        row = VisitSummary.objects.create(appointment=visit, words=words, **made)
        plan_letter(visit, now=now)
        end_task(intake, "The summary is written.", by=by, now=now)
        audit.record(by=by, did="wrote a summary", to=intake, now=now, visit=visit.code)
        return row
    before.words, before.by, before.changed_at, before.read_at = words, by, now, None
    before.save(update_fields=["words", "by", "changed_at", "read_at"])
    audit.record(by=by, did="changed a summary", to=intake, now=now, visit=visit.code)
    return before


def refuse(visit: Appointment, by: User) -> None:
    if why := why_not(visit, by):
        raise CannotWrite(why)


def why_not(visit: Appointment, by: User) -> str:
    """Why `by` writes no summary of this visit, as a sentence; "" if they may."""
    if not by.is_clinical:
        return "Only a clinician writes the summary."
    if visit.intake.owner_id == by.pk:
        return "Nobody writes their own summary. Please ask a colleague."
    if not has_one(visit):
        return "A summary is of a talk that is marked as attended."
    if visit.intake.state == Intake.State.WITHDRAWN:
        return "The person has taken this form back: nothing new is kept with it."
    return ""


def plan_letter(visit: Appointment, *, now: datetime) -> None:
    """The mark stands since `changed_at`. Once for a visit, whatever is changed afterwards."""
    intake, event = visit.intake, plan.event(LETTER)
    at = max(plan.due_at(event, visit.changed_at, followups.zone_of(intake)), now)
    anchor = anchors_of(visit)
    followups.schedule(LETTER, intake=intake, anchor=anchor, at=at, now=now, again=True)


def end_task(intake: Intake, how: str, *, by: User, now: datetime) -> None:
    """One task stands for every talk of a form since it was made: it ends with the last."""
    open_ones = StaffTask.objects.select_for_update().filter(event=TASK, done_at=None)
    for task in open_ones.filter(intake=intake):
        if not lacking(intake, since=task.made_at):
            task.done_at, task.done_by, task.what_was_done = now, by, how
            task.save(update_fields=["done_at", "done_by", "what_was_done"])


def lacking(intake: Intake, *, since: datetime) -> list[Appointment]:
    """The talks that took place and have no summary, marked then or later; the earliest first."""
    talks = Appointment.objects.filter(intake=intake, status=ATTENDED, summary=None)
    talks = talks.filter(visit_type__purpose=VisitType.Purpose.CONSULTATION)
    return list(talks.filter(changed_at__gte=since).order_by("starts_at"))


def asked_for(intake: Intake) -> list[Appointment]:
    """What staff's open task is about; of talks before there were summaries none is asked."""
    task = StaffTask.objects.filter(intake=intake, event=TASK, done_at=None).first()
    return lacking(intake, since=task.made_at) if task else []


@transaction.atomic
def read_by_person(summary: VisitSummary, *, by: User, now: datetime) -> None:
    """Note the first look at it as it stands; later ones change nothing."""
    fresh = VisitSummary.objects.filter(pk=summary.pk, read_at=None, changed_at=summary.changed_at)
    if fresh.update(read_at=now):
        intake, code = summary.appointment.intake, summary.appointment.code
        audit.record(by=by, did="read a summary", to=intake, now=now, visit=code)


def to_read(visits: Iterable[Appointment]) -> list[Appointment]:
    """Of a form's visits with their `summary` at hand, those whose person finds one, newest
    first."""
    found = [one for one in visits if has_one(one) and hasattr(one, "summary")]
    return sorted(found, key=lambda one: one.starts_at, reverse=True)
