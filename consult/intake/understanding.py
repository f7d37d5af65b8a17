"""A few questions on key facts of our pages, before a person agrees to anything.

They are chosen by the person's own answers and kept as they were shown, with every attempt. They
find out what to talk through; nobody passes or fails, and no wrong answer keeps a form from being
sent.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from django.db import transaction

from consult import audit
from consult.intake.answering import draft_to_change
from consult.intake.judging import clinic_day
from consult.intake.refusals import NotAllowed
from consult.models import Intake, UnderstandingAnswer
from consult.rules import triage
from consult.rules.published import load_questionnaire
from content.topics import Check, checks_for

LEAST, MOST = 3, 5
TRIES = 2  # then the person goes on, and we talk about it
NOT_SURE, NOT_SURE_WORDS = "not_sure", "I am not sure"
# What everybody should know, whatever they answered.
FOR_ALL = ("suitability", "expectations", "clinic_safety")


class NotAsked(NotAllowed):
    """Questions on our pages were put to the person and have not been answered once."""

    def __init__(self) -> None:
        super().__init__("A few questions about our pages are still open.")


class Outdated(Exception):
    """The page that was posted shows a question, or a try, that is settled already."""


# ------------------------------------------------------------------------------------- choosing
def topics_of(findings: Iterable[triage.Finding]) -> list[str]:
    """Every topic of the findings once, those of the highest finding first."""
    ordered = sorted(findings, key=lambda finding: -triage.rank(finding.level))
    return list(dict.fromkeys(topic for finding in ordered for topic in finding.topics))


def choose(checks: Iterable[Check], own: Sequence[str]) -> list[Check]:
    """At most five, at least three where there are as many: one of each own topic, then what
    everybody should know, then second ones. The same for the same checks and topics."""
    by_topic: dict[str, list[Check]] = {}
    for check in checks:
        by_topic.setdefault(check.topic, []).append(check)
    mine = [by_topic[topic] for topic in own if topic in by_topic]
    for_all = [by_topic[topic] for topic in FOR_ALL if topic in by_topic and topic not in own]
    first = [of_topic[0] for of_topic in mine][:MOST]
    second = [*in_rounds(for_all), *in_rounds([of_topic[1:] for of_topic in mine])]
    return [*first, *second[: max(0, LEAST - len(first))]]


def in_rounds(lists: Sequence[Sequence[Check]]) -> Iterable[Check]:
    """The first of each, then the second of each, and so on."""
    return (one for together in zip_longest(*lists) for one in together if one)


def chosen_for(intake: Intake, *, now: datetime) -> list[Check]:
    questionnaire = load_questionnaire(intake.questionnaire)
    day = clinic_day(now)
    judged = triage.assess(intake.answers(), on=day, questionnaire=questionnaire)
    own = topics_of(judged.findings)
    return choose(checks_for([*own, *FOR_ALL], today=day), own)


# -------------------------------------------------------------------------------------- keeping
def ask(intake: Intake, *, now: datetime) -> list[UnderstandingAnswer]:
    """The questions of a complete form in their order; makes the rows that are missing.

    What has been answered stays whatever changes; what has not and no longer concerns the answers
    goes. A row keeps the words that were shown. Empty where no page has questions. Raises
    NotAllowed when the form is sent.
    """
    checks = chosen_for(intake, now=now)
    rows = list(intake.understanding.all())
    if not any(changes(rows, checks)):
        return rows  # as nearly always: looking at a page locks nothing
    with transaction.atomic():
        locked = draft_to_change(intake)
        gone, new = changes(list(locked.understanding.all()), checks)
        locked.understanding.filter(pk__in=[row.pk for row in gone]).delete()
        last = max((row.position for row in locked.understanding.all()), default=0)
        for position, check in enumerate(new, start=last + 1):
            UnderstandingAnswer.objects.create(
                intake=locked, position=position, asked=as_shown(check), asked_at=now
            )
        audit.record(
            by=locked.owner, did="chose questions on our pages", to=locked, now=now, new=len(new)
        )
    return list(intake.understanding.all())


def changes(
    rows: Collection[UnderstandingAnswer], checks: Sequence[Check]
) -> tuple[list[UnderstandingAnswer], list[Check]]:
    """The rows that go, and the checks that are to be asked beside those that stay."""
    wanted = {check.check for check in checks}
    stay = [row for row in rows if row.attempts or row.asked["check"] in wanted]
    asked = {row.asked["check"] for row in stay}
    new = [check for check in checks if check.check not in asked]
    return [row for row in rows if row not in stay], new[: max(0, MOST - len(stay))]


def as_shown(check: Check) -> dict[str, Any]:
    shown = asdict(check)
    shown["page_version"] = shown.pop("version")
    for name in ("options", "sources"):
        shown[name] = [list(pair) for pair in shown[name]]
    return shown


def answer(
    intake: Intake, *, question: str, tries: int, chosen: str, now: datetime
) -> UnderstandingAnswer:
    """Keep one try at a question; `chosen` is an option's code or “not sure”.

    `question` is the row's id and `tries` how many tries the page knew of. Raises Outdated where
    the row is gone or settled, or has had that try already; NotAllowed when the form is sent.
    """
    with transaction.atomic():
        locked = draft_to_change(intake)
        row = next((one for one in locked.understanding.all() if str(one.pk) == question), None)
        if row is None or is_settled(row) or len(row.attempts) != tries:
            raise Outdated
        right = chosen == row.asked["right"]
        attempt = {"at": now.isoformat(), "chosen": chosen, "right": right}
        row.attempts = [*row.attempts, attempt]
        row.understood_at = now if right else None
        row.save(update_fields=["attempts", "understood_at"])
        audit.record(
            by=locked.owner,
            did="answered a question on our pages",
            to=locked,
            now=now,
            position=row.position,
        )
    return row


# -------------------------------------------------------------------------------------- reading
def is_settled(row: UnderstandingAnswer) -> bool:
    return bool(row.understood_at) or len(row.attempts) >= TRIES


def next_open(rows: Iterable[UnderstandingAnswer]) -> UnderstandingAnswer | None:
    return next((row for row in rows if not is_settled(row)), None)


def refuse_unasked(intake: Intake) -> None:
    """Raises NotAsked while a question that was put to the person has not been tried once.

    Where no question was put, nothing is asked for: the pages of the form put them, see `ask`.
    """
    if any(not row.attempts for row in intake.understanding.all()):
        raise NotAsked


@dataclass(frozen=True, slots=True)
class Try:
    words: str
    right: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as the care team reads it."""

    asked: Mapping[str, Any]  # as it was shown
    asked_at: datetime
    understood_at: datetime | None
    tries: Sequence[Try]


def to_talk_through(intake: Intake) -> list[Asked]:
    """For the care team: what was not understood first, each in the order of asking."""
    rows = sorted(intake.understanding.all(), key=lambda row: bool(row.understood_at))
    return [Asked(row.asked, row.asked_at, row.understood_at, tries_of(row)) for row in rows]


def tries_of(row: UnderstandingAnswer) -> list[Try]:
    words = {NOT_SURE: NOT_SURE_WORDS} | dict(row.asked["options"])
    return [Try(words.get(one["chosen"], ""), one["right"]) for one in row.attempts]
