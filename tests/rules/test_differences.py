from consult.rules.differences import Difference, differences
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import Question, Questionnaire

FORM = load_questionnaire()
BEFORE = {"safety.now": ["none"], "body.weight": 70, "treatment.long_travel": False}


def test_equal_answers_do_not_differ():
    assert differences(BEFORE, dict(BEFORE), questionnaire=FORM) == ()


def test_another_order_of_the_same_options_is_no_difference():
    before, after = {"safety.now": ["fever", "none"]}, {"safety.now": ["none", "fever"]}
    assert differences(before, after, questionnaire=FORM) == ()


def test_each_difference_is_told_in_words_in_the_order_of_the_form():
    after = {"body.weight": 72.5, "safety.now": ["none"], "concern.main": "ms"}
    weight, concern = FORM.by_id["body.weight"], FORM.by_id["concern.main"]
    travel = FORM.by_id["treatment.long_travel"]
    found = differences(BEFORE, after, questionnaire=FORM)
    assert {one.question: (one.before, one.after) for one in found} == {
        "concern.main": ("", next(o.label for o in concern.options if o.code == "ms")),
        "body.weight": ("70 kg", "72.5 kg"),
        "treatment.long_travel": ("No", ""),
    }
    order = [one.id for one in FORM.questions]
    assert [one.question for one in found] == sorted(
        (concern.id, weight.id, travel.id), key=order.index
    )


def test_no_to_yes_and_false_to_unanswered_both_differ():
    form = Questionnaire("1", (Question("a", "A?", "boolean"), Question("b", "B?", "boolean")))
    assert differences({"a": False, "b": False}, {"a": True}, questionnaire=form) == (
        Difference("a", "A?", "", "No", "Yes"),
        Difference("b", "B?", "", "No", ""),
    )


def test_an_answer_to_a_question_that_is_no_longer_asked_is_told_in_its_old_words():
    old = Questionnaire("1", (Question("gone", "Do you smoke?", "boolean"),))
    new = Questionnaire("2", (Question("kept", "Do you sleep well?", "boolean"),))
    found = differences({"gone": True}, {"kept": True}, questionnaire=new, earlier=old)
    assert found == (
        Difference("kept", "Do you sleep well?", "", "", "Yes"),
        Difference("gone", "Do you smoke?", "", "Yes", ""),
    )
