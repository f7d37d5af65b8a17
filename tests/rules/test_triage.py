import json
from datetime import date

import pytest

from consult.rules.answers import AnswerError
from consult.rules.published import load_questionnaire, load_ruleset
from consult.rules.rulesets import ReviewWithin
from consult.rules.triage import (
    Assessment,
    assess,
    emergency_message,
    highest,
    immediate,
    level,
    levels,
    rank,
    working_level,
)

ON = date(2026, 11, 15)
ALARMED = {
    "safety.now": ["chest_pain", "limb_swelling"],
    "person.country": "usa",
    "heart.conditions": ["heart_attack_6m"],
}


def test_no_rule_fires_on_an_empty_form_and_all_is_asked():
    questionnaire = load_questionnaire()
    asked = [one.id for one in questionnaire.questions if one.required and not one.enable_when]
    agreements = {one.id for one in questionnaire.questions if one.kind == "agreement"}
    assert assess({}, on=ON) == Assessment(
        ruleset="0.1.0",
        questionnaire="0.1.0",
        level="routine",
        findings=(),
        unknowns=tuple(one for one in asked if one not in agreements),
        immediate=(),
    )


def test_findings_come_in_file_order_under_the_highest_level():
    found = assess(ALARMED, on=ON)
    assert [(one.rule, one.level) for one in found.findings] == [
        ("EM-01", "urgent"),
        ("EM-03", "urgent"),
        ("CL-01", "contraindicated_until_reviewed"),
        ("CL-04", "moderate"),
    ]
    assert (found.level, found.immediate) == ("urgent", ("emergency_call", "urgent_today"))


def test_finding_carries_the_words_of_its_rule():
    rule = load_ruleset().by_rule["CL-04"]
    finding = assess({"heart.conditions": ["valve_problem", "irregular_beat"]}, on=ON).findings[0]
    assert finding.evidence == (
        {"q": "heart.conditions", "answer": ["irregular_beat", "valve_problem"]},
    )
    for key in ("title", "topics", "level", "staff", "patient", "action", "sources", "basis"):
        assert getattr(finding, key) == getattr(rule, key)


def test_counted_factors_are_all_kept_as_evidence():
    answers = {
        "person.birth_date": "1960-01-01",
        "treatment.routes": ["iv"],
        "treatment.long_travel": True,
        "lifestyle.smoking": "daily",
        "meds.types": ["estrogen", "aspirin"],
    }
    found = {one.rule: one.evidence for one in assess(answers, on=ON).findings}
    assert found["CL-05"] == (
        {"q": "treatment.routes", "answer": ["iv"]},
        {"q": "derived.age", "answer": 66},
        {"q": "lifestyle.smoking", "answer": "daily"},
        {"q": "meds.types", "answer": ["estrogen"]},
        {"q": "treatment.long_travel", "answer": True},
    )


def test_age_is_judged_on_the_day_of_submission():
    born = {"person.birth_date": "2008-11-16"}
    assert [one.rule for one in assess(born, on=ON).findings] == ["SU-01"]
    assert assess(born, on=date(2026, 11, 16)).findings == ()


def test_hidden_answer_never_fires():
    assert assess({"clot.recent": "within_3m"}, on=ON).findings == ()


def test_impossible_answer_is_refused():
    with pytest.raises(AnswerError, match="body.height: Please give a number."):
        assess({"body.height": "tall"}, on=ON)


def test_assessment_survives_being_stored():
    found = assess(ALARMED, on=ON)
    assert Assessment.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_named_versions_are_used():
    found = assess(
        {}, on=ON, ruleset=load_ruleset("0.1.0"), questionnaire=load_questionnaire("0.1.0")
    )
    assert (found.ruleset, found.questionnaire) == ("0.1.0", "0.1.0")


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        ({}, ()),
        ({"safety.now": ["none"]}, ()),
        ({"safety.now": ["none", "chest_pain"]}, ("emergency_call",)),
        ({"safety.now": ["self_harm", "fever_unwell"]}, ("emergency_call", "crisis_support")),
        ({"safety.now": ["chest_pain"], "body.height": "tall"}, ("emergency_call",)),
        ({"safety.now": "chest_pain"}, ()),
        ({"safety.now": [{}, None]}, ()),
    ],
)
def test_danger_sign_raises_its_message_at_once(answers, codes):
    assert immediate(answers) == codes


@pytest.mark.parametrize(
    ("country", "words"),
    [
        ("usa", "Please call 988 (call or text) now, or 911 if you may act"),
        ("uk", "call Samaritans 116 123 (if nobody answers there, call 999) now, or 999 if"),
        ("eu", "Please call 112 now, or 112 if you may act"),
        ("mars", "call your local emergency number now, or your local emergency number if"),
        (None, "call your local emergency number now, or your local emergency number if"),
    ],
)
def test_emergency_message_names_the_numbers_of_the_country(country, words):
    assert words in emergency_message("crisis_support", country).body


@pytest.mark.parametrize("country", [None, *load_questionnaire().emergency_numbers])
@pytest.mark.parametrize("code", load_questionnaire().messages)
def test_emergency_message_shows_no_gap_and_no_editors_note(code, country):
    body = emergency_message(code, country).body
    assert not {"{", "}"} & set(body)
    assert "confirm" not in body
    assert "memory" not in body


def test_unknown_message_is_refused():
    with pytest.raises(KeyError):
        emergency_message("panic")


def test_levels_are_ranked_and_promise_what_a_clock_can_keep():
    assert [(one.code, one.rank, one.review_within) for one in levels()] == [
        ("urgent", 5, ReviewWithin(1, "working_hours")),
        ("contraindicated_until_reviewed", 4, ReviewWithin(1, "working_days")),
        ("high", 3, ReviewWithin(2, "working_days")),
        ("moderate", 2, ReviewWithin(5, "working_days")),
        ("info", 1, None),
        ("routine", 0, None),
    ]
    assert rank("high") == level("high").rank == 3


def test_promise_to_the_patient_does_not_name_the_level():
    for one in levels():
        assert one.promise.startswith("A clinician will read your form")
        assert one.code not in one.promise
        assert one.label.lower() not in one.promise.lower()


def test_highest_of_no_level_is_routine():
    assert (highest([]), highest(["info", "high", "moderate"])) == ("routine", "high")


def test_closing_an_urgent_rule_does_not_lift_a_hold():
    found = assess(ALARMED, on=ON)
    assert working_level(found, set()) == "urgent"
    assert working_level(found, {"EM-01", "EM-03"}) == "contraindicated_until_reviewed"
    assert working_level(found, {"EM-01", "EM-03", "CL-01", "CL-04"}) == "routine"
