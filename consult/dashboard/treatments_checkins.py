"""Check-ins as clinicians read them: the outcome in words, what led to it, how it went."""

from collections.abc import Sequence
from dataclasses import dataclass

from consult.followups.checkin_answers import pain_before
from consult.followups.checkin_pages import said_in_words
from consult.followups.checkin_trend import Trend, trends
from consult.models import CheckIn, Treatment
from consult.rules.checkins import Checkin, CheckinFinding
from consult.rules.published import load_checkins
from consult.rules.questionnaire import Questionnaire, evidence_in_words

OUTCOMES = {
    "emergency_now": "Emergency",
    "urgent_same_day": "Urgent, same day",
    "call_24h": "Call",
    "review_72h": "To be read",
    "none": "Nothing to act on",
}


@dataclass(frozen=True, slots=True)
class Reason:
    finding: CheckinFinding
    because: Sequence[tuple[str, str]]  # what was asked or known, what was answered


@dataclass(frozen=True, slots=True)
class Read:
    """One check-in; without an outcome while nobody has answered it."""

    row: CheckIn
    outcome: str = ""  # a code
    words: str = ""
    reasons: Sequence[Reason] = ()
    said: Sequence[tuple[str, str]] = ()
    left_open: Sequence[str] = ()


def read(row: CheckIn) -> Read:
    if row.result is None:
        return Read(row)
    judged, plan = Checkin.from_dict(row.result), load_checkins(row.plan)
    outcome, asked = plan.by_outcome[judged.outcome], plan.questionnaire
    return Read(
        row,
        outcome=outcome.code,
        words=f"{OUTCOMES.get(outcome.code, outcome.code)}: {outcome.staff}",
        reasons=[Reason(one, because(one, asked)) for one in judged.findings],
        said=said_in_words(row),
        left_open=[asked.by_id[key].text for key in judged.unanswered if key in asked.by_id],
    )


def because(finding: CheckinFinding, asked: Questionnaire) -> list[tuple[str, str]]:
    return [evidence_in_words(asked, one) for one in finding.evidence]


@dataclass(frozen=True, slots=True)
class Course:
    """Everything asked after one treatment, in the order of the days."""

    checkins: Sequence[Read]
    trends: Sequence[Trend]


def course_of(treatment: Treatment) -> Course:
    rows = [one for one in treatment.checkins.all() if one.cancelled_at is None]
    answered = any(one.answered_at for one in rows)
    drawn = trends(rows, pain_before(treatment)) if answered else []
    return Course([read(one) for one in rows], drawn)


def words_for_event(row: CheckIn) -> str:
    """What a clinician may begin with who records an adverse event of a check-in."""
    titles = [one.finding.title for one in read(row).reasons]
    told = f": {'; '.join(titles)}" if titles else ""
    return f"Check-in on day {row.day}{told}."
