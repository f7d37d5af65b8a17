from datetime import date

import pytest

from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import (
    effective,
    evidence_in_words,
    in_words,
    label,
    missing,
    unknowns,
    visible,
)

FORM = load_questionnaire("0.1.0")
ON = date(2026, 11, 15)


def ids(questions):
    return [question.id for question in questions]


def conditional(answers):
    """Visible questions that depend on an answer."""
    return [question.id for question in visible(FORM, answers) if question.enable_when]


def test_form_has_the_published_questions():
    kinds = [question.kind for question in FORM.questions]
    assert (kinds.count("question"), kinds.count("agreement")) == (45, 3)
    assert len([question for question in FORM.questions if question.enable_when]) == 7


def test_steps_and_groups_hold_every_question_in_order():
    assert ids(question for step in FORM.steps for question in step.questions) == ids(
        FORM.questions
    )
    assert ids(FORM.step("s5_cancer").questions) == [
        "cancer.history",
        "cancer.type",
        "cancer.warning_signs",
        "cancer.screening",
    ]
    assert [group.title for group in FORM.step("s1_you").groups] == [
        "Your agreement",
        "A safety check",
        "About the patient",
        "Height and weight",
    ]


def test_unknown_step_has_no_questions():
    with pytest.raises(KeyError):
        FORM.step("s99")


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({}, []),
        ({"clot.history": ["dvt"]}, ["clot.recent"]),
        ({"clot.history": ["family_clot"]}, []),
        ({"cancer.history": "over_5y"}, ["cancer.type"]),
        ({"immune.autoimmune": ["none"]}, []),
        ({"immune.autoimmune": ["lupus", "none"]}, []),
        ({"immune.autoimmune": ["lupus"]}, ["immune.activity"]),
        ({"treatment.routes": ["disc"]}, ["spine.lp_problem", "meds.recent_injection"]),
        ({"treatment.routes": ["disc", "not_sure"]}, []),
        ({"person.sex_at_birth": "prefer_not"}, ["pregnancy.status"]),
        ({"prior.treatment": "this_clinic"}, ["prior.problems"]),
    ],
)
def test_branching_asks_what_follows_from_the_answers(answers, asked):
    assert conditional(answers) == asked


def test_hidden_answer_does_not_count_though_it_is_stored():
    answers = {"clot.history": ["none"], "clot.recent": "within_3m"}
    assert effective(FORM, answers, ON) == {"clot.history": ["none"]}


def test_hidden_answer_hides_what_depends_on_it(chain):
    answers = {"one": "b", "two": "a", "three": "a"}
    assert ids(visible(chain, answers)) == ["one"]
    assert effective(chain, answers, ON) == {"one": "b"}
    assert ids(visible(chain, answers | {"one": "a"})) == ["one", "two", "three"]


def test_exclusive_option_clears_the_others():
    answers = {"clot.history": ["dvt", "none"], "heart.conditions": ["not_sure", "heart_failure"]}
    assert effective(FORM, answers, ON) == {
        "heart.conditions": ["not_sure"],
        "clot.history": ["none"],
    }


def test_not_sure_beside_none_stays_not_sure():
    assert effective(FORM, {"clot.history": ["none", "not_sure"]}, ON) == {
        "clot.history": ["not_sure"]
    }


def test_danger_sign_beside_none_is_not_cleared():
    assert effective(FORM, {"safety.now": ["none", "chest_pain"]}, ON) == {
        "safety.now": ["chest_pain", "none"]
    }


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("2008-11-15", date(2026, 11, 15), 18),
        ("2008-11-16", date(2026, 11, 15), 17),
        ("2004-02-29", date(2026, 2, 28), 21),
        ("2004-02-29", date(2026, 3, 1), 22),
        ("2026-11-15", date(2026, 11, 15), 0),
    ],
)
def test_age_is_whole_years_on_the_day_of_submission(born, on, age):
    assert effective(FORM, {"person.birth_date": born}, on)["derived.age"] == age


def test_body_mass_index_has_one_decimal_and_needs_both_measures():
    assert effective(FORM, {"body.height": 160, "body.weight": 68}, ON)["derived.bmi"] == 26.6
    assert effective(FORM, {"body.height": 200, "body.weight": 119.8}, ON)["derived.bmi"] == 30.0
    assert effective(FORM, {"body.height": 160}, ON) == {"body.height": 160}


def test_form_without_derived_values_derives_none(chain):
    assert effective(chain, {"person.birth_date": "1974-03-02"}, ON) == {}


def test_missing_lists_required_questions_in_order():
    answers = {"clot.history": ["dvt"], "heart.conditions": []}
    assert ids(missing(FORM, answers, "s4_health")) == [
        "health.conditions",
        "heart.conditions",
        "clot.recent",
        "clot.recent_events",
    ]
    assert ids(missing(FORM, answers))[:3] == ["consent.data", "consent.email", "safety.now"]


def test_agreement_that_was_not_given_is_missing_and_one_that_may_be_refused_is_not():
    refused = {"consent.data": False, "consent.email": False}
    assert "consent.data" in ids(missing(FORM, refused, "s1_you"))
    assert "consent.email" not in ids(missing(FORM, refused, "s1_you"))


def test_unknowns_are_not_sure_and_unanswered_but_neither_agreements_nor_hidden():
    full = {question.id: "given" for question in FORM.questions}
    answers = full | {
        "person.sex_at_birth": "male",
        "treatment.routes": ["not_sure"],
        "clot.history": ["none"],
        "meds.recent_injection": "not_sure",
        "wellbeing.mood": "prefer_not",
    }
    for question in ("consent.data", "concern.pain", "concern.details"):
        del answers[question]
    assert unknowns(FORM, answers) == ("concern.pain", "treatment.routes", "wellbeing.mood")


@pytest.mark.parametrize(
    ("question", "answer", "words"),
    [
        ("treatment.long_travel", True, "Yes"),
        ("treatment.long_travel", False, "No"),
        ("cancer.history", "never", "No"),
        (
            "clot.history",
            ["dvt", "pe"],
            "I had a clot in a leg or arm (DVT); I had a clot in the lung",
        ),
        ("body.height", 160, "160 cm"),
        ("body.weight", 68.5, "68.5 kg"),
        ("concern.pain", 0, "0"),
        ("person.birth_date", "1974-03-02", "2 March 1974"),
        ("concern.details", "Stairs hurt.", "Stairs hurt."),
    ],
)
def test_answer_is_shown_in_words(question, answer, words):
    assert in_words(FORM.by_id[question], answer) == words


def test_evidence_is_shown_in_words():
    assert evidence_in_words(FORM, {"q": "derived.age", "answer": 78}) == ("Age", "78 years")
    assert evidence_in_words(FORM, {"q": "derived.bmi", "answer": 31.0}) == (
        "Body mass index",
        "31 kg/m²",
    )


def test_label_of_an_option_that_is_not_offered_is_refused():
    assert label(FORM.by_id["person.country"], "uk") == "United Kingdom"
    with pytest.raises(KeyError):
        label(FORM.by_id["person.country"], "mars")
