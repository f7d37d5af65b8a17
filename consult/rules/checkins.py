"""From the answers of a check-in to an outcome with its reasons."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from consult.rules.answers import clean
from consult.rules.conditions import Evidence, judge
from consult.rules.published import load_checkins, load_questionnaire
from consult.rules.questionnaire import EmergencyMessage, Question, effective
from consult.rules.rulesets import CheckinPlan, CheckinRule, Outcome
from consult.rules.triage import emergency_message

ANY_DAY = date.max  # check-ins hold no dates, so the day they are read on changes nothing


@dataclass(frozen=True, slots=True)
class CheckinFinding:
    """One rule that fired, with the answers that made it fire."""

    rule: str
    outcome: str
    title: str
    evidence: tuple[Evidence, ...]
    sources: tuple[str, ...]
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Checkin:
    """A judged check-in.

    `plan` is a version; `unanswered` are ids that were asked that day and left open; a question
    that is optional wants no answer.
    """

    plan: str
    outcome: str
    findings: tuple[CheckinFinding, ...]
    unanswered: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON. `from_dict` is its inverse."""
        return {
            "plan": self.plan,
            "outcome": self.outcome,
            "findings": [
                asdict(one) | {"evidence": list(one.evidence), "sources": list(one.sources)}
                for one in self.findings
            ],
            "unanswered": list(self.unanswered),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Checkin":
        """A check-in as `to_dict` wrote it.

        Raises KeyError or TypeError if something is missing.
        """
        findings = (
            CheckinFinding(
                **{**one, "evidence": tuple(one["evidence"]), "sources": tuple(one["sources"])}
            )
            for one in stored["findings"]
        )
        return cls(stored["plan"], stored["outcome"], tuple(findings), tuple(stored["unanswered"]))


def questions_for(day: int, plan: CheckinPlan | None = None) -> tuple[Question, ...]:
    """The questions asked on a check-in day (1, 3, 7 …), in order; none on another day."""
    return tuple(
        question for question in (plan or load_checkins()).questions if day in question.days
    )


def assess_checkin(answers: Mapping[str, Any], plan: CheckinPlan | None = None) -> Checkin:
    """Judge one check-in, complete or not.

    In: answers by question id, with what the system knows under context.*: context.day (whole days
    since treatment), context.route_spinal, route_iv and route_local (true or false),
    context.pain_change (pain now minus before).
    Out: a Checkin; its outcome is the highest among the findings, "none" if no rule fired. The day
    decides what is asked, not what counts: a danger sign that was answered is judged on any day.
    Raises AnswerError for an answer that cannot be, also for "none" beside a sign.
    """
    plan = plan or load_checkins()
    cleaned = clean(plan.questionnaire, answers, ANY_DAY)
    counted = effective(plan.questionnaire, cleaned, ANY_DAY)
    verdicts = [(rule, judge(rule.when, counted)) for rule in plan.rules]
    findings = tuple(
        _finding(rule, verdict.evidence) for rule, verdict in verdicts if verdict.holds
    )
    day = cleaned.get("context.day")
    asked = questions_for(day, plan) if isinstance(day, int) else plan.questions
    return Checkin(
        plan=plan.version,
        outcome=_highest(plan, findings),
        findings=findings,
        unanswered=tuple(one.id for one in asked if one.required and one.id not in cleaned),
    )


def outcome(code: str, plan: CheckinPlan | None = None) -> Outcome:
    """One outcome by code: rank, words for screen and staff, how soon staff act.

    Raises KeyError for another.
    """
    return (plan or load_checkins()).by_outcome[code]


def screens(
    checkin: Checkin, country: str | None = None, plan: CheckinPlan | None = None
) -> tuple[EmergencyMessage, ...]:
    """What the person reads at once, most important first.

    The outcome's own words (without a title), unless every finding that led to it brings a message
    of its own, such as the crisis line; then those messages, with the numbers of the country filled
    in.
    """
    plan = plan or load_checkins()
    leading = [finding for finding in checkin.findings if finding.outcome == checkin.outcome]
    codes = dict.fromkeys(finding.message for finding in leading if finding.message)
    intake = load_questionnaire(plan.intake_version)
    messages = tuple(emergency_message(code, country, intake) for code in codes)
    if leading and all(finding.message for finding in leading):
        return messages
    return (EmergencyMessage(checkin.outcome, "", outcome(checkin.outcome, plan).screen), *messages)


def _finding(rule: CheckinRule, evidence: tuple[Evidence, ...]) -> CheckinFinding:
    return CheckinFinding(rule.id, rule.outcome, rule.title, evidence, rule.sources, rule.message)


def _highest(plan: CheckinPlan, findings: tuple[CheckinFinding, ...]) -> str:
    fired = [plan.by_outcome[finding.outcome] for finding in findings]
    return max(fired, key=lambda one: one.rank, default=plan.outcomes[-1]).code
