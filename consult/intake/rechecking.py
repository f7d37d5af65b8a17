"""“Has anything changed?”, before a consultation and before a treatment."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from consult import audit
from consult.intake.amending import back_to_the_clinic
from consult.intake.judging import add_task
from consult.intake.refusals import NotAllowed, NotComplete
from consult.intake.reopened import CLOSED, forget, locked, put_in_place, working_copy
from consult.intake.revisions import hand_in
from consult.models import Appointment, Assessment, Intake, Recheck, Revision, VisitType
from consult.rules.clearance import SIGNS_QUESTION, is_asked_again, signs_told

CHANGED_TASK, SIGN_TASK = "answers_changed", "recheck_sign"
SIGN_LEVEL = "contraindicated_until_reviewed"  # whose promise is the time to call


def visit_ahead(intake: Intake, *, now: datetime) -> Appointment | None:
    """The next visit, once it is so near that the person is asked what has changed."""
    visits = Appointment.objects.filter(intake=intake).upcoming(now).select_related("visit_type")
    return next((one for one in visits if is_asked_again(one.starts_at, now)), None)


def asks_signs(visit: Appointment | None) -> bool:
    return visit is not None and visit.visit_type.purpose == VisitType.Purpose.TREATMENT


def nothing_changed(
    intake: Intake, *, signs: Sequence[str] | None = None, now: datetime
) -> Recheck:
    """The person says that their answers still hold.

    `signs` are the codes ticked before a treatment, None where they were not asked. A sign brings
    the form back to a clinician, with a task. Raises NotAllowed when the form is not ready, or
    when the signs are asked by now and were not answered.
    """
    with transaction.atomic():
        intake = ready_row(intake)
        visit = visit_to_answer_for(intake, signs, now=now)
        forget(intake)
        told = bool(signs_told(signs or ()))
        recheck = keep(intake, visit, signs, changed=False, raised=told, now=now)
        if told:
            raise_signs(intake, now=now)
        audit.record(by=intake.owner, did="said what has changed", to=intake, now=now)
    return recheck


def hand_in_changes(
    intake: Intake, *, signs: Sequence[str] | None = None, now: datetime
) -> Recheck:
    """Hand in the answers that changed: a new revision, judged anew.

    Where a rule fires that did not before, or the level rose, the form goes back to a clinician
    with a task, and no time can be booked until they have decided. Without any difference it is
    `nothing_changed`. Raises as that does, and NotComplete with what is open.
    """
    with transaction.atomic():
        intake = ready_row(intake)
        copy = working_copy(intake)
        if copy.unfinished:
            still_open = [one for part in copy.unfinished for one in part.open]
            raise NotComplete(still_open, contact=False)
        if not copy.differences():
            return nothing_changed(intake, signs=signs, now=now)
        put_in_place(intake, now=now)
        visit = visit_to_answer_for(intake, signs, now=now)
        before = intake.latest_assessment()
        after = hand_in(intake, Revision.Reason.CHANGED, now=now)
        told, rose = bool(signs_told(signs or ())), is_worse(before, after)
        recheck = keep(intake, visit, signs, changed=True, raised=told or rose, now=now)
        if rose:
            back_to_the_clinic(intake, now=now)
            add_task(intake, CHANGED_TASK, level=after.result["level"], now=now)
        if told:
            raise_signs(intake, now=now)
        audit.record(
            by=intake.owner,
            did="said what has changed",
            to=intake,
            now=now,
            revision=intake.revision,
        )
    return recheck


def ready_row(intake: Intake) -> Intake:
    intake = locked(intake)
    if intake.state != Intake.State.READY:
        raise NotAllowed(CLOSED)
    return intake


def visit_to_answer_for(
    intake: Intake, signs: Sequence[str] | None, *, now: datetime
) -> Appointment | None:
    visit = visit_ahead(intake, now=now)
    if asks_signs(visit) and not signs:
        raise NotAllowed("Please answer the question before your treatment too.")
    return visit


def keep(
    intake: Intake,
    visit: Appointment | None,
    signs: Sequence[str] | None,
    *,
    changed: bool,
    raised: bool,
    now: datetime,
) -> Recheck:
    return Recheck.objects.create(
        intake=intake,
        appointment=visit,
        answered_at=now,
        changed=changed,
        raised=raised,
        revision=intake.revision,
        answers={SIGNS_QUESTION: list(signs)} if signs else None,
    )


def raise_signs(intake: Intake, *, now: datetime) -> None:
    back_to_the_clinic(intake, now=now)
    add_task(intake, SIGN_TASK, level=SIGN_LEVEL, now=now)


def is_worse(before: Assessment | None, after: Assessment) -> bool:
    """Whether the rules found anything that they had not found before, or the level rose."""
    if before is None:
        return True
    return after.rank > before.rank or bool(rules_of(after) - rules_of(before))


def rules_of(assessment: Assessment) -> set[str]:
    return {finding["rule"] for finding in assessment.result["findings"]}
