from datetime import date

import pytest

from consult.rules.answers import AnswerError, clean, clean_answer, parse
from consult.rules.published import load_questionnaire

FORM = load_questionnaire("0.1.0")
ON = date(2026, 11, 15)
CHOOSE = "Please choose one of the answers offered."
NUMBER = "Please give a number."
WHOLE = "Please give a whole number."
DAY = "Please give a date as year-month-day, such as 1974-03-02."
CANNOT_STORE = "This text holds a character that cannot be stored."


def refusal(answers):
    with pytest.raises(AnswerError) as caught:
        clean(FORM, answers, ON)
    return caught.value


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("shoe.size", 42, "This is not a question of this form."),
        ("derived.age", 40, "This is worked out from other answers, it cannot be answered."),
        ("consent.email", "yes", "Please answer yes or no (true or false)."),
        ("consent.email", 1, "Please answer yes or no (true or false)."),
        ("consent.data", False, "We need your agreement to this before we can go on."),
        ("cancer.history", None, CHOOSE),
        ("cancer.history", True, CHOOSE),
        ("cancer.history", ["never"], CHOOSE),
        ("cancer.history", "nver", "“nver” is not one of the answers offered."),
        ("cancer.history", "I'd rather\nnot", "This is not one of the answers offered."),
        ("clot.history", "dvt", "Please give a list of the answers that apply."),
        ("clot.history", [1], CHOOSE),
        ("clot.history", ["dvt", "dvd"], "“dvd” is not one of the answers offered."),
        (
            "safety.now",
            ["chest_pain", "none"],
            "You ticked “None of these” and something else as well; which is right?",
        ),
        ("body.height", "160", NUMBER),
        ("body.height", True, NUMBER),
        ("body.height", 39.9, "Please give a number between 40 and 230 cm."),
        ("body.height", 10**400, "Please give a number between 40 and 230 cm."),
        ("body.weight", float("nan"), "Please give a number between 3 and 300 kg."),
        ("body.weight", float("inf"), "Please give a number between 3 and 300 kg."),
        ("concern.pain", 11, "Please give a number between 0 and 10."),
        ("concern.pain", True, WHOLE),
        ("concern.pain", 5.0, WHOLE),
        ("person.birth_date", 1974, DAY),
        ("person.birth_date", "19740302", DAY),
        ("person.birth_date", "02/03/1974", DAY),
        ("person.birth_date", "1974-02-30", "There is no such day in the calendar."),
        ("person.birth_date", "2026-11-16", "This date is in the future."),
        ("person.birth_date", "1904-12-31", "Please give a date from 1905-01-01 on."),
        ("concern.details", 7, "Please give a text."),
        ("concern.details", "a\0b", CANNOT_STORE),
        ("concern.details", "\ud800", CANNOT_STORE),
        ("concern.details", "x" * 1501, "Please use at most 1500 characters."),
    ],
)
def test_impossible_answer_is_refused_with_a_sentence(question, answer, reason):
    error = refusal({"person.country": "uk", question: answer})
    assert (error.question, error.reason) == (question, reason)
    assert str(error) == f"{question}: {reason}"


def test_unreadable_question_is_named_on_one_line():
    assert refusal({"a\nb" * 50: 1}).question == ascii(("a\nb" * 50)[:60])


def test_possible_answers_come_back_in_the_order_of_the_form():
    answers = {
        "concern.details": "  Stairs hurt. ",
        "clot.history": ["pe", "dvt", "pe"],
        "body.weight": 68.5,
        "body.height": 160,
        "person.birth_date": "2026-11-15",
        "consent.data": True,
    }
    assert list(clean(FORM, answers, ON).items()) == [
        ("consent.data", True),
        ("person.birth_date", "2026-11-15"),
        ("body.height", 160),
        ("body.weight", 68.5),
        ("concern.details", "Stairs hurt."),
        ("clot.history", ["dvt", "pe"]),
    ]


def test_what_was_left_empty_is_left_out():
    assert clean(FORM, {"concern.details": " ", "clot.history": []}, ON) == {}


def test_exclusive_option_clears_the_others_where_no_danger_sign_is_asked():
    assert clean(FORM, {"clot.history": ["dvt", "none"]}, ON) == {"clot.history": ["none"]}


def test_hidden_answer_is_kept_for_when_it_is_asked_again():
    answers = {"clot.history": ["none"], "clot.recent": "within_3m"}
    assert clean(FORM, answers, ON) == answers


def test_one_answer_is_checked_alone():
    assert clean_answer(FORM.by_id["concern.pain"], 0, ON) == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "file: This is not JSON (Expecting value: line 1 column 1 (char 0))."),
        ("[1]", "file: This must be one JSON object, with the answers by question id."),
        ('{"concern.pain": NaN}', "file: NaN is not a number that can be an answer."),
        ("[" * 100_000, "file: This is not JSON (nested too deeply)."),
        (
            '{"concern.pain": 1, "concern.pain": 2}',
            "concern.pain: This question is answered twice; keep one answer.",
        ),
    ],
)
def test_text_that_holds_no_answers_is_refused(text, sentence):
    with pytest.raises(AnswerError) as caught:
        parse(text)
    assert str(caught.value) == sentence


def test_number_beyond_reading_is_refused():
    with pytest.raises(AnswerError, match="This is not JSON"):
        parse('{"concern.pain": ' + "9" * 5000 + "}")


def test_json_is_read_as_answers():
    assert parse('{"concern.pain": 3}') == {"concern.pain": 3}
