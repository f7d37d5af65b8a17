"""How a form changed after it was sent: revisions, assessments, what was asked, clearance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from consult.followups.clearance import reasons_for, standings
from consult.models import Appointment, Assessment, FollowUpRequest, Intake, Recheck, Revision
from consult.rules import clearance
from consult.rules.clearance import FOR_STAFF, SIGNS, SIGNS_QUESTION, signs_told
from consult.rules.differences import Difference, differences
from consult.rules.published import load_questionnaire, load_ruleset


@dataclass(frozen=True, slots=True)
class Revised:
    revision: Revision
    changes: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Judged:
    assessment: Assessment
    label: str
    rules: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    step: str
    question: str
    words: str


@dataclass(frozen=True, slots=True)
class Asked:
    request: FollowUpRequest
    items: Sequence[Wanted]


@dataclass(frozen=True, slots=True)
class Told:
    """An answer to “has anything changed?”, with the signs ticked before a treatment."""

    recheck: Recheck
    signs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Ahead:
    visit: Appointment
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class Changing:
    """Everything newest first. `new` are ids of rules that the assessment before did not have,
    `gone` the titles of findings that it had and the latest has not."""

    revisions: Sequence[Revised]
    earlier: Sequence[Judged]
    new: frozenset[str]
    gone: Sequence[str]
    told: Sequence[Told]
    asked: Sequence[Asked]


def changing_of(intake: Intake) -> Changing:
    judged = [judged_of(one) for one in intake.assessments.order_by("-made_at", "-pk")]
    before = judged[1] if len(judged) > 1 else None
    return Changing(
        revisions=revisions_of(intake),
        earlier=judged[1:],
        new=judged[0].rules - before.rules if before else frozenset(),
        gone=titles_gone(before, judged[0]) if before else (),
        told=[told_of(one) for one in intake.rechecks.order_by("-answered_at", "-pk")],
        asked=requests_of(intake),
    )


def revisions_of(intake: Intake) -> list[Revised]:
    rows = list(intake.revisions.order_by("-number"))
    found = [Revised(after, changes_between(before, after)) for after, before in pairwise(rows)]
    return found + [Revised(one, ()) for one in rows[-1:]]


def changes_between(before: Revision, after: Revision) -> tuple[Difference, ...]:
    return differences(
        before.answers,
        after.answers,
        questionnaire=load_questionnaire(after.questionnaire),
        earlier=load_questionnaire(before.questionnaire),
    )


def judged_of(assessment: Assessment) -> Judged:
    found = assessment.result
    level = load_ruleset(assessment.ruleset).by_level[found["level"]]
    return Judged(assessment, level.label, frozenset(one["rule"] for one in found["findings"]))


def titles_gone(before: Judged, latest: Judged) -> list[str]:
    findings = before.assessment.result["findings"]
    return [one["title"] for one in findings if one["rule"] not in latest.rules]


def told_of(recheck: Recheck) -> Told:
    ticked = (recheck.answers or {}).get(SIGNS_QUESTION, ())
    return Told(recheck, [SIGNS.get(code, code) for code in signs_told(ticked)])


def requests_of(intake: Intake) -> list[Asked]:
    questionnaire = load_questionnaire(intake.questionnaire)
    titles = {step.id: step.title for step in questionnaire.steps}
    rows = FollowUpRequest.objects.filter(intake=intake).select_related("by")
    return [
        Asked(
            row,
            [
                Wanted(
                    titles.get(item["step"], item["step"]),
                    questionnaire.by_id[item["question"]].text if item["question"] else "",
                    item["words"],
                )
                for item in row.items
            ],
        )
        for row in rows.order_by("-asked_at", "-pk")
    ]


@dataclass(frozen=True, slots=True)
class Cleared:
    """Whether new visits can be chosen, and which of those ahead are not cleared."""

    reasons: Sequence[str]
    ahead: Sequence[Ahead]


def clearance_of(intake: Intake, *, now: datetime) -> Cleared:
    form = standings([intake])[intake.pk]
    visits = Appointment.objects.filter(intake=intake).upcoming(now)
    found = clearance.not_cleared(clearance.CONSULTATION, form.standing(), now=now)
    return Cleared(
        [FOR_STAFF[one] for one in found],
        [
            Ahead(one, reasons_for(one, form, now=now))
            for one in visits.select_related("visit_type", "intake")
        ],
    )
