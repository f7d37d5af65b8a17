"""A check-in as its person meets it: what is asked, what the system knows, what to watch for."""

from collections.abc import Collection, Mapping
from typing import Any

from consult.rules.answers import AnswerError, clean_answer
from consult.rules.checkins import ANY_DAY, questions_for
from consult.rules.conditions import Answer, AtLeast, Compare, Condition
from consult.rules.published import load_checkins, load_questionnaire
from consult.rules.questionnaire import Group, Question, Questionnaire, label
from consult.rules.rulesets import CheckinPlan
from consult.rules.triage import emergency_number

# So urgent that it is taken and acted on although other questions are still open.
AT_ONCE = frozenset({"emergency_now", "urgent_same_day"})
# A task for staff by the plan's own event; what is left is only read.
CALLS = AT_ONCE | {"call_24h"}
PAIN, GOAL, FUNCTION = "ck.pain", "ck.goal", "ck.function"
YEARLY = "ck.yearly"  # a yes asks the same again a year later
# Pain before the treatment is what the form asked under the same figures, 0 to 10, “so we can
# tell later if things change”. An earlier check-in is no measure of it: it came afterwards.
PAIN_BEFORE = "concern.pain"
# By code of the form's treatment.routes.
SPINAL = frozenset({"intrathecal", "disc"})
IV = frozenset({"iv"})
LOCAL = frozenset({"joint", "muscle_tendon", "eye"})


def as_form(day: int, plan: CheckinPlan) -> Questionnaire:
    """The questions of a day. Each wants an answer, unless the data calls it optional: where one
    may not want to give it, there is a choice that says so."""
    return Questionnaire(version=plan.version, questions=questions_for(day, plan))


def left_open(asked: Questionnaire, answers: Mapping[str, Answer]) -> tuple[str, ...]:
    """The ids of what wanted an answer and has none. An optional question wants none."""
    return tuple(one.id for one in asked.questions if one.required and one.id not in answers)


def one_group(form: Questionnaire) -> Group:
    return Group("", form.questions)


def known(
    day: int, routes: Collection[str], now: Answer | None, before: int | None
) -> dict[str, Answer]:
    """What is not asked: context.*. Without a pain on both sides there is no change of it."""
    given: dict[str, Answer] = {
        "context.day": day,
        "context.route_spinal": not SPINAL.isdisjoint(routes),
        "context.route_iv": not IV.isdisjoint(routes),
        "context.route_local": not LOCAL.isdisjoint(routes),
    }
    if isinstance(now, int) and before is not None:
        given["context.pain_change"] = now - before
    return given


def as_far_as_said(form: Questionnaire, posted: Mapping[str, Any]) -> dict[str, Answer]:
    """What can be judged of answers that are incomplete or cannot be. Never raises.

    A sign beside “none” counts, as it does in the form: nobody may lose it by a slip.
    """
    said: dict[str, Answer] = {}
    for question in form.questions:
        try:
            answer = clean_answer(
                question, without_none(question, posted.get(question.id)), ANY_DAY
            )
        except AnswerError:
            continue
        if answer is not None:
            said[question.id] = answer
    return said


def without_none(question: Question, posted: Any) -> Any:
    if not isinstance(posted, list) or len(posted) < 2:
        return posted
    exclusive = {option.code for option in question.options if option.exclusive}
    return [code for code in posted if code not in exclusive]


def watch_for(outcome: str, plan: CheckinPlan | None = None) -> dict[str, list[str]]:
    """Signs that alone lead to an outcome, as the rules have them: options by question text.

    Rules with a message of their own are left out: they are no sign to watch for.
    """
    plan = plan or load_checkins()
    found: dict[str, list[str]] = {}
    for rule in plan.rules:
        if rule.outcome == outcome and not rule.message:
            for key, code in signs(rule.when):
                question = plan.questionnaire.by_id[key]
                words = found.setdefault(question.text, [])
                words += [one for one in [label(question, code)] if one not in words]
    return found


def signs(condition: Condition) -> list[tuple[str, str]]:
    """(question, option) that make it true alone, or together with what is known unasked."""
    if isinstance(condition, Compare):
        named = condition.value if isinstance(condition.value, list | tuple) else [condition.value]
        return [(condition.q, code) for code in named if isinstance(code, str)]
    if not isinstance(condition, AtLeast):
        return []
    asked = [part for part in condition.parts if not is_known(part)]
    if condition.count == 1 or len(asked) == 1:
        return [sign for part in asked for sign in signs(part)]
    return []


def is_known(condition: Condition) -> bool:
    return isinstance(condition, Compare) and condition.q.startswith("context.")


def number_to_call(country: str, plan: CheckinPlan) -> str:
    """The emergency number of a country (a person.country option); empty where it is not known."""
    return emergency_number(country, load_questionnaire(plan.intake_version))
