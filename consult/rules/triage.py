"""From answers to a level with its reasons. A level orders the queue; it never rejects a person."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from consult.rules.answers import clean
from consult.rules.conditions import Evidence, judge
from consult.rules.published import load_questionnaire, load_ruleset
from consult.rules.questionnaire import EmergencyMessage, Number, Questionnaire, effective, unknowns
from consult.rules.rulesets import Level, Rule, Ruleset

NOWHERE = "other"  # the country option whose number is "your local emergency number"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that fired: words for staff and patient, and the answers that made it fire."""

    rule: str
    level: str
    title: str
    topics: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    staff: str
    patient: str
    action: str
    sources: tuple[str, ...]
    basis: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """A judged form.

    `ruleset` and `questionnaire` are versions; findings are in the order of the rules.
    """

    ruleset: str
    questionnaire: str
    level: str
    findings: tuple[Finding, ...]
    unknowns: tuple[str, ...]
    immediate: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON: lists, dicts, texts and numbers. `from_dict` is its inverse."""
        return {
            **{key: getattr(self, key) for key in ("ruleset", "questionnaire", "level")},
            "findings": [_plain(asdict(finding)) for finding in self.findings],
            "unknowns": list(self.unknowns),
            "immediate": list(self.immediate),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Assessment":
        """An assessment as `to_dict` wrote it.

        Raises KeyError or TypeError if something is missing.
        """
        return cls(
            ruleset=stored["ruleset"],
            questionnaire=stored["questionnaire"],
            level=stored["level"],
            findings=tuple(Finding(**_frozen(finding)) for finding in stored["findings"]),
            unknowns=tuple(stored["unknowns"]),
            immediate=tuple(stored["immediate"]),
        )


def assess(
    answers: Mapping[str, Any],
    *,
    on: date,
    ruleset: Ruleset | None = None,
    questionnaire: Questionnaire | None = None,
) -> Assessment:
    """Judge one form, complete or not.

    In: raw or stored answers by question id (dates ISO, cm, kg), the day of submission in the
    clinic's zone; the latest published rules and questions unless others are given.
    Out: an Assessment. Its level is the highest among the findings, "routine" if no rule fired.
    Raises AnswerError for an answer that cannot be (see `answers.clean`).
    """
    ruleset = ruleset or load_ruleset()
    questionnaire = questionnaire or load_questionnaire()
    answers = clean(questionnaire, answers, on)
    counted = effective(questionnaire, answers, on)
    fired = _fired(ruleset.rules, counted)
    findings = tuple(_finding(rule, evidence) for rule, evidence in fired)
    return Assessment(
        ruleset=ruleset.version,
        questionnaire=questionnaire.version,
        level=highest((finding.level for finding in findings), ruleset),
        findings=findings,
        unknowns=unknowns(questionnaire, answers),
        immediate=_messages(fired),
    )


def immediate(answers: Mapping[str, Any], ruleset: Ruleset | None = None) -> tuple[str, ...]:
    """Codes of the emergency messages to show at once, each once, in the order of the rules.

    In: the raw answers of one page or of a whole draft. Unlike `assess` it never raises and applies
    no exclusive option: a danger sign counts even beside "none", or beside an answer that cannot
    be.
    """
    return _messages(
        _fired([rule for rule in (ruleset or load_ruleset()).rules if rule.immediate], answers)
    )


def emergency_message(
    code: str, country: str | None = None, questionnaire: Questionnaire | None = None
) -> EmergencyMessage:
    """The message with the numbers of the country (a person.country option) filled in.

    Without a known country it says "your local emergency number". A crisis line that is not
    confirmed is followed by what to do if nobody answers. Raises KeyError for an unknown code.
    """
    questionnaire = questionnaire or load_questionnaire()
    message = questionnaire.messages[code]
    emergency = _number(questionnaire.emergency_numbers, country)
    crisis = _number(questionnaire.crisis_numbers, country)
    # An editor's doubt about a number is of no use to someone in a crisis; another number is.
    doubt = "" if crisis.confirmed else f" (if nobody answers there, call {emergency.text})"
    body = message.body.format(emergency_number=emergency.text, crisis_number=crisis.text + doubt)
    return EmergencyMessage(code, message.title, body)


def emergency_number(country: str | None, questionnaire: Questionnaire) -> str:
    """The number to call in this country (a person.country option); empty where it is not known."""
    known = country in questionnaire.emergency_numbers and country != NOWHERE
    return _number(questionnaire.emergency_numbers, country).text if known else ""


def levels(ruleset: Ruleset | None = None) -> tuple[Level, ...]:
    """All levels with rank, label and promises, highest first."""
    return (ruleset or load_ruleset()).levels


def level(code: str, ruleset: Ruleset | None = None) -> Level:
    """One level by code. Raises KeyError for an unknown code."""
    return (ruleset or load_ruleset()).by_level[code]


def rank(code: str, ruleset: Ruleset | None = None) -> int:
    """The rank of a level: higher is read sooner. Raises KeyError for an unknown code."""
    return level(code, ruleset).rank


def highest(codes: Iterable[str], ruleset: Ruleset | None = None) -> str:
    """The highest of some levels; "routine" of none. Raises KeyError for an unknown code."""
    ruleset = ruleset or load_ruleset()
    return max(
        (ruleset.by_level[code] for code in codes),
        key=lambda one: one.rank,
        default=ruleset.levels[-1],
    ).code


def working_level(
    assessment: Assessment, closed: Collection[str], ruleset: Ruleset | None = None
) -> str:
    """The level that remains when a clinician has closed some rules: the highest among the others.

    In: an assessment and the ids of the closed rules. Out: a level code.
    """
    return highest(
        (finding.level for finding in assessment.findings if finding.rule not in closed), ruleset
    )


def _fired(
    rules: Iterable[Rule], answers: Mapping[str, Any]
) -> list[tuple[Rule, tuple[Evidence, ...]]]:
    verdicts = [(rule, judge(rule.when, answers)) for rule in rules]
    return [(rule, verdict.evidence) for rule, verdict in verdicts if verdict.holds]


def _finding(rule: Rule, evidence: tuple[Evidence, ...]) -> Finding:
    same = ("level", "title", "topics", "staff", "patient", "action", "sources", "basis")
    return Finding(rule=rule.id, evidence=evidence, **{key: getattr(rule, key) for key in same})


def _messages(fired: Iterable[tuple[Rule, tuple[Evidence, ...]]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rule.immediate for rule, _ in fired if rule.immediate))


def _number(numbers: Mapping[str, Number], country: str | None) -> Number:
    return numbers.get(country or NOWHERE, numbers[NOWHERE])


def _plain(finding: dict[str, Any]) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, tuple) else value for key, value in finding.items()
    }


def _frozen(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in finding.items()
    }
