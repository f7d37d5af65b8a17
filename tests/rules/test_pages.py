"""Which questions stand together on a page."""

import pytest

from consult.rules.published import load_questionnaire, published_versions
from consult.rules.questionnaire import MOST_ON_A_PAGE, Group, Question, Step, page_of, pages

FORM = load_questionnaire()


def step_of(*sizes: int) -> Step:
    """A step with groups of so many questions."""
    groups = [
        Group(f"group {n}", tuple(Question(f"{n}.{i}", "?", "text") for i in range(size)))
        for n, size in enumerate(sizes)
    ]
    return Step("step", "A step", tuple(groups))


@pytest.mark.parametrize(
    ("groups", "on_pages"),
    [
        ((3,), [3]),
        ((3, 3), [6]),
        ((2, 1, 4, 2), [3, 6]),
        ((6, 1), [6, 1]),
        ((1, 6, 1), [1, 6, 1]),
        ((8, 2), [8, 2]),
    ],
)
def test_a_page_takes_whole_groups_until_the_next_would_be_too_much(groups, on_pages) -> None:
    assert [len(page) for page in pages(step_of(*groups))] == on_pages


def test_the_first_step_is_asked_on_two_pages() -> None:
    assert [[one.id for one in page] for page in pages(FORM.step("s1_you"))] == [
        ["consent.data", "consent.email", "safety.now"],
        [
            *("person.filling_for", "person.birth_date", "person.sex_at_birth", "person.country"),
            *("body.height", "body.weight"),
        ],
    ]


@pytest.mark.parametrize("version", published_versions("intake"))
def test_every_published_page_holds_two_to_six_questions(version: str) -> None:
    steps = load_questionnaire(version).steps
    assert {
        (step.id, len(page))
        for step in steps
        for page in pages(step)
        if not 2 <= len(page) <= MOST_ON_A_PAGE
    } == set()


def test_no_question_is_lost_between_the_pages() -> None:
    for step in FORM.steps:
        assert sum(pages(step), ()) == step.questions


def test_a_question_is_found_on_its_page() -> None:
    step = FORM.step("s1_you")
    assert [page_of(step, one.id) for one in step.questions] == [1, 1, 1, 2, 2, 2, 2, 2, 2]
    with pytest.raises(KeyError):
        page_of(step, "concern.main")
