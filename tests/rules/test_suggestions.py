import pytest

from consult.rules.published import DATA, DataError, load_ruleset, load_suggestions
from consult.rules.reading.suggestions import read_suggestions

RIGHT = (DATA / "suggestions" / "0.1.0.yaml").read_text()


def test_general_suggestions_are_for_everybody_and_others_for_their_topic():
    suggestions = load_suggestions()
    general = [one.id for one in suggestions.all if not one.topics]
    assert [one.id for one in suggestions.about([])] == general
    assert [one.id for one in suggestions.about({"clots"})] == [*general, "clots"]
    assert [one.id for one in suggestions.about(["clots", "autoimmune"])][-2:] == [
        *("clots", "flares"),
    ]


def test_each_topic_but_an_emergency_has_a_suggestion():
    about = {topic for one in load_suggestions().all for topic in one.topics}
    assert {one.code for one in load_ruleset().topics} - about == {"emergency"}


def test_each_suggestion_is_a_question_that_can_be_found_by_its_id():
    suggestions = load_suggestions()
    assert [suggestions.by_id[one.id] for one in suggestions.all] == list(suggestions.all)
    assert all(one.words.endswith("?") and len(one.words) <= 120 for one in suggestions.all)


@pytest.mark.parametrize(
    ("right", "slip", "sentence"),
    [
        ("topics: [clots]", "topics: [clotz]", "clots: has the topic clotz, which the rules do"),
        ("me now?", "me now.", "right_for_me: is no question: it does not end with a question"),
        ("{id: germ_tests", "{id: growths", "growths: appears twice in suggestions."),
        ("{id: price, ", "{id: price, level: high, ", "price: has “level”, which nobody reads."),
        ("{id: price", "{id: p" + "x" * 40, "has an id of more than 40 characters."),
        ('ruleset: "0.1.0"', 'ruleset: "9.9.9"', "version: has not been published."),
        ('version: "0.1.0"', 'version: "0.2.0"', "but the file is named 0.1.0."),
    ],
)
def test_a_slip_in_the_suggestions_is_refused(tmp_path, right, slip, sentence):
    assert right in RIGHT
    with pytest.raises(DataError) as caught:
        read_suggestions(written(tmp_path, RIGHT.replace(right, slip, 1)), load_ruleset)
    assert sentence in str(caught.value)


def test_there_is_something_to_pick_for_whoever_touched_no_topic(tmp_path):
    lines = [line for line in RIGHT.splitlines() if "{id: " not in line or "topics:" in line]
    with pytest.raises(DataError, match="has no suggestion for everybody"):
        read_suggestions(written(tmp_path, "\n".join(lines)), load_ruleset)


def written(folder, text):
    path = folder / "0.1.0.yaml"
    path.write_text(text)
    return path
