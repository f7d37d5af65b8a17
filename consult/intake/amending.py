"""Staff ask for more after a form was sent, and the person answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from django.db import transaction

from consult import audit
from consult.followups import outbox
from consult.intake.deciding import standing
from consult.intake.refusals import NotAllowed, NotComplete
from consult.intake.reopened import CLOSED, locked, open_request, put_in_place, working_copy
from consult.intake.revisions import hand_in
from consult.intake.waiting_letter import LETTER, tell_that_something_waits
from consult.models import Assessment, FollowUpRequest, Intake, Message, Revision, Status, User
from consult.models.intake import may_move
from consult.models.messages import PENDING
from consult.rules import triage
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import Question, Questionnaire

LONGEST_WORDS = 500
MOST_ITEMS = 20


class Item(TypedDict):
    """What staff ask: about one question of a step, or with an empty `question` about the step."""

    step: str
    question: str
    words: str


def ask_for_more(
    intake: Intake,
    *,
    items: Sequence[Item],
    by: User,
    now: datetime,
    seen: str | None = None,
) -> FollowUpRequest:
    """Open the named steps for the person again, and write to them that a message waits.

    `seen` is the `standing` of the form that the page showed. In one transaction: the request, the
    state, the letter, the audit event. Raises NotAllowed when `by` may not, when somebody decided
    or asked meanwhile, when the state does not allow it, or when nothing possible is asked.
    """
    if not by.is_clinical:
        raise NotAllowed("Only a clinician can ask for more.")
    if intake.owner_id == by.pk:
        raise NotAllowed("Nobody asks about their own form. Please ask a colleague.")
    with transaction.atomic():
        intake = locked(intake)
        if seen is not None and seen != standing(intake):
            raise NotAllowed(
                f"This form has changed meanwhile: it is now “{intake.get_state_display()}”."
            )
        if not may_move(intake, Intake.State.ASKED):
            raise NotAllowed(
                f"Nothing can be asked while a form is “{intake.get_state_display()}”."
            )
        refuse_items(load_questionnaire(intake.questionnaire), items)
        request = FollowUpRequest.objects.create(
            intake=intake, items=[dict(one) for one in items], by=by, asked_at=now
        )
        intake.state = Intake.State.ASKED
        intake.save(update_fields=["state"])
        tell_that_something_waits(intake, about=request.pk.hex, now=now)
        audit.record(by=by, did="asked for more", to=intake, now=now, items=len(items))
    return request


def refuse_items(questionnaire: Questionnaire, items: Sequence[Item]) -> None:
    if not 1 <= len(items) <= MOST_ITEMS:
        raise NotAllowed(f"Please ask at least one thing, and at most {MOST_ITEMS}.")
    possible = {(one.step, one.id) for one in askable(questionnaire)}
    possible |= {(step.id, "") for step in questionnaire.steps}
    for one in items:
        if (one["step"], one["question"]) not in possible:
            raise NotAllowed("One of the questions is not part of this form.")
        if not 0 < len(one["words"].strip()) <= LONGEST_WORDS:
            raise NotAllowed(f"Please write what you ask, in at most {LONGEST_WORDS} characters.")


def askable(questionnaire: Questionnaire) -> list[Question]:
    """Agreements are not asked for in this way: they are free."""
    return [one for one in questionnaire.questions if one.kind != "agreement"]


def stop_letter(request: FollowUpRequest, *, now: datetime) -> None:
    """A letter that has not left yet is not wanted once the request is closed."""
    key = f"{LETTER}:{request.intake_id}:{request.pk.hex}"
    rows = Message.objects.filter(idem_key__startswith=key)  # and those that were sent again
    outbox.move(rows, out_of={*PENDING, Status.HELD}, to=Status.CANCELLED, outcome_at=now)


def take_back(request: FollowUpRequest, *, by: User, now: datetime) -> None:
    """Close a request that is not answered: the form waits for review again, at its old place.

    What the person has entered stays in their working copy. Raises NotAllowed when it was answered
    or taken back meanwhile, or when `by` is not a clinician.
    """
    if not by.is_clinical:
        raise NotAllowed("Only a clinician can take this back.")
    with transaction.atomic():
        intake = locked(request.intake)
        open_now = open_request(intake)
        if open_now is None or open_now.pk != request.pk:
            raise NotAllowed("This has been answered or taken back meanwhile.")
        close(open_now, answered=False, now=now)
        intake.state = Intake.State.SUBMITTED
        intake.save(update_fields=["state"])
        audit.record(by=by, did="took back what was asked", to=intake, now=now)


def close(request: FollowUpRequest, *, answered: bool, now: datetime) -> None:
    request.closed_at, request.was_answered = now, answered
    request.save(update_fields=["closed_at", "was_answered"])
    stop_letter(request, now=now)


def hand_in_answers(intake: Intake, *, now: datetime) -> Assessment:
    """Hand in what staff asked for: a new revision, judged anew, back in the queue.

    The promise counts from now. Raises NotComplete with what is open, NotAllowed when staff do
    not ask for anything any more.
    """
    with transaction.atomic():
        intake = locked(intake)
        copy = working_copy(intake)
        if copy.request is None:
            raise NotAllowed(CLOSED)
        if copy.unfinished:
            still_open = [one for part in copy.unfinished for one in part.open]
            raise NotComplete(still_open, contact=False)
        put_in_place(intake, now=now)
        assessment = hand_in(intake, Revision.Reason.ASKED, now=now)
        close(copy.request, answered=True, now=now)
        back_to_the_clinic(intake, now=now)
        audit.record(
            by=intake.owner,
            did="answered what was asked",
            to=intake,
            now=now,
            revision=intake.revision,
        )
    return assessment


def back_to_the_clinic(intake: Intake, *, now: datetime) -> None:
    """The form waits for a clinician again; what was promised counts from now."""
    intake.state, intake.submitted_at = Intake.State.SUBMITTED, now
    intake.save(update_fields=["state", "submitted_at"])


def leave_card(intake: Intake, *, cards: Sequence[str], by_mistake: bool, now: datetime) -> None:
    """Record how the person went on from the urgent card while answering again.

    As `answering.leave_urgent_card`, for a form that was sent. Raises NotAllowed when it is locked.
    """
    with transaction.atomic():
        intake = locked(intake)
        raised = triage.immediate(working_copy(intake).answers)
        seen = {*cards, *(intake.urgent_read or ())}
        read = [code for code in raised if code in seen]
        if not by_mistake:
            intake.urgent_read = read or None
            intake.save(update_fields=["urgent_read"])
        did = "took back an urgent answer" if by_mistake else "went on after the urgent card"
        audit.record(by=intake.owner, did=did, to=intake, now=now, cards=len(read))
