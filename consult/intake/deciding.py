"""A clinician's decision about a form, and the second one where the rules hold the form."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consult import audit
from consult.followups import actions as followups
from consult.intake.judging import add_task
from consult.intake.refusals import NotAllowed
from consult.intake.waiting_letter import tell_that_something_waits
from consult.models import Decision, Intake, Role, StaffTask, User
from consult.models.intake import may_move
from consult.rules import triage
from consult.rules.clearance import HELD_LEVEL

Kind = Decision.Kind
DECIDED = {
    Kind.READY: Intake.State.READY,
    Kind.HOLD: Intake.State.ON_HOLD,
    Kind.NOT_SUITABLE: Intake.State.NOT_SUITABLE,
    Kind.REOPENED: Intake.State.SUBMITTED,
}
SECOND = "second_opinion"


@dataclass(frozen=True, slots=True)
class ToThePerson:
    """What goes with “not suitable”, as the person reads it."""

    words: str
    alternative: str


def decide(
    intake: Intake,
    *,
    by: User,
    kind: str,
    reason: str,
    now: datetime,
    seen: str | None = None,
    told: ToThePerson | None = None,
    override: str = "",
) -> Decision:
    """A clinician's decision on a submitted form; “ready” writes the invitation to book.

    `kind` is a Decision.Kind, `reason` the clinician's words for the care team, `seen` the
    `standing` of the form that the page showed. “Not suitable” needs `told` and writes to the
    person that a message waits. “Ready” on a form that the rules hold needs an `override` (a
    Decision.Override): the state then stays, and a task asks for a second clinician.
    Raises NotAllowed when `by` is not a clinician or is the person themselves, when somebody else
    decided meanwhile, when the state does not allow this decision, or when something is missing.
    """
    refuse_person(intake, by)
    with transaction.atomic():
        intake = Intake.objects.select_for_update().get(pk=intake.pk)
        refuse_outdated(intake, seen)
        refuse_kind(intake, kind)
        two_needed = kind == Kind.READY and is_held(intake)
        refuse_incomplete(kind, told, override if two_needed else None)
        decision = Decision.objects.create(
            intake=intake,
            kind=kind,
            reason=reason,
            words=told.words if told else None,
            alternative=told.alternative if told else None,
            override=override if two_needed else "",
            by=by,
            at=now,
            revision=intake.revision,
        )
        details = {"override": override} if two_needed else {}
        audit.record(by=by, did="decided about a form", to=intake, now=now, kind=kind, **details)
        if two_needed:
            add_task(intake, SECOND, level=HELD_LEVEL, now=now)
        else:
            take_effect(decision, now=now)
    return decision


def take_effect(decision: Decision, *, now: datetime) -> None:
    intake = decision.intake
    intake.state = DECIDED[Kind(decision.kind)]
    intake.save(update_fields=["state"])
    if decision.kind == Kind.READY:
        followups.schedule("booking_invite", intake=intake, anchor=decision.pk.hex, now=now)
        return
    followups.cancel(intake=intake, events={"time_to_decide"}, now=now)
    if decision.kind == Kind.NOT_SUITABLE:
        tell_that_something_waits(intake, about=decision.pk.hex, now=now)


def sign(decision: Decision, *, by: User, words: str, agrees: bool, now: datetime) -> Decision:
    """The second clinician's word on an override. Signed, it counts and opens booking; refused,
    the form stays as it is. Either closes the task that asked for it, with these words.

    Raises NotAllowed when `by` may not sign, or when the decision does not wait any more: signed,
    refused, overtaken by another decision or by new answers.
    """
    refuse_person(decision.intake, by)
    with transaction.atomic():
        intake = Intake.objects.select_for_update().get(pk=decision.intake_id)
        waiting = waiting_for_second(intake)
        if waiting is None or waiting.pk != decision.pk:
            raise NotAllowed("This does not wait for a second clinician any more.")
        if why := why_not_second(waiting, by):
            raise NotAllowed(why)
        waiting.intake = intake
        waiting.second_by, waiting.second_words = by, words
        waiting.second_at, waiting.refused_at = (now, None) if agrees else (None, now)
        waiting.save(update_fields=["second_by", "second_words", "second_at", "refused_at"])
        did = "signed as second clinician" if agrees else "refused as second clinician"
        audit.record(by=by, did=did, to=intake, now=now)
        close_second_task(waiting, now=now)
        if agrees:
            take_effect(waiting, now=now)
    return waiting


def close_second_task(decision: Decision, *, now: datetime) -> None:
    """What the task asked for is what `second_by` has just done."""
    for task in StaffTask.objects.open().filter(intake=decision.intake, event=SECOND):
        task.done_at, task.done_by = now, decision.second_by
        task.what_was_done = decision.second_words or "Signed."
        task.save(update_fields=["done_at", "done_by", "what_was_done"])


def waiting_for_second(intake: Intake) -> Decision | None:
    """The override that waits, if nothing was decided or answered since."""
    latest = intake.decisions.select_related("by").order_by("-at", "-pk").first()
    if latest is None or not latest.waits or latest.revision != intake.revision:
        return None
    return latest if may_move(intake, Intake.State.READY) else None


def why_not_second(decision: Decision, user: User) -> str:
    """Why this person cannot be the second clinician; empty when they can."""
    if not user.is_clinical:
        return "Only a clinician can sign this."
    if user.pk in {decision.by_id, decision.intake.owner_id}:
        return "Somebody else has to sign this: nobody is their own second clinician."
    if not any(one.has_role(Role.LEAD_CLINICIAN) for one in (decision.by, user)):
        return "One of the two has to be a lead clinician. Please ask one."
    return ""


def is_held(intake: Intake) -> bool:
    """Whether two clinicians are needed to set the form ready: the rules hold it, or more."""
    return intake.rank >= triage.rank(HELD_LEVEL)


def allowed(intake: Intake) -> list[Decision.Kind]:
    """The decisions that the form's state allows now."""
    kinds = [kind for kind, state in DECIDED.items() if may_move(intake, state)]
    if intake.state != Intake.State.NOT_SUITABLE:
        kinds = [one for one in kinds if one != Kind.REOPENED]
    if Kind.READY in kinds and waiting_for_second(intake):
        kinds.remove(Kind.READY)
    return kinds


