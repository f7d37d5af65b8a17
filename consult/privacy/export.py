"""The file that a person takes with them. Its keys are stable: other keys are a new VERSION."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from consult.models import (
    AddressChange,
    Appointment,
    Assessment,
    CallTry,
    Consent,
    Decision,
    Hold,
    Intake,
    LetterChoice,
    OwnQuestion,
    StaffTask,
    UnderstandingAnswer,
    User,
    VisitSummary,
    WaitlistEntry,
    WaitlistOffer,
)
from consult.privacy.care import care
from consult.privacy.data import FormHeld, Held, LetterHeld, Step
from consult.privacy.later import AskedFor, HandedIn, ToldOfChanges

VERSION = 5
KEPT_BY_THE_CLINIC = "The clinic keeps notes of its own with this. Ask the clinic for them."


def export(held: Held, *, now: datetime) -> dict[str, Any]:
    """Plain data for JSON; times are UTC instants, `time_zone` is the person's."""
    return {
        "format": "consultation-data",
        "version": VERSION,
        "made_at": now,
        "time_zone": held.zone.key,
        "account": account(held.person) if held.person else None,
        "forms": [form(one) for one in held.forms],
        "address_to_sign_in_that_waits": address_change(held.address_change),
        "letters_about_signing_in": [letter(one) for one in held.other_letters],
    }


def account(person: User) -> dict[str, Any]:
    return {
        "email": person.email,
        "full_name": person.full_name,
        "phone": person.phone,
        "time_zone": person.time_zone,
        "created_at": person.created_at,
        "last_signed_in_at": person.last_login,
    }


def form(held: FormHeld) -> dict[str, Any]:
    return about(held.intake) | {
        "contact": held.contact,
        "steps": [answers(one) for one in held.steps],
        "agreements": [agreement(*one) for one in held.agreements],
        "handed_in": [handed_in(one) for one in held.revisions],
        "asked_for": [asked_for(one) for one in held.requests],
        "told_of_changes": [recheck(one) for one in held.rechecks],
        "understanding": [understanding(one) for one in held.understanding],
        "own_questions": [own_question(one) for one in held.own_questions],
        "assessments": [assessment(one) for one in held.assessments],
        "decisions": [decision(one) for one in held.decisions],
        "tasks": [task(one) for one in held.tasks],
        "address_is_confirmed": held.is_confirmed,
        "address_that_waits": address_change(held.address_change),
        "letters": [letter(one) for one in held.letters],
        "choice_of_letters": letter_choice(held.letter_choice) if held.letter_choice else None,
        "appointments": [appointment(one) for one in held.appointments],
        "held_time": held_time(held.held_time) if held.held_time else None,
        "waiting_list": [waiting(one) for one in held.waitlist],
        **care(held.care),
        "looked_at": [{"at": one.at, "role": one.role, "what": one.what} for one in held.looks],
    }


def about(intake: Intake) -> dict[str, Any]:
    return {
        "reference": intake.code,
        "state": intake.state,
        "questionnaire": intake.questionnaire,
        "language": intake.language,
        "started_at": intake.started_at,
        "saved_at": intake.saved_at,
        "sent_at": intake.submitted_at,
        "times_handed_in": intake.revision,
        "filled_in_for_somebody_else": intake.carer,
        "urgent_advice_read": intake.urgent_read or [],
    }


def answers(step: Step) -> dict[str, Any]:
    return {
        "step": step.step,
        "title": step.title,
        "answers": [asdict(one) for one in step.answers],
        "not_handed_in_yet": [asdict(one) for one in step.proposed],
    }


def agreement(wording: str, said: Consent) -> dict[str, Any]:
    return {
        "purpose": said.purpose,
        "wording": wording,
        "wording_sha256": said.wording_sha256,
        "wording_version": said.questionnaire,
        "language": said.language,
        "given": said.given,
        "method": said.method,
        "signed_with": said.signature,
        "at": said.at,
    }


def address_change(row: AddressChange | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"email": row.email, "asked_at": row.asked_at, "code_until": row.expires_at}


def letter(held: LetterHeld) -> dict[str, Any]:
    """What became of one to an address that is not confirmed as theirs is not said."""
    row = held.row
    # Subject, text and files as handed over; null where none were kept, as of a code to sign in.
    said = row.as_sent if row.intake_id else None
    became = {"state": row.status, "sent_at": row.sent_at, "as_sent": said}
    return {
        "letter": row.event,
        "subject": held.words,
        "to": row.recipient,
        "written_at": row.created_at,
        "due_at": row.not_before,
    } | (became if held.is_to_them else dict.fromkeys(became))


