"""A check-in as its person meets it; no database."""

import pytest

from consult.rules.checkin_form import (
    AT_ONCE,
    CALLS,
    as_far_as_said,
    as_form,
    known,
    left_open,
    number_to_call,
    one_group,
    signs,
    watch_for,
)
from consult.rules.checkins import assess_checkin, questions_for
from consult.rules.conditions import Compare, Not
from consult.rules.published import load_checkins
from consult.rules.questionnaire import Group, Questionnaire

PLAN = load_checkins("0.1.0")


def test_outcomes_that_are_acted_on_at_once_are_those_with_a_clock_of_hours():
    hours = {one.code: one.within.total_seconds() / 3600 for one in PLAN.outcomes if one.within}
    assert {code for code, most in hours.items() if most <= 2} == AT_ONCE
    assert {code for code, most in hours.items() if most <= 24} == CALLS


@pytest.mark.parametrize("day", PLAN.days)
def test_the_form_of_a_day_asks_what_the_data_asks_and_wants_an_answer(day):
    asked = as_form(day, PLAN).questions
    assert [one.id for one in asked] == [one.id for one in questions_for(day, PLAN)]
    assert all(one.required for one in asked)


def test_what_is_optional_wants_no_answer_and_is_not_left_open():
    asked = as_form(365, load_checkins("0.2.0"))
    assert [one.id for one in asked.questions if not one.required] == ["ck.yearly"]
    assert "ck.yearly" not in left_open(asked, {})
    answers = {one.id: 1 for one in asked.questions if one.id not in {"ck.yearly", "ck.goal"}}
    assert left_open(asked, answers) == ("ck.goal",)


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({}, {}),
        ({"ck.breath": ["none", "chest_pain"]}, {"ck.breath": ["chest_pain"]}),
        ({"ck.breath": ["none"]}, {"ck.breath": ["none"]}),
        ({"ck.pain": 11, "ck.fever": "f38"}, {"ck.fever": "f38"}),
        ({"ck.pain": float("nan"), "ck.site": "hot", "ck.call": "yes"}, {}),
        ({"ck.limb": [["x"]], "ck.nerve": ["nothing"], "context.day": 3}, {}),
        ({"ck.goal": 5}, {}),  # not asked on this day
    ],
)
def test_what_can_be_judged_is_kept_and_a_sign_beside_none_counts(posted, said):
    found = as_far_as_said(as_form(3, PLAN), posted)
    assert found == said
    assess_checkin(found, PLAN)


def test_what_is_left_open_where_that_is_allowed_is_no_answer():
    form = Questionnaire(version=PLAN.version, questions=tuple(questions_for(3, PLAN)))
    left_open = {"ck.pain": "", "ck.breath": [], "ck.fever": "f38"}
    assert as_far_as_said(form, left_open) == {"ck.fever": "f38"}


def test_a_day_is_asked_in_one_group_without_a_title():
    form = as_form(3, PLAN)
    assert one_group(form) == Group("", form.questions)


def test_what_must_not_be_is_no_sign():
    chills = Compare("ck.fever", "eq", "chills")
    assert signs(chills) == [("ck.fever", "chills")]
    assert signs(Not(chills)) == []


def test_no_change_of_pain_is_made_up():
    routes = {"context.route_spinal": False, "context.route_iv": True, "context.route_local": False}
    assert known(3, ["iv"], 4, None) == {"context.day": 3} | routes
    assert known(3, ["iv"], None, 4) == {"context.day": 3} | routes
    assert known(3, ["iv"], 0, 10)["context.pain_change"] == -10


def test_signs_to_watch_for_are_those_that_alone_lead_to_an_outcome():
    emergency, same_day = (watch_for(code, PLAN) for code in ("emergency_now", "urgent_same_day"))
    assert emergency["Is one leg or arm..."] == [
        "newly swollen",
        "newly painful or tender",
        "warm or red",
    ]
    assert "Chest pain" in emergency["Have you had any of these?"]
    assert same_day["Fever since we last asked?"] == ["Shaking chills", "38 C (100.4 F) or more"]
    # together with a fever only, and with a line to call of its own
    assert "Very bad headache" not in emergency["Have you had any of these?"]
    assert not any("ending my life" in one for words in emergency.values() for one in words)
    assert watch_for("none", PLAN) == {}


@pytest.mark.parametrize(("country", "number"), [("mexico", "911"), ("", ""), ("other", "")])
def test_the_number_is_that_of_the_country_or_none(country, number):
    assert number_to_call(country, PLAN) == number
