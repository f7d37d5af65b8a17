"""What published rule files hold: levels, topics, rules, check-ins, follow-ups, sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from consult.rules.conditions import Condition
from consult.rules.questionnaire import Question, Questionnaire


@dataclass(frozen=True, slots=True)
class ReviewWithin:
    """A promise a clock can keep: `amount` of `unit`, "working_hours" or "working_days"."""

    amount: int
    unit: str


@dataclass(frozen=True, slots=True)
class Level:
    """How soon a form is read.

    `queue` is the promise in words for staff, `promise` the patient's sentence.
    """

    code: str
    rank: int
    label: str
    queue: str
    promise: str
    review_within: ReviewWithin | None
    colour_hint: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    title: str
    topics: tuple[str, ...]
    level: str
    when: Condition
    staff: str
    patient: str
    action: str
    sources: tuple[str, ...]
    basis: str
    immediate: str | None = None


@dataclass(frozen=True)
class Ruleset:
    """One published version of the triage rules.

    Levels are in order, highest first; rules in file order.
    """

    version: str
    intake_version: str
    levels: tuple[Level, ...]
    topics: tuple[Topic, ...]
    rules: tuple[Rule, ...]
    overall: str = ""
    not_a_verdict: str = ""
    semantics: tuple[str, ...] = ()

    @cached_property
    def by_level(self) -> dict[str, Level]:
        return {level.code: level for level in self.levels}

    @cached_property
    def by_rule(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rules}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check-in leads to: words for screen and staff, and how soon staff act, if at all."""

    code: str
    rank: int
    screen: str
    staff: str
    within: timedelta | None


@dataclass(frozen=True, slots=True)
class CheckinRule:
    """`message` is an emergency message of the intake, shown in place of the outcome's words."""

    id: str
    title: str
    outcome: str
    when: Condition
    sources: tuple[str, ...]
    message: str | None = None


@dataclass(frozen=True)
class CheckinPlan:
    """One published version of the check-ins.

    `questionnaire` holds the questions and context.* alike. `days` come after every treatment,
    `yearly_days` only for whoever said at the one before that they are welcome. `unconfirmed` are
    the questions whose words no clinician has confirmed yet.
    """

    version: str
    intake_version: str
    days: tuple[int, ...]
    questionnaire: Questionnaire
    outcomes: tuple[Outcome, ...]
    rules: tuple[CheckinRule, ...]
    recheck_questions: tuple[str, ...]
    yearly_days: tuple[int, ...] = ()
    unconfirmed: frozenset[str] = frozenset()

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(one for one in self.questionnaire.questions if one.kind != "context")

    @cached_property
    def by_outcome(self) -> dict[str, Outcome]:
        return {outcome.code: outcome for outcome in self.outcomes}


@dataclass(frozen=True, slots=True)
class Delay:
    """One offset from the anchor: exact hours, days, or the calendar day N after treatment.

    `on_days` limits it to the check-ins of those days; empty means all, or all that no other delay
    names.
    """

    amount: int
    unit: str
    on_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One message or task:

    `channel` email, portal or staff_task; `needs` email_consent, service or none.
    """

    id: str
    channel: str
    trigger: str
    offset: str
    delays: tuple[Delay, ...]
    needs: str
    subject: str
    purpose: str
    stop_if: str = ""
    staff_if_no_email: bool = False

    @property
    def is_checkin(self) -> bool:
        return any(delay.unit == "day_of_treatment" for delay in self.delays)


@dataclass(frozen=True)
class FollowupPlan:
    """One published version. `notes` say what is other than in the one before, and why."""

    version: str
    time_rules: tuple[str, ...]
    consent_rules: tuple[str, ...]
    events: tuple[Event, ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Event]:
        return {event.id: event for event in self.events}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from.

    `seen`: abstract or excerpt (only that was read), memory (must be confirmed).
    """

    id: str
    title: str
    url: str
    seen: str
    fact: str


Sources = Mapping[str, Source]
