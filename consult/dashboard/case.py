"""One form on one page. What is clinical is not even opened for those who may not read it."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from consult.dashboard.clinical import Clinical, clinical_part
from consult.dashboard.queries import due_at, level_at, notes_of
from consult.dashboard.revising import Changing, Cleared, changing_of, clearance_of
from consult.dashboard.search import Suspected, suspected
from consult.dashboard.talking import Talk, talk_of
from consult.dashboard.treatments import Treated, treated
from consult.dashboard.words import event_of, event_words
from consult.followups.appointments import Ahead, ahead_among
from consult.followups.named import named_by
from consult.intake.consents import Signed, signed_copy, wording
from consult.intake.deciding import waiting_for_second
from consult.intake.texts import unread_texts
from consult.intake.understanding import Asked, to_talk_through
from consult.models import (
    Appointment,
    AuditEvent,
    Consent,
    Decision,
    Intake,
    Message,
    Note,
    OwnQuestion,
    StaffTask,
)
from consult.rules import carer as carers
from consult.rules import triage
from consult.rules.questionnaire import Question
from consult.rules.rulesets import Event, Level

HISTORY_ROWS = 50
REACHED_BY = {
    "full_name": "Name",
    "email": "E-mail",
    "phone": "Phone",
    "preferred_language": "Speaks",
    "time_zone": "Lives by the time of",
}
LANGUAGES = {"en": "English", "es": "Spanish"}


@dataclass(frozen=True, slots=True)
class Case:
    intake: Intake
    level: Level
    due_at: datetime | None
    contact: list[tuple[str, str]]
    clinical: Clinical | None
    carer: list[tuple[Question, str]]
    understanding: list[Asked]
    own_questions: list[OwnQuestion]
    decisions: list[Decision]
    agreements: list[Signed]
    consents: list[tuple[str, Consent]]
    tasks: list[tuple[Event | None, StaffTask]]
    messages: list[tuple[str, Message]]
    history: list[AuditEvent]
    changing: Changing | None
    cleared: Cleared
    visit: Ahead | None
    visits: list[Appointment]  # all of them, the latest first
    waiting: Decision | None  # an override that a second clinician has still to sign
    unread: frozenset[str]  # questions whose free answer nobody has read
    talk: Talk
    notes: list[Note]
    treatments: list[Treated]
    duplicates: list[Suspected]


def case_of(intake: Intake, *, clinical: bool, now: datetime) -> Case:
    assessment = intake.latest_assessment()
    version = assessment.ruleset if assessment else None
    level = level_at(intake.rank, version)
    judged = triage.Assessment.from_dict(assessment.result) if assessment and clinical else None
    visits = visits_of(intake)
    return Case(
        intake=intake,
        carer=carers.rows(intake.carer) if clinical else [],
        level=level,
        due_at=due_at(intake, level, version),
        contact=contact_rows(intake),
        clinical=clinical_part(intake, judged, handed_in_on(intake)) if judged else None,
        understanding=to_talk_through(intake) if clinical else [],
        own_questions=list(intake.own_questions.all()) if clinical else [],
        decisions=decisions_of(intake),
        agreements=signed_copy(intake),
        consents=consent_rows(intake),
        tasks=[(event_of(one.event), one) for one in tasks_about(intake)],
        messages=[(event_words(one.event), one) for one in Message.objects.about(intake)],
        history=history(intake),
        changing=changing_of(intake) if judged else None,
        cleared=clearance_of(intake, now=now),
        visit=ahead_among(visits, now=now),
        visits=visits,
        waiting=waiting_for_second(intake),
        unread=unread_texts(intake) if judged else frozenset(),
        talk=talk_of(intake),
        notes=notes_of(intake) if clinical else [],
        treatments=treated(intake) if clinical else [],
        duplicates=suspected(intake),
    )


def decisions_of(intake: Intake) -> list[Decision]:
    return list(intake.decisions.select_related("by", "second_by").order_by("-at", "-pk"))


def handed_in_on(intake: Intake) -> date:
    """The clinic's day on which the form was handed in: ages are counted to it."""
    at = intake.submitted_at or intake.saved_at
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def contact_rows(intake: Intake) -> list[tuple[str, str]]:
    contact = dict(intake.contact)
    language = contact.get("preferred_language", "")
    contact["preferred_language"] = LANGUAGES.get(language, language)
    rows = [(label, str(contact.get(key) or "")) for key, label in REACHED_BY.items()]
    if named := named_by(intake):
        words = (named.name, named.relation.lower(), named.phone)
        rows.append(("May be called for them", ", ".join(one for one in words if one)))
    return rows


def consent_rows(intake: Intake) -> list[tuple[str, Consent]]:
    """Everything that was said to agreements, newest first, in the words of its time."""
    return [(wording(one), one) for one in intake.consents.order_by("-at", "purpose")]


def visits_of(intake: Intake) -> list[Appointment]:
    rows = Appointment.objects.filter(intake=intake).select_related("visit_type", "clinician")
    rows = rows.select_related("summary").defer("summary__words")
    return list(rows.order_by("-starts_at", "-pk"))


def tasks_about(intake: Intake) -> list[StaffTask]:
    tasks = StaffTask.objects.filter(intake=intake).select_related("done_by", "assignee")
    return list(tasks.order_by("due_at", "pk"))


def history(intake: Intake) -> list[AuditEvent]:
    events = AuditEvent.objects.about(intake).select_related("by")
    return list(events.order_by("-at", "-pk")[:HISTORY_ROWS])
