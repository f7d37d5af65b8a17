"""People and single answers with the exact result that was worked out by hand."""

import json
from datetime import date
from pathlib import Path

import pytest

from consult.rules.answers import clean
from consult.rules.checkins import assess_checkin
from consult.rules.published import load_questionnaire, load_ruleset
from consult.rules.questionnaire import missing
from consult.rules.triage import assess

DATA = Path(__file__).parent / "data"
PEOPLE = json.loads((DATA / "personas.json").read_text())["personas"]
RULES = json.loads((DATA / "rule_cases.json").read_text())
CHECKINS = json.loads((DATA / "checkin_cases.json").read_text())
ON = date.fromisoformat(RULES["submitted_on"])


@pytest.mark.parametrize("person", PEOPLE, ids=[person["id"] for person in PEOPLE])
def test_person_is_judged_as_worked_out_by_hand(person):
    found = assess(person["answers"], on=date.fromisoformat(person["submitted_on"]))
    assert {
        "fired": [finding.rule for finding in found.findings],
        "level": found.level,
        "immediate_messages": list(found.immediate),
        "unknowns": list(found.unknowns),
    } == person["expected"]


@pytest.mark.parametrize("person", PEOPLE, ids=[person["id"] for person in PEOPLE])
def test_person_has_answered_all_that_is_asked(person):
    questionnaire = load_questionnaire()
    answers = clean(questionnaire, person["answers"], ON)
    assert missing(questionnaire, answers) == ()
    assert answers.keys() == person["answers"].keys()


@pytest.mark.parametrize("case", RULES["cases"], ids=lambda case: json.dumps(case["answers"]))
def test_answers_fire_exactly_their_rules(case):
    assert [finding.rule for finding in assess(case["answers"], on=ON).findings] == case["fires"]


def test_every_rule_keeps_its_level():
    assert {rule.id: rule.level for rule in load_ruleset("0.1.0").rules} == RULES["levels"]


@pytest.mark.parametrize("case", CHECKINS, ids=lambda case: case["why"])
def test_checkin_is_judged_as_worked_out_by_hand(case):
    found = assess_checkin(case["answers"])
    assert [finding.rule for finding in found.findings] == case["fires"]
    assert found.outcome == case["outcome"]
