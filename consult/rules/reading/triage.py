"""Read one published version of the triage rules."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path

from consult.rules.conditions import Condition, judge
from consult.rules.questionnaire import Question, Questionnaire
from consult.rules.reading.conditions import read_condition
from consult.rules.reading.reachable import could_hold
from consult.rules.reading.strict import DataError, Entry, read_file, read_version
from consult.rules.rulesets import Level, ReviewWithin, Rule, Ruleset, Topic

LOWEST = "routine"  # the level of a form no rule fires on
TOP_KEYS = (
    *(
        "version",
        "intake",
        "intake_version",
        "levels",
        "overall",
        "not_a_verdict",
        "semantics",
        "topics",
        "rules",
    ),
)
RULE_KEYS = (
    *(
        "id",
        "title",
        "topics",
        "level",
        "immediate",
        "when",
        "staff",
        "patient",
        "action",
        "sources",
        "basis",
    ),
)


def read_ruleset(
    path: Path, questions_of: Callable[[str], Questionnaire], sources: Collection[str]
) -> Ruleset:
    """Read `<version>.yaml` and check it against the questions of the intake version it names.

    Raises DataError naming the file, the entry and the reason.
    """
    top = read_file(path)
    top.only(*TOP_KEYS)
    version = read_version(top, path)
    questionnaire = questions_of(top.text("intake_version"))
    if top.text("intake") != questionnaire.id:
        raise top.refuse(
            f"is written for {top.text('intake')}, but the questions are {questionnaire.id}"
        )
    topics = tuple(_topic(entry) for entry in top.parts("topics", name="code"))
    _check_informs(questionnaire, {topic.code for topic in topics})
    levels = tuple(_level(entry) for entry in top.parts("levels", name="code"))
    _check_ranks(top, levels)
    ruleset = Ruleset(
        version=version,
        intake_version=top.text("intake_version"),
        levels=levels,
        topics=topics,
        rules=(),
        overall=top.text("overall"),
        not_a_verdict=top.text("not_a_verdict"),
        semantics=top.texts("semantics"),
    )
    return replace(
        ruleset,
        rules=tuple(_rule(one, ruleset, questionnaire, sources) for one in top.parts("rules")),
    )


def read_when(entry: Entry, known: Mapping[str, Question]) -> Condition:
    """The condition of a rule: it can fire, and it needs an answer to do so. Raises DataError."""
    when = read_condition(entry, "when", known)
    if not could_hold(when, known):
        raise entry.refuse("can never fire: no answers make its condition true")
    if judge(when, {}).holds:
        raise entry.refuse("fires without any answer, but missing is not no")
    return when


def read_cited(entry: Entry, sources: Collection[str]) -> tuple[str, ...]:
    """The source ids of a rule: at least one, all in the register. Raises DataError."""
    cited = entry.codes("sources")
    if not cited:
        raise entry.refuse("names no source")
    for source in cited:
        if source not in sources:
            raise entry.refuse(f"cites {source}, which is not in the register of sources")
    return cited


def _rule(
    entry: Entry, ruleset: Ruleset, questionnaire: Questionnaire, sources: Collection[str]
) -> Rule:
    entry.only(*RULE_KEYS)
    return Rule(
        id=entry.item,
        title=entry.text("title"),
        topics=_topics(entry, ruleset),
        level=entry.one_of("level", ruleset.by_level),
        when=read_when(entry, questionnaire.by_id),
        staff=entry.text("staff"),
        patient=entry.text("patient"),
        action=entry.text("action"),
        sources=read_cited(entry, sources),
        basis=entry.text("basis"),
        immediate=entry.one_of("immediate", questionnaire.messages)
        if "immediate" in entry.data
        else None,
    )


def _topics(entry: Entry, ruleset: Ruleset) -> tuple[str, ...]:
    topics, known = entry.codes("topics"), [topic.code for topic in ruleset.topics]
    if not topics:
        raise entry.refuse("names no topic")
    for topic in topics:
        if topic not in known:
            raise entry.refuse(f"names the topic {topic}, which does not exist")
    return topics


def _topic(entry: Entry) -> Topic:
    entry.only("code", "title")
    return Topic(entry.code("code"), entry.text("title"))


def _level(entry: Entry) -> Level:
    entry.only("code", "rank", "label", "queue", "colour_hint", "review_within", "promise")
    return Level(
        code=entry.code("code"),
        rank=entry.whole("rank"),
        label=entry.text("label"),
        queue=entry.text("queue"),
        promise=entry.text("promise"),
        review_within=_review_within(entry),
        colour_hint=entry.words("colour_hint"),
    )


def _review_within(entry: Entry) -> ReviewWithin | None:
    if "review_within" in entry.data and entry.data["review_within"] is None:
        return None
    within = entry.part("review_within")
    within.only("working_hours", "working_days")
    if len(within.data) != 1:
        raise entry.refuse("review_within should hold working_hours or working_days")
    unit = next(iter(within.data))
    return ReviewWithin(within.whole(unit), unit)


def _check_ranks(top: Entry, levels: tuple[Level, ...]) -> None:
    ranks = [level.rank for level in levels]
    if ranks != sorted(set(ranks), reverse=True):
        raise top.refuse("levels should be listed highest rank first, each rank once")
    if not levels or levels[-1].code != LOWEST:
        raise top.refuse(f"the last level should be {LOWEST}")


def _check_informs(questionnaire: Questionnaire, topics: set[str]) -> None:
    for question in questionnaire.questions:
        for topic in question.informs:
            if topic not in topics:
                file = f"intake/{questionnaire.version}.yaml"
                raise DataError(
                    file, question.id, f"informs the topic {topic}, which the rules do not know"
                )
