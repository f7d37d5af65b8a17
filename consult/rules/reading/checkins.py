"""Read one published version of the check-ins."""

from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path

from consult.rules.questionnaire import Question, Questionnaire
from consult.rules.reading.questions import read_question
from consult.rules.reading.strict import Entry, read_file, read_version
from consult.rules.reading.triage import read_cited, read_when
from consult.rules.rulesets import CheckinPlan, CheckinRule, Outcome

LOWEST = "none"
TOP_KEYS = (
    *(
        "version",
        "intake_version",
        "recheck_questions",
        "days",
        "yearly_days",
        "context",
        "outcomes",
        "questions",
        "rules",
    ),
)
QUESTION_KEYS = (
    "id",
    "days",
    "type",
    "text",
    "options",
    "unknown_codes",
    "enable_when",
    "min",
    "max",
    "max_length",
    "optional",
    "sources",
)
JUDGEMENT = "JUDGEMENT"


def read_checkins(
    path: Path, questions_of: Callable[[str], Questionnaire], sources: Collection[str]
) -> CheckinPlan:
    """Read `<version>.yaml` and check it.

    Raises DataError naming the file, the entry and the reason.
    """
    top = read_file(path)
    top.only(*TOP_KEYS)
    version = read_version(top, path)
    intake = questions_of(top.text("intake_version"))
    days, yearly = top.numbers("days"), _yearly_days(top)
    questionnaire = Questionnaire(version, _questions(top, days + yearly))
    outcomes = tuple(_outcome(entry) for entry in top.parts("outcomes", name="code"))
    _check_ranks(top, outcomes)
    codes = [outcome.code for outcome in outcomes]
    return CheckinPlan(
        version=version,
        intake_version=intake.version,
        days=days,
        questionnaire=questionnaire,
        outcomes=outcomes,
        rules=tuple(
            _rule(one, questionnaire, codes, intake, sources) for one in top.parts("rules")
        ),
        recheck_questions=top.codes("recheck_questions"),
        yearly_days=yearly,
        unconfirmed=_unconfirmed(top, sources),
    )


def _yearly_days(top: Entry) -> tuple[int, ...]:
    days = top.numbers("yearly_days") if "yearly_days" in top.data else ()
    if list(days) != sorted({*days}) or (days and days[0] <= max(top.numbers("days"))):
        raise top.refuse("yearly_days should come after the other days, in order")
    return days


def _unconfirmed(top: Entry, sources: Collection[str]) -> frozenset[str]:
    named = (one for one in top.parts("questions") if "sources" in one.data)
    cited = {one.item: read_cited(one, sources) for one in named}
    return frozenset(key for key, names in cited.items() if JUDGEMENT in names)


def _questions(top: Entry, days: tuple[int, ...]) -> tuple[Question, ...]:
    """context.* first: it is known before anything is asked, so any question may depend on it."""
    known: dict[str, Question] = {}
    for entry in top.parts("context"):
        entry.only("id", "type", "text", "min", "max")
        known[entry.item] = Question(**read_question(entry, {}, entry), kind="context")
    for entry in top.parts("questions"):
        entry.only(*QUESTION_KEYS)
        if entry.item in known:
            raise entry.refuse("appears both in context and in questions")
        known[entry.item] = Question(
            **read_question(entry, known, entry),
            days=_days(entry, days),
            required=not entry.flag("optional"),
        )
    return tuple(known.values())


def _days(entry: Entry, days: tuple[int, ...]) -> tuple[int, ...]:
    asked = entry.numbers("days")
    if not asked or not set(asked) <= set(days):
        raise entry.refuse(f"is asked on days {list(asked)}, but check-ins are on {list(days)}")
    return asked


def _outcome(entry: Entry) -> Outcome:
    entry.only("code", "rank", "within_minutes", "screen", "staff")
    minutes = None if entry.data.get("within_minutes", 0) is None else entry.whole("within_minutes")
    return Outcome(
        code=entry.code("code"),
        rank=entry.whole("rank"),
        screen=entry.text("screen"),
        staff=entry.text("staff"),
        within=None if minutes is None else timedelta(minutes=minutes),
    )


def _check_ranks(top: Entry, outcomes: tuple[Outcome, ...]) -> None:
    ranks = [outcome.rank for outcome in outcomes]
    if ranks != sorted(set(ranks), reverse=True):
        raise top.refuse("outcomes should be listed highest rank first, each rank once")
    if not outcomes or outcomes[-1].code != LOWEST:
        raise top.refuse(f"the last outcome should be {LOWEST}")


def _rule(
    entry: Entry,
    questionnaire: Questionnaire,
    outcomes: list[str],
    intake: Questionnaire,
    sources: Collection[str],
) -> CheckinRule:
    entry.only("id", "title", "outcome", "message", "when", "sources")
    return CheckinRule(
        id=entry.item,
        title=entry.text("title"),
        outcome=entry.one_of("outcome", outcomes),
        when=read_when(entry, questionnaire.by_id),
        sources=read_cited(entry, sources),
        message=entry.one_of("message", intake.messages) if "message" in entry.data else None,
    )
