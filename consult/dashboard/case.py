"""One form on one page. What is clinical is not even opened for those who may not read it."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from consult.dashboard.clinical import Clinical, clinical_part
from consult.dashboard.queries import due_at, level_at
from consult.dashboard.words import event_of, event_words
from consult.models import AuditEvent, Consent, Decision, Intake, Message, StaffTask
from consult.rules import triage
from consult.rules.published import load_questionnaire
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
    decisions: list[Decision]
    consents: list[tuple[str, Consent]]
    tasks: list[tuple[Event | None, StaffTask]]
    messages: list[tuple[str, Message]]
    history: list[AuditEvent]


def case_of(intake: Intake, *, clinical: bool) -> Case:
    assessment = intake.latest_assessment()
    version = assessment.ruleset if assessment else None
    level = level_at(intake.rank, version)
    judged = triage.Assessment.from_dict(assessment.result) if assessment and clinical else None
    return Case(
        intake=intake,
        level=level,
        due_at=due_at(intake, level, version),
        contact=contact_rows(intake),
        clinical=clinical_part(intake, judged, handed_in_on(intake)) if judged else None,
        decisions=list(intake.decisions.select_related("by").order_by("-at", "-pk")),
        consents=consent_rows(intake),
        tasks=[(event_of(one.event), one) for one in tasks_about(intake)],
        messages=[(event_words(one.event), one) for one in Message.objects.about(intake)],
        history=history(intake),
    )


def handed_in_on(intake: Intake) -> date:
    """The clinic's day on which the form was handed in: ages are counted to it."""
    at = intake.submitted_at or intake.saved_at
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def contact_rows(intake: Intake) -> list[tuple[str, str]]:
    contact = dict(intake.contact)
    language = contact.get("preferred_language", "")
    contact["preferred_language"] = LANGUAGES.get(language, language)
    return [(label, str(contact.get(key) or "")) for key, label in REACHED_BY.items()]


def consent_rows(intake: Intake) -> list[tuple[str, Consent]]:
    questions = load_questionnaire(intake.questionnaire).by_id
    consents = intake.consents.order_by("at", "purpose")
    return [
        (questions[one.purpose].text if one.purpose in questions else one.purpose, one)
        for one in consents
    ]


def tasks_about(intake: Intake) -> list[StaffTask]:
    tasks = StaffTask.objects.filter(intake=intake).select_related("done_by")
    return list(tasks.order_by("due_at", "pk"))


def history(intake: Intake) -> list[AuditEvent]:
    events = AuditEvent.objects.about(intake).select_related("by")
    return list(events.order_by("-at", "-pk")[:HISTORY_ROWS])
