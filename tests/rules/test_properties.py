"""What holds for any answers, not only for those somebody thought of."""

import json
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from consult.rules.answers import AnswerError, clean
from consult.rules.checkins import assess_checkin
from consult.rules.conditions import compares
from consult.rules.published import load_checkins, load_questionnaire, load_ruleset
from consult.rules.questionnaire import effective, in_words, missing, unknowns, visible
from consult.rules.triage import Assessment, assess, rank

FORM, RULES, PLAN = load_questionnaire(), load_ruleset(), load_checkins()
ON = date(2026, 11, 15)


def possible(question):
    """Any answer that may be given to a question, as a browser or a file would bring it."""
    codes = [option.code for option in question.options]
    alone = [option.code for option in question.options if option.exclusive]
    together = [code for code in codes if code not in alone]
    numbers = {"min_value": question.min, "max_value": question.max}
    return {
        "boolean": st.just(True) if question.must_be else st.booleans(),
        "choice": st.sampled_from(codes or [""]),
        "multi_choice": st.lists(st.sampled_from(together or [""]))
        | st.sampled_from(alone or together or [""]).map(lambda code: [code]),
        "integer": st.integers(**numbers),
        "quantity": st.integers(**numbers) | st.floats(**numbers),
        "date": st.dates(date(1905, 1, 1), ON).map(date.isoformat),
        "text": st.text("aé \n", max_size=9),
    }[question.type]


def some_answers(questions):
    return st.fixed_dictionaries({}, optional={one.id: possible(one) for one in questions})


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text("ano_e19-é\0\ud800", max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("q"), inner),
    max_leaves=3,
)


@given(some_answers(FORM.questions))
def test_possible_answers_are_judged_and_cleaning_changes_nothing_twice(answers):
    cleaned = clean(FORM, answers, ON)
    assert clean(FORM, cleaned, ON) == cleaned
    assert assess(cleaned, on=ON) == assess(answers, on=ON)


@given(some_answers(FORM.questions))
def test_asked_counted_missing_and_unknown_agree(answers):
    cleaned = clean(FORM, answers, ON)
    shown = {question.id for question in visible(FORM, cleaned)}
    counted = effective(FORM, cleaned, ON)
    assert {key for key in counted if not key.startswith("derived.")} == shown & cleaned.keys()
    assert {question.id for question in missing(FORM, cleaned)} <= shown - cleaned.keys()
    assert set(unknowns(FORM, cleaned)) <= shown


@given(some_answers(FORM.questions))
def test_evidence_is_an_answer_that_counted(answers):
    counted = effective(FORM, clean(FORM, answers, ON), ON)
    for finding in assess(answers, on=ON).findings:
        tested = {test.q for test in compares(RULES.by_rule[finding.rule].when)}
        assert finding.evidence
        for one in finding.evidence:
            given_answer = counted[one["q"]]
            assert one["q"] in tested
            assert in_words(FORM.by_id[one["q"]], one["answer"])
            if isinstance(given_answer, list):
                assert set(one["answer"]) <= set(given_answer)
            else:
                assert one["answer"] == given_answer


@given(some_answers(FORM.questions))
def test_hidden_answer_changes_nothing(answers):
    cleaned = clean(FORM, answers, ON)
    shown = {question.id for question in visible(FORM, cleaned)}
    only_shown = {key: answer for key, answer in cleaned.items() if key in shown}
    assert assess(only_shown, on=ON) == assess(cleaned, on=ON)


@given(some_answers(FORM.questions))
def test_level_is_the_highest_of_the_findings(answers):
    found = assess(answers, on=ON)
    assert rank(found.level) == max([rank(one.level) for one in found.findings], default=0)
    assert [one.rule for one in found.findings] == [
        rule.id for rule in RULES.rules if rule.id in {one.rule for one in found.findings}
    ]


@given(some_answers(FORM.questions), st.data())
def test_one_more_danger_sign_never_lowers_the_level(answers, data):
    """True where no rule asks for the absence of an answer, as in this ruleset."""
    signs = [one.code for one in FORM.by_id["safety.now"].options if not one.exclusive]
    before = [code for code in answers.get("safety.now", []) if code in signs]
    more = {"safety.now": [*before, data.draw(st.sampled_from(signs))]}
    calm = assess(answers | {"safety.now": before}, on=ON)
    alarmed = assess(answers | more, on=ON)
    assert {one.rule for one in calm.findings} <= {one.rule for one in alarmed.findings}
    assert alarmed.level == "urgent"


@given(some_answers(FORM.questions))
def test_assessment_survives_being_stored(answers):
    found = assess(answers, on=ON)
    assert Assessment.from_dict(json.loads(json.dumps(found.to_dict()))) == found


@given(st.dictionaries(st.sampled_from([one.id for one in FORM.questions]), ANYTHING))
def test_whatever_is_posted_is_cleaned_or_refused_with_a_sentence(raw):
    refused = refusal(raw)
    if refused:
        assert refused.question in raw
        assert refused.reason.endswith((".", "?"))
        assert "\n" not in str(refused)
    else:
        json.dumps(clean(FORM, raw, ON), allow_nan=False).encode()
        assert assess(raw, on=ON).level in RULES.by_level


def refusal(raw):
    try:
        clean(FORM, raw, ON)
    except AnswerError as error:
        return error
    return None


@given(some_answers(PLAN.questionnaire.questions))
def test_checkin_outcome_is_the_highest_of_its_findings(answers):
    found = assess_checkin(answers)
    ranks = {one.code: one.rank for one in PLAN.outcomes}
    assert ranks[found.outcome] == max([ranks[one.outcome] for one in found.findings], default=0)
    assert not set(found.unanswered) & {key for key, answer in answers.items() if answer != []}


@given(some_answers(PLAN.questionnaire.questions), st.sampled_from(PLAN.days))
def test_day_of_a_checkin_hides_no_danger_sign(answers, day):
    certain = {"F-01", "F-02", "F-03", "F-05", "F-06"}
    found, moved = (assess_checkin(answers | {"context.day": one}) for one in (1, day))
    fired = [{one.rule for one in result.findings} & certain for result in (found, moved)]
    assert fired[0] == fired[1]
