"""The file that a person takes with them. Its keys are stable: other keys are a new VERSION."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from consult.models import Appointment, Consent, Hold, Message, User
from consult.privacy.data import FormHeld, Held, Step

VERSION = 1
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
        "letters_about_signing_in": [letter(*one) for one in held.other_letters],
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
    intake = held.intake
    return {
        "reference": intake.code,
        "state": intake.state,
        "questionnaire": intake.questionnaire,
        "language": intake.language,
        "started_at": intake.started_at,
        "saved_at": intake.saved_at,
        "sent_at": intake.submitted_at,
        "contact": held.contact,
        "urgent_advice_read": intake.urgent_read or [],
        "steps": [answers(one) for one in held.steps],
        "agreements": [agreement(*one) for one in held.agreements],
        "assessments": [
            {"made_at": one.made_at, "ruleset": one.ruleset, "note": KEPT_BY_THE_CLINIC}
            for one in held.assessments
        ],
        "decisions": [{"at": one.at, "note": KEPT_BY_THE_CLINIC} for one in held.decisions],
        "tasks": [
            {"made_at": t.made_at, "due_at": t.due_at, "done_at": t.done_at} for t in held.tasks
        ],
        "letters": [letter(*one) for one in held.letters],
        "appointments": [appointment(one) for one in held.appointments],
        "held_time": held_time(held.held_time) if held.held_time else None,
        "looked_at": [{"at": one.at, "role": one.role, "what": one.what} for one in held.looks],
    }


def answers(step: Step) -> dict[str, Any]:
    said = [asdict(one) for one in step.answers]
    return {"step": step.step, "title": step.title, "answers": said}


def agreement(wording: str, said: Consent) -> dict[str, Any]:
    return {
        "purpose": said.purpose,
        "wording": wording,
        "wording_sha256": said.wording_sha256,
        "wording_version": said.questionnaire,
        "language": said.language,
        "given": said.given,
        "method": said.method,
        "at": said.at,
    }


def letter(words: str, row: Message) -> dict[str, Any]:
    return {
        "letter": row.event,
        "subject": words,
        "to": row.recipient,
        "state": row.status,
        "written_at": row.created_at,
        "due_at": row.not_before,
        "sent_at": row.sent_at,
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
        "cancelled_at": row.cancelled_at,
        "your_reason": own_reason(row),
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
