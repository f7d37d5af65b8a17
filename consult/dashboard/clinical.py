"""What a clinician reads of one form: findings with their reasons, unknowns, answers in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from consult.models import Intake
from consult.rules import triage
from consult.rules.conditions import Answers
from consult.rules.published import load_questionnaire, load_ruleset, load_sources
from consult.rules.questionnaire import (
    Questionnaire,
    effective,
    evidence_in_words,
    in_words,
    visible,
)
from consult.rules.rulesets import Level, Source
from content.topics import TopicLink, pages_for


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding, with everything that stands behind it."""

    finding: triage.Finding
    level: Level
    because: Sequence[tuple[str, str]]  # what was asked, what was answered
    also: Sequence[str]  # other topics that it belongs to
    sources: Sequence[Source]


@dataclass(frozen=True, slots=True)
class TopicReasons:
    title: str
    page: TopicLink | None
    reasons: list[Reason] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    key: str
    question: str
    answer: str
    is_text: bool


@dataclass(frozen=True, slots=True)
class Clinical:
    ruleset: str
    topics: Sequence[TopicReasons]
    unknowns: Sequence[str]
    alarms: Sequence[str]
    concern: str
    worked_out: Sequence[tuple[str, str]]
    steps: Sequence[tuple[str, Sequence[Asked]]]

    @property
    def texts(self) -> list[Asked]:
        """What the person wrote freely."""
        return [one for _, asked in self.steps for one in asked if one.is_text and one.answer]


def clinical_part(intake: Intake, judged: triage.Assessment, on: date) -> Clinical:
    questionnaire, answers = load_questionnaire(intake.questionnaire), intake.answers()
    asked_with = load_questionnaire(judged.questionnaire)
    counted = effective(questionnaire, answers, on)
    return Clinical(
        ruleset=judged.ruleset,
        topics=by_topic(judged, asked_with),
        unknowns=[asked_with.by_id[key].text for key in judged.unknowns],
        alarms=[asked_with.messages[code].title for code in judged.immediate],
        concern=worded(questionnaire, counted, "concern.main"),
        worked_out=[
            (one.text, worded(questionnaire, counted, one.id)) for one in questionnaire.worked_out
        ],
        steps=list(by_step(questionnaire, counted)),
    )


def worded(questionnaire: Questionnaire, counted: Answers, key: str) -> str:
    return in_words(questionnaire.by_id[key], counted[key]) if key in counted else ""


def by_topic(judged: triage.Assessment, asked_with: Questionnaire) -> list[TopicReasons]:
    """Findings under their first topic; the topic of the highest finding first."""
    ruleset = load_ruleset(judged.ruleset)
    titles = {topic.code: topic.title for topic in ruleset.topics}
    pages = pages_for({topic for finding in judged.findings for topic in finding.topics})
    groups: dict[str, TopicReasons] = {}
    for finding in sorted(judged.findings, key=lambda one: -ruleset.by_level[one.level].rank):
        first = finding.topics[0]
        group = groups.setdefault(first, TopicReasons(titles[first], pages.get(first)))
        group.reasons.append(reason(finding, ruleset.by_level[finding.level], titles, asked_with))
    return list(groups.values())


def reason(
    finding: triage.Finding,
    level: Level,
    titles: Mapping[str, str],
    asked_with: Questionnaire,
) -> Reason:
    register = load_sources()
    return Reason(
        finding=finding,
        level=level,
        because=[evidence_in_words(asked_with, one) for one in finding.evidence],
        also=[titles[topic] for topic in finding.topics[1:]],
        sources=[register[key] for key in finding.sources if key in register],
    )


def by_step(
    questionnaire: Questionnaire, counted: Answers
) -> Iterator[tuple[str, Sequence[Asked]]]:
    """The form as the person saw it: every question that was asked, answered or not."""
    shown = visible(questionnaire, counted)
    for step in questionnaire.steps:
        asked = [
            Asked(one.id, one.text, worded(questionnaire, counted, one.id), one.type == "text")
            for one in shown
            if one.step == step.id
        ]
        if asked:
            yield step.title, asked
