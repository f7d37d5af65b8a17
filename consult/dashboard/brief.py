"""One page for the consultation: what the form says, in a fixed order, and nothing made up.

Made of stored rows alone, without a clock: the same data give the same page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from consult.dashboard.case import contact_rows, handed_in_on
from consult.dashboard.clinical import Clinical, clinical_part, worded
from consult.dashboard.queries import level_at
from consult.dashboard.revising import changes_between
from consult.followups.appointments import when_in_words
from consult.intake.consents import Signed, signed_copy
from consult.intake.texts import unread_texts
from consult.intake.understanding import Asked, to_talk_through
from consult.models import Appointment, Intake, OwnQuestion
from consult.rules import triage
from consult.rules.differences import Difference
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import effective
from consult.rules.rulesets import Level

# What the visit is about, in this order; what was not answered is left out.
REASONS = (
    *("concern.main", "concern.diagnosis", "concern.pain", "concern.details"),
    *("treatment.source", "treatment.routes", "goals.hopes"),
)


@dataclass(frozen=True, slots=True)
class Brief:
    intake: Intake
    level: Level
    person: Sequence[tuple[str, str]]
    reasons: Sequence[tuple[str, str]]
    clinical: Clinical | None
    changes: Sequence[Difference]
    unread: Sequence[str]
    gaps: Sequence[Asked]
    questions: Sequence[OwnQuestion]
    agreements: Sequence[Signed]
    visits: Sequence[tuple[str, Appointment]]


def brief_of(intake: Intake) -> Brief:
    assessment = intake.latest_assessment()
    judged = triage.Assessment.from_dict(assessment.result) if assessment else None
    clinical = clinical_part(intake, judged, handed_in_on(intake)) if judged else None
    questionnaire = load_questionnaire(intake.questionnaire)
    unread = unread_texts(intake)
    return Brief(
        intake=intake,
        level=level_at(intake.rank, assessment.ruleset if assessment else None),
        person=person_of(intake, clinical),
        reasons=reasons_of(intake),
        clinical=clinical,
        changes=latest_changes(intake),
        unread=[one.text for one in questionnaire.questions if one.id in unread],
        gaps=[one for one in to_talk_through(intake) if not one.understood_at],
        questions=list(intake.own_questions.order_by("made_at", "pk")),
        agreements=signed_copy(intake),
        visits=visits_of(intake),
    )


def person_of(intake: Intake, clinical: Clinical | None) -> list[tuple[str, str]]:
    worked_out = list(clinical.worked_out) if clinical else []
    return [(label, words) for label, words in [*contact_rows(intake), *worked_out] if words]


def reasons_of(intake: Intake) -> list[tuple[str, str]]:
    questionnaire = load_questionnaire(intake.questionnaire)
    counted = effective(questionnaire, intake.answers(), handed_in_on(intake))
    asked = [questionnaire.by_id[key] for key in REASONS if key in questionnaire.by_id]
    rows = [(one.text, worded(questionnaire, counted, one.id)) for one in asked]
    return [(text, words) for text, words in rows if words]


def latest_changes(intake: Intake) -> tuple[Difference, ...]:
    """Between the last two times that the answers were handed in."""
    latest = list(intake.revisions.order_by("-number")[:2])
    return next((changes_between(before, after) for after, before in pairwise(latest)), ())


def visits_of(intake: Intake) -> list[tuple[str, Appointment]]:
    rows = Appointment.objects.filter(intake=intake).exclude(status=Appointment.Status.CANCELLED)
    rows = rows.select_related("visit_type", "clinician").order_by("starts_at", "pk")
    return [(when_in_words(one), one) for one in rows]
