"""What the pages of a check-in show: the form, the advice, what was said, how it went."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone

from consult.followups.checkin_answers import (
    ANSWERED,
    OPEN,
    context,
    pain_before,
    standing,
)
from consult.followups.checkin_trend import trends
from consult.models import CheckIn, Intake
from consult.questions import QuestionsForm
from consult.rules import clock
from consult.rules.answers import AnswerError
from consult.rules.checkin_form import (
    AT_ONCE,
    as_far_as_said,
    as_form,
    number_to_call,
    one_group,
    watch_for,
)
from consult.rules.checkins import Checkin, assess_checkin, screens
from consult.rules.conditions import Answer
from consult.rules.published import load_checkins
from consult.rules.questionnaire import (
    EmergencyMessage,
    Question,
    Questionnaire,
    in_words,
)
from consult.rules.rulesets import CheckinPlan
from content.topics import clinic_phone

COUNTRY = "person.country"
NEWS_FOR = timedelta(days=1)  # so long advice is read out at once, as if it had just come
AFTER = {1: "the day after", 3: "three days after", 7: "one week after", 30: "one month after"}
AFTER |= {90: "three months after", 180: "six months after", 365: "one year after"}
AFTER |= {730: "two years after", 1095: "three years after"}
AFTER |= {1460: "four years after", 1825: "five years after"}


def after_in_words(day: int) -> str:
    """“one week after”: which check-in this is, whenever it is answered."""
    return AFTER.get(day, f"{day} days after")


# ------------------------------------------------------------------------------------- the form
def form_for(row: CheckIn, data: QueryDict | None = None) -> QuestionsForm:
    plan = load_checkins(row.plan)
    return form_of(plan, as_form(row.day, plan).questions, data)


def form_of(
    plan: CheckinPlan,
    asked: Sequence[Question],
    data: QueryDict | None,
    *,
    only: Collection[str] | None = None,
) -> QuestionsForm:
    form = Questionnaire(version=plan.version, questions=tuple(asked))
    today, groups = timezone.localdate(), [one_group(form)]
    return QuestionsForm(form, groups, stored={}, today=today, only=only, data=data)


def said_at_once(row: CheckIn, form: QuestionsForm, *, now: datetime) -> dict[str, Answer] | None:
    """What can be taken of a form that is not complete, if it names a sign that cannot wait."""
    said = as_far_as_said(form.questionnaire, form.everything_said())
    plan = load_checkins(row.plan)
    judged = assess_checkin(said | context(row.treatment, said, now=now), plan)
    return said if judged.outcome in AT_ONCE else None


# ------------------------------------------------------------------------------------ the pages
def around(row: CheckIn) -> dict[str, Any]:
    intake, plan = row.treatment.intake, load_checkins(row.plan)
    return {
        "checkin": row,
        "intake": intake,
        "after": after_in_words(row.day),
        "for_another": bool(intake.carer),
        "emergency_number": number_to_call(country_of(intake), plan),
        "phone": clinic_phone(),
    }


def country_of(intake: Intake) -> str:
    return str(intake.answers().get(COUNTRY, ""))


def opens_in_words(row: CheckIn) -> str:
    return clock.day_in_words(row.due_at, ZoneInfo(row.treatment.zone))


def cards(judged: Checkin, country: str) -> list[EmergencyMessage]:
    return list(screens(judged, country, load_checkins(judged.plan)))


def answered(row: CheckIn, *, now: datetime) -> dict[str, Any]:
    """The advice with the numbers of the person's country, what was said, and how it went."""
    judged, plan = Checkin.from_dict(row.result), load_checkins(row.plan)
    rows = list(row.treatment.checkins.all())
    at = row.answered_at or now
    return around(row) | {
        "outcome": judged.outcome,
        "is_urgent": judged.outcome in AT_ONCE,
        "is_news": now - at < NEWS_FOR,
        "answered_on": clock.day_in_words(at, ZoneInfo(row.treatment.zone)),
        "cards": cards(judged, country_of(row.treatment.intake)),
        "watch": [(AT_ONCE_WORDS[code], watch_for(code, plan)) for code in AT_ONCE_WORDS],
        "said": said_in_words(row),
        "left_open": len(judged.unanswered),
        "trends": trends(rows, pain_before(row.treatment)),
    }


AT_ONCE_WORDS = {
    "emergency_now": "Call your emergency number, or go to an emergency department, if this comes",
    "urgent_same_day": "Be seen by a doctor the same day if this comes",
}


def said_in_words(row: CheckIn) -> list[tuple[str, str]]:
    """Every question that was asked, with the answer in words; empty where it was left open."""
    answers = row.answers or {}
    return [
        (one.text, spoken(one, answers[one.id]) if one.id in answers else "")
        for one in as_form(row.day, load_checkins(row.plan)).questions
    ]


def spoken(question: Question, answer: Answer) -> str:
    try:
        return in_words(question, answer)
    except (AnswerError, KeyError, ValueError):
        return str(answer)


# -------------------------------------------------------------------------------- the status page
@dataclass(frozen=True, slots=True)
class Asked:
    code: str
    after: str
    is_open: bool
    is_answered: bool


def on_status_page(rows: Iterable[CheckIn], *, now: datetime) -> list[Asked]:
    """Of each treatment the newest check-in that is open, and the newest that was answered."""
    found: list[Asked] = []
    shown: set[tuple[object, str]] = set()
    for row in sorted(rows, key=lambda one: one.due_at, reverse=True):
        stands = standing(row, now=now)
        if stands in {OPEN, ANSWERED} and (row.treatment_id, stands) not in shown:
            shown.add((row.treatment_id, stands))
            after = after_in_words(row.day)
            found.append(Asked(row.code, after, stands == OPEN, stands == ANSWERED))
    return found
