"""What is held of the care itself: notes, messages, treatments and the check-ins after them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q

from consult.models import (
    AdverseEvent,
    CheckIn,
    GlassBroken,
    Intake,
    Note,
    PortalMessage,
    TextRead,
    Treatment,
)
from consult.privacy.words import Answered, answered
from consult.rules.published import load_checkins, load_questionnaire


@dataclass(frozen=True, slots=True)
class Read:
    row: TextRead
    question: str


@dataclass(frozen=True, slots=True)
class AskedAfter:
    checkin: CheckIn
    answers: Sequence[Answered]


@dataclass(frozen=True, slots=True)
class Treated:
    treatment: Treatment
    checkins: Sequence[AskedAfter]
    adverse_events: Sequence[AdverseEvent]


@dataclass(frozen=True, slots=True)
class CareHeld:
    messages: Sequence[PortalMessage]
    notes: Sequence[Note]
    texts_read: Sequence[Read]
    opened_for_a_reason: Sequence[GlassBroken]
    treatments: Sequence[Treated]


def of_the_care(now: datetime) -> tuple[Prefetch[str], ...]:
    """A message of staff's counts once it can no longer be taken back; until then it is a draft."""
    said = PortalMessage.objects.filter(Q(from_staff=False) | Q(sent_at__lte=now))
    treatments = Treatment.objects.select_related("appointment").order_by("given_on", "pk")
    events = AdverseEvent.objects.select_related("checkin").order_by("began_on", "pk")
    return (
        Prefetch("portal_messages", said.order_by("made_at", "pk")),
        Prefetch("notes", Note.objects.order_by("at", "pk")),
        Prefetch("texts_read", TextRead.objects.order_by("at", "pk")),
        Prefetch("glass_broken", GlassBroken.objects.order_by("at", "pk")),
        Prefetch("treatments", treatments),
        Prefetch("treatments__checkins", CheckIn.objects.order_by("due_at", "pk")),
        Prefetch("treatments__adverse_events", events),
    )


def care_held(intake: Intake) -> CareHeld:
    questions = load_questionnaire(intake.questionnaire).by_id
    return CareHeld(
        messages=list(intake.portal_messages.all()),
        notes=list(intake.notes.all()),
        texts_read=[
            Read(one, questions[one.question].text if one.question in questions else one.question)
            for one in intake.texts_read.all()
        ],
        opened_for_a_reason=list(intake.glass_broken.all()),
        treatments=[treated(one) for one in intake.treatments.all()],
    )


def treated(row: Treatment) -> Treated:
    checkins = [asked_after(one) for one in row.checkins.all()]
    return Treated(row, checkins, list(row.adverse_events.all()))


def asked_after(checkin: CheckIn) -> AskedAfter:
    return AskedAfter(
        checkin, answered(load_checkins(checkin.plan).questionnaire, checkin.answers or {})
    )


def care(held: CareHeld) -> dict[str, Any]:
    """Its part of the file that a person takes with them."""
    return {
        "messages": [message(one) for one in held.messages],
        "notes_of_the_clinic": [note(one) for one in held.notes],
        "texts_read": [text_read(one.row, one.question) for one in held.texts_read],
        "answers_opened_for_a_reason": [opened(one) for one in held.opened_for_a_reason],
        "treatments": [treatment(one) for one in held.treatments],
    }


def message(row: PortalMessage) -> dict[str, Any]:
    return {
        "from": "the clinic" if row.from_staff else "you",
        "words": row.words,
        "written_at": row.made_at,
        "sent_at": row.sent_at,
        "read_at": row.read_at,
    }


def note(row: Note) -> dict[str, Any]:
    return {"at": row.at, "words": row.words}


def text_read(row: TextRead, words: str) -> dict[str, Any]:
    return {"question": row.question, "asked": words, "number": row.revision, "at": row.at}


def opened(row: GlassBroken) -> dict[str, Any]:
    return {"at": row.at, "until": row.until}


def treatment(held: Treated) -> dict[str, Any]:
    row = held.treatment
    return {
        "given_on": row.given_on,
        "time_zone": row.zone,
        "appointment": row.appointment.code if row.appointment else None,
        "given": row.given,
        "lot": row.lot,
        "recorded_at": row.recorded_at,
        "check_ins": [check_in(one) for one in held.checkins],
        "adverse_events": [adverse_event(one) for one in held.adverse_events],
    }


def check_in(held: AskedAfter) -> dict[str, Any]:
    row = held.checkin
    return {
        "reference": row.code,
        "day": row.day,
        "due_at": row.due_at,
        "questions": row.plan,
        "answers": [asdict(one) for one in held.answers],
        "outcome": (row.result or {}).get("outcome"),
        "answered_at": row.answered_at,
        "cancelled_at": row.cancelled_at,
        "our_team_was_asked_to_phone_at": row.silence_at,
    }


def adverse_event(row: AdverseEvent) -> dict[str, Any]:
    return {
        "words": row.words,
        "began_on": row.began_on,
        "grade": row.grade,
        "relation": row.relation,
        "outcome": row.outcome,
        "check_in": row.checkin.code if row.checkin else None,
        "recorded_at": row.recorded_at,
        "changed_at": row.changed_at,
    }