def letter_choice(row: LetterChoice) -> dict[str, Any]:
    return {
        "switched_off": row.choice.get("off", []),
        "paused_until": row.paused_until,
        "changed_at": row.changed_at,
    }


def appointment(row: Appointment) -> dict[str, Any]:
    return {
        "reference": row.code,
        "visit": row.visit_type.name,
        "state": row.status,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "time_zone": row.zone,
        "phone": row.phone,
        "note": row.note,
        "booked_at": row.booked_at,
        "you_confirmed_at": row.confirmed_at,
        "cancelled_at": row.cancelled_at,
        "cancelled_by_clinic": row.by_clinic,
        "your_reason": own_reason(row),
        "summary": summary(row.summary) if hasattr(row, "summary") else None,
    }


def summary(row: VisitSummary) -> dict[str, Any]:
    return {
        "words": row.words,
        "written_at": row.written_at,
        "changed_at": row.changed_at,
        "read_at": row.read_at,
    }


def own_reason(row: Appointment) -> str:
    """Why it was cancelled, if the person said so; a reason of staff's is the clinic's note."""
    return row.reason if row.cancelled_by_id == row.intake.owner_id else ""


def held_time(row: Hold) -> dict[str, Any]:
    return {
        "visit": row.visit_type.name,
        "starts_at": row.starts_at,
        "until": row.expires_at,
        "phone": row.phone,
        "note": row.note,
    }


def handed_in(held: HandedIn) -> dict[str, Any]:
    row = held.revision
    return {
        "number": row.number,
        "why": row.reason,
        "at": row.made_at,
        "questionnaire": row.questionnaire,
        "answers": [asdict(one) for one in held.answers],
    }


def asked_for(held: AskedFor) -> dict[str, Any]:
    row = held.request
    return {
        "at": row.asked_at,
        "items": [asdict(one) for one in held.items],
        "answered": row.was_answered,
        "closed_at": row.closed_at,
    }


def recheck(held: ToldOfChanges) -> dict[str, Any]:
    row = held.recheck
    return {
        "at": row.answered_at,
        "appointment": row.appointment.code if row.appointment else None,
        "something_changed": row.changed,
        "number": row.revision,
        "answers": [asdict(one) for one in held.answers],
    }


def understanding(row: UnderstandingAnswer) -> dict[str, Any]:
    return {
        "position": row.position,
        "asked": row.asked,
        "asked_at": row.asked_at,
        "attempts": row.attempts,
        "understood_at": row.understood_at,
    }


def own_question(row: OwnQuestion) -> dict[str, Any]:
    return {"words": row.words, "suggestion": row.suggestion, "at": row.made_at}


def assessment(row: Assessment) -> dict[str, Any]:
    return {
        "made_at": row.made_at,
        "ruleset": row.ruleset,
        "questionnaire": row.questionnaire,
        "note": KEPT_BY_THE_CLINIC,
    }


def decision(row: Decision) -> dict[str, Any]:
    return {
        "at": row.at,
        "about_number": row.revision,
        "told_you": row.words,
        "instead": row.alternative,
        "note": KEPT_BY_THE_CLINIC,
    }


def task(row: StaffTask) -> dict[str, Any]:
    times = {"made_at": row.made_at, "due_at": row.due_at, "done_at": row.done_at}
    return times | {"calls_that_nobody_answered": [call_try(one) for one in row.tries.all()]}


def call_try(row: CallTry) -> dict[str, Any]:
    return {"at": row.at, "called": row.whom}


def waiting(row: WaitlistEntry) -> dict[str, Any]:
    return {
        "visit": row.visit_type.name,
        "first_day": row.first_on,
        "last_day": row.last_on,
        "time_of_day": row.day_part,
        "time_zone": row.zone,
        "since": row.made_at,
        "ended_at": row.ended_at,
        "offers": [offer(one) for one in row.offers.all()],
    }


def offer(row: WaitlistOffer) -> dict[str, Any]:
    return {
        "reference": row.code,
        "starts_at": row.starts_at,
        "offered_at": row.offered_at,
        "open_until": row.expires_at,
        "outcome": row.outcome,
        "answered_at": row.answered_at,
    }
