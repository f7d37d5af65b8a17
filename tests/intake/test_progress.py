"""How far a form is and what comes next; no database."""

import pytest

from consult.intake.progress import minutes_left, next_open, next_page, progress
from consult.rules.published import load_questionnaire
from tests.factories import PERSONAS

FORM = load_questionnaire()
DONE = PERSONAS["P01"]["answers"]  # no spine injection, a woman


def states(answers, **given) -> dict[str, str]:
    return {one.step.id: one.state for one in progress(FORM, answers, **given)}


def without(*keys: str) -> dict:
    return {key: one for key, one in DONE.items() if key not in keys}


def of(step: str) -> dict:
    return {one.id: DONE[one.id] for one in FORM.step(step).questions if one.id in DONE}


def test_an_empty_form_is_not_started() -> None:
    assert set(states({}).values()) == {"not_started"}


def test_a_full_form_is_done() -> None:
    assert set(states(DONE).values()) == {"done"}


def test_a_part_with_an_open_question_of_its_own_is_in_progress() -> None:
    answers = without("cancer.screening")
    assert states(answers) == {**states(DONE), "s5_cancer": "in_progress"}


def test_a_hidden_answer_starts_nothing() -> None:
    assert states({"clot.recent": "over_12m"})["s4_health"] == "not_started"


def test_a_finished_part_needs_attention_when_an_answer_elsewhere_opens_a_question() -> None:
    answers = DONE | {"treatment.routes": ["intrathecal"]}
    assert states(answers)["s7_infection_nerves"] == "attention"
    (open_again,) = [one.open for one in progress(FORM, answers) if one.state == "attention"]
    assert [one.id for one in open_again] == ["spine.lp_problem"]


def test_a_part_that_nobody_began_does_not_need_attention() -> None:
    begun = of("s1_you") | of("s3_treatment") | {"treatment.routes": ["disc"]}
    assert states(begun)["s7_infection_nerves"] == "not_started"


def test_a_question_opened_by_its_own_part_is_only_in_progress() -> None:
    answers = DONE | {"clot.history": ["dvt"]}
    assert states(answers)["s4_health"] == "in_progress"


@pytest.mark.parametrize(
    ("agreement", "step"), [("consent.data", "s1_you"), ("consent.read_risks", "s9_finish")]
)
def test_an_agreement_that_was_taken_back_needs_attention(agreement: str, step: str) -> None:
    assert states(without(agreement))[step] == "attention"
    assert states(DONE | {agreement: False})[step] == "attention"


def test_a_part_that_staff_ask_about_needs_attention() -> None:
    asked = states(DONE, attention={"s6_immune"})
    assert asked == {**states(DONE), "s6_immune": "attention"}


def test_a_part_goes_on_at_the_first_page_with_something_open() -> None:
    parts = {one.step.id: one.part for one in progress(FORM, without("body.height"))}
    assert (parts["s1_you"], parts["s2_concern"]) == (2, 1)


def test_the_next_page_is_the_one_with_something_open_or_untouched() -> None:
    first = FORM.step("s1_you")
    assert next_page(FORM, first, 1, {"consent.data": True}) == 2
    assert next_page(FORM, first, 1, without("body.weight")) == 2
    assert next_page(FORM, first, 1, DONE) is None
    assert next_page(FORM, first, 2, {}) is None


def test_what_is_next_goes_round_to_what_was_left_out() -> None:
    steps = progress(FORM, without("concern.main", "cancer.screening"))
    found = [next_open(steps, after) for after in ("", "s2_concern", "s5_cancer", "s9_finish")]
    ids = [one.step.id for one in found if one]
    assert ids == ["s2_concern", "s5_cancer", "s2_concern", "s2_concern"]
    assert next_open(progress(FORM, DONE), "s2_concern") is None


# ------------------------------------------------------------------------------- the time left
def test_at_the_beginning_the_whole_published_time_is_left() -> None:
    assert (FORM.estimated_minutes, minutes_left(FORM, {})) == ((10, 12), 12)


def test_each_part_that_is_done_takes_time_off() -> None:
    answers, left = {}, []
    for step in FORM.steps:
        answers |= of(step.id)
        left.append(minutes_left(FORM, answers))
    assert left == sorted(left, reverse=True)
    assert (left[0] < 12, left[-1]) == (True, 0)


@pytest.mark.parametrize("key", [one.id for one in FORM.questions if one.required])
def test_while_a_question_is_open_there_is_a_minute_left(key: str) -> None:
    expected = 1 if key in DONE else 0
    assert minutes_left(FORM, without(key)) == expected


def test_a_part_beside_the_questions_takes_a_minute() -> None:
    assert minutes_left(FORM, DONE, more=2) == 2


def test_a_text_that_may_be_skipped_takes_no_time() -> None:
    assert minutes_left(FORM, without("concern.details", "meds.list")) == 0
