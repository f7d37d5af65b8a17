"""What the rules say of a form, kept as it was said."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from consult import audit
from consult.marks import keep_marks
from consult.models import Assessment, Intake, StaffTask
from consult.rules import triage
from consult.rules.promises import review_due
from consult.rules.published import load_questionnaire
from consult.rules.rulesets import Ruleset

LEVEL_TASKS = {
    "urgent": "staff_urgent_intake",
    "contraindicated_until_reviewed": "staff_hold_intake",
}


def clinic_day(instant: datetime) -> date:
    """The clinic's calendar day of an instant: ages count by it."""
    return instant.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def judged_by(intake: Intake, ruleset: Ruleset) -> triage.Assessment:
    """What another ruleset says of a submitted form, as of the day it came in. Stores nothing."""
    return triage.assess(
        intake.answers(),
        on=clinic_day(intake.submitted_at or intake.saved_at),
        ruleset=ruleset,
        questionnaire=load_questionnaire(intake.questionnaire),
    )


def reassess(intake: Intake, *, ruleset: Ruleset, now: datetime) -> Assessment:
    """Add an assessment by another ruleset; the older ones stay. The queue follows the new one."""
    with transaction.atomic():
        intake = Intake.objects.select_for_update().get(pk=intake.pk)
        assessment = keep_assessment(intake, judged_by(intake, ruleset), now=now)
        intake.rank = assessment.rank
        intake.save(update_fields=["rank"])
        keep_marks(intake)
        audit.record(by=None, did="reassessed a form", to=intake, now=now, ruleset=ruleset.version)
    return assessment


def keep_assessment(intake: Intake, result: triage.Assessment, *, now: datetime) -> Assessment:
    return Assessment.objects.create(
        intake=intake,
        ruleset=result.ruleset,
        questionnaire=result.questionnaire,
        rank=triage.rank(result.level),
        result=result.to_dict(),
        made_at=now,
    )


def add_task(intake: Intake, event: str, *, level: str, now: datetime) -> StaffTask:
    """A task of this event, due by the level's promise. One that is still open is not doubled: it
    keeps its earlier time. One that was done stays done, and a new one is added."""
    due_at = review_due(level, submitted_at=now, zone=ZoneInfo(settings.TIME_ZONE)) or now
    made = {"made_at": now, "due_at": due_at}
    return StaffTask.objects.get_or_create(intake=intake, event=event, done_at=None, defaults=made)[
        0
    ]
