"""Which questions on our pages a person is asked; needs no database."""

from consult.intake.understanding import choose
from content.topics import TOPICS, Check


def check(topic: str, name: str = "1") -> Check:
    return Check(
        topic=topic,
        page=1,
        version=1,
        title=topic,
        check=f"{topic}-{name}",
        question="?",
        options=(("a", "Yes"), ("b", "No")),
        right="a",
        passage="Yes.",
        sources=(),
        url="/",
    )


EVERYTHING = [check(topic, name) for topic in TOPICS for name in ("1", "2")]


def chosen(own: list[str], checks: list[Check] = EVERYTHING) -> list[str]:
    return [one.check for one in choose(checks, own)]


def test_one_question_of_each_topic_the_highest_first_and_at_most_five():
    own = ["clots", "tumour", "neuro", "infection", "autoimmune", "suitability"]
    assert chosen(own) == ["clots-1", "tumour-1", "neuro-1", "infection-1", "autoimmune-1"]


def test_who_has_few_topics_is_asked_what_everybody_should_know():
    assert chosen(["clots"]) == ["clots-1", "suitability-1", "expectations-1"]
    assert chosen([]) == ["suitability-1", "expectations-1", "clinic_safety-1"]
    assert chosen(["expectations"]) == ["expectations-1", "suitability-1", "clinic_safety-1"]


def test_second_questions_fill_up_where_pages_are_few():
    few = [check("clots"), check("clots", "2"), check("neuro"), check("neuro", "2")]
    assert chosen(["neuro", "clots"], few) == ["neuro-1", "clots-1", "neuro-2"]
    assert chosen(["clots"], few) == ["clots-1", "clots-2"]
    assert chosen(["clots"], []) == []
