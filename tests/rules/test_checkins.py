import json
from datetime import timedelta

import pytest

from consult.rules.answers import AnswerError
from consult.rules.checkins import Checkin, assess_checkin, outcome, questions_for, screens
from consult.rules.published import load_checkins

CRISIS = "You are not alone. Please talk to someone now"


@pytest.mark.parametrize(
    ("day", "count"),
    [
        *[(1, 12), (3, 12), (7, 15), (30, 14), (90, 15), (180, 15), (365, 16), (2, 0)],
        *[(730, 16), (1095, 16), (1460, 16), (1825, 15)],
    ],
)
def test_each_day_asks_its_questions(day, count):
    assert len(questions_for(day)) == count


def test_context_is_never_asked():
    plan = load_checkins("0.1.0")
    assert len(plan.questions) == 16
    assert [one.id for one in plan.questions if one.kind == "context"] == []


def test_nothing_answered_leads_to_nothing_and_says_what_is_open():
    asked = tuple(one.id for one in questions_for(7))
    assert assess_checkin({"context.day": 7}) == Checkin("0.2.0", "none", (), asked)
    assert len(assess_checkin({}).unanswered) == 17


def test_the_first_version_asks_what_it_asked():
    before = load_checkins("0.1.0")
    counts = [len(questions_for(day, before)) for day in before.days]
    assert (counts, before.yearly_days) == ([12, 12, 14, 13, 14, 14, 14], ())
    assert (before.unconfirmed, {one.required for one in before.questions}) == (set(), {True})


def test_the_years_afterwards_ask_what_day_365_asks_and_the_last_asks_for_no_more():
    plan = load_checkins("0.2.0")
    asked = {day: [one.id for one in questions_for(day, plan)] for day in plan.yearly_days}
    year = [one.id for one in questions_for(365, plan)]
    assert asked == dict.fromkeys((730, 1095, 1460), year) | {1825: year[:-1]}
    assert year[-1] == "ck.yearly"


def test_what_no_source_speaks_for_waits_for_a_clinician_and_no_rule_reads_it():
    plan = load_checkins("0.2.0")
    assert plan.unconfirmed == {"ck.function", "ck.yearly"}
    assert [one.id for one in plan.questions if not one.required] == ["ck.yearly"]
    for score in (0, 10):
        assert assess_checkin({"context.day": 365, "ck.function": score}).findings == ()


def test_danger_sign_counts_on_a_day_that_does_not_ask_for_it():
    found = assess_checkin({"context.day": 30, "ck.allergy": ["wheeze"]})
    assert (found.outcome, [one.rule for one in found.findings]) == ("emergency_now", ["F-02"])


def test_evidence_names_what_the_system_knew():
    found = assess_checkin({"context.day": 1, "context.route_spinal": False, "ck.fever": "f38"})
    assert [(one.rule, one.evidence) for one in found.findings] == [
        (
            "F-10",
            (
                {"q": "ck.fever", "answer": "f38"},
                {"q": "context.day", "answer": 1},
                {"q": "context.route_spinal", "answer": False},
            ),
        )
    ]


def test_checkin_survives_being_stored():
    found = assess_checkin({"ck.breath": ["chest_pain"], "ck.wellbeing": "self_harm"})
    assert Checkin.from_dict(json.loads(json.dumps(found.to_dict()))) == found


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("ck.site", ["none", "hot"], "You ticked “None” and something else as well; which is"),
        ("ck.pain", 11, "Please give a number between 0 and 10."),
        ("context.day", True, "Please give a whole number."),
        ("context.day", -1, "Please give a number between 0 and 36500."),
        ("context.route_iv", "yes", "Please answer yes or no"),
        ("context.weather", "fine", "This is not a question of this form."),
    ],
)
def test_impossible_answer_is_refused(question, answer, reason):
    with pytest.raises(AnswerError) as caught:
        assess_checkin({question: answer})
    assert str(caught.value).startswith(f"{question}: {reason}")


def test_outcome_has_a_clock_for_staff():
    clocks = {one.code: one.within for one in load_checkins().outcomes}
    assert clocks == {
        "emergency_now": timedelta(minutes=30),
        "urgent_same_day": timedelta(hours=2),
        "call_24h": timedelta(hours=24),
        "review_72h": timedelta(hours=72),
        "none": None,
    }
    assert outcome("call_24h").staff == "call within 24 hours"


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        ({}, [("none", "")]),
        ({"ck.fever": "felt_hot"}, [("review_72h", "")]),
        ({"ck.wellbeing": "self_harm"}, [("crisis_support", CRISIS)]),
        (
            {"ck.wellbeing": "self_harm", "ck.breath": ["fainted"]},
            [("emergency_now", ""), ("crisis_support", CRISIS)],
        ),
    ],
)
def test_screen_shows_the_outcome_and_the_crisis_line(answers, shown):
    assert [(one.code, one.title) for one in screens(assess_checkin(answers))] == shown


def test_screen_names_the_number_of_the_country():
    (screen,) = screens(assess_checkin({"ck.wellbeing": "self_harm"}), "usa")
    assert "988 (call or text)" in screen.body
