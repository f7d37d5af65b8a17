"""Handing in the answers: what counts is kept as a revision, judged, and put before the clinic."""

from datetime import datetime

from consult.intake.consents import keep_changes
from consult.intake.judging import LEVEL_TASKS, add_task, clinic_day, keep_assessment
from consult.intake.texts import keep_unread
from consult.marks import keep_marks
from consult.models import Assessment, Intake, Revision
from consult.rules import triage
from consult.rules.conditions import Answer
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import Questionnaire, counting


def hand_in(intake: Intake, reason: str, *, now: datetime) -> Assessment:
    """Keep the form's answers as its next revision and judge them.

    `intake` is the row as locked by the caller, whose transaction this belongs to; `reason` a
    Revision.Reason. Answers to questions that are hidden by now are dropped. The revision's
    number and the place in the queue are set on the row; state, letters and the audit event are
    the caller's. Out: the new assessment; those before it stay.
    """
    questionnaire = load_questionnaire(intake.questionnaire)
    answers = drop_hidden(intake, questionnaire, now=now)
    intake.revision += 1
    Revision.objects.create(
        intake=intake,
        number=intake.revision,
        reason=reason,
        answers=answers,
        questionnaire=questionnaire.version,
        made_at=now,
    )
    result = triage.assess(answers, on=clinic_day(now), questionnaire=questionnaire)
    assessment = keep_assessment(intake, result, now=now)
    intake.rank = assessment.rank
    intake.save(update_fields=["revision", "rank"])
    keep_marks(intake)
    keep_unread(intake)
    if event := LEVEL_TASKS.get(result.level):
        add_task(intake, event, level=result.level, now=now)
    return assessment


def drop_hidden(
    intake: Intake, questionnaire: Questionnaire, *, now: datetime
) -> dict[str, Answer]:
    """Take out of the stored sections what does not count; what does, by question id."""
    sections = list(intake.sections.select_for_update())
    stored = {key: one for section in sections for key, one in section.answers.items()}
    counted = counting(questionnaire, stored)
    for section in sections:
        kept = {key: counted[key] for key in section.answers if key in counted}
        if kept != section.answers:
            keep_changes(intake, section.answers, kept, now=now)
            section.answers, section.saved_at = kept, now
            section.version += 1
            section.save(update_fields=["answers", "saved_at", "version"])
    return counted