def refuse_person(intake: Intake, by: User) -> None:
    if not by.is_clinical:
        raise NotAllowed("Only a clinician can decide about a form.")
    if intake.owner_id == by.pk:
        raise NotAllowed("Nobody decides about their own form. Please ask a colleague.")


def refuse_outdated(intake: Intake, seen: str | None) -> None:
    if seen is not None and seen != standing(intake):
        raise NotAllowed(
            "Somebody else has decided meanwhile, or the answers have changed: the form is "
            f"now “{intake.get_state_display()}”. Please look again before you decide."
        )


def refuse_kind(intake: Intake, kind: str) -> None:
    if kind not in allowed(intake):
        raise NotAllowed(
            f"A form that is “{intake.get_state_display()}” cannot be decided this way."
        )


def refuse_incomplete(kind: str, told: ToThePerson | None, override: str | None) -> None:
    if kind == Kind.NOT_SUITABLE and not (told and told.words and told.alternative):
        raise NotAllowed("Write to the person why, and what they can do instead.")
    if override is not None and override not in Decision.Override:
        raise NotAllowed(
            "The rules hold this form. Say why it may go on all the same; a second clinician then "
            "signs."
        )


def standing(intake: Intake) -> str:
    """A mark that changes when somebody decides about the form or signs, or its answers change."""
    latest = intake.decisions.order_by("-at", "-pk").first()
    if latest is None:
        return f"{intake.state}.{intake.revision}."
    refused = ".refused" if latest.refused_at else ""
    return f"{intake.state}.{intake.revision}.{latest.pk.hex}{refused}"
