import pytest
from hypothesis import settings

from consult.rules.conditions import Compare
from consult.rules.published import DATA, DataError, load_questionnaire, load_sources
from consult.rules.questionnaire import Option, Question, Questionnaire
from consult.rules.reading.checkins import read_checkins
from consult.rules.reading.followups import read_followups
from consult.rules.reading.intake import read_questionnaire
from consult.rules.reading.sources import read_sources
from consult.rules.reading.triage import read_ruleset

# A busy machine is slow, not wrong; examples worth keeping become tests of their own.
settings.register_profile("rules", deadline=None, database=None, max_examples=60)
settings.load_profile("rules")

READ = {
    "intake": read_questionnaire,
    "triage": lambda path: read_ruleset(path, load_questionnaire, load_sources()),
    "checkins": lambda path: read_checkins(path, load_questionnaire, load_sources()),
    "followups": read_followups,
    "data": read_sources,
}
OPTIONS = (Option("a", "A"), Option("b", "B"))


@pytest.fixture
def chain():
    """Three questions, each asked only if the one before was answered with a."""
    return Questionnaire(
        "0.0.1",
        (
            Question("one", "One?", "choice", options=OPTIONS),
            Question("two", "Two?", "choice", options=OPTIONS, enable_when=_is_a("one")),
            Question("three", "Three?", "choice", options=OPTIONS, enable_when=_is_a("two")),
        ),
    )


def _is_a(question):
    return Compare(question, "eq", "a")


@pytest.fixture(scope="session")
def published_text():
    """The text of the first published file of a kind; `data` for the sources."""
    texts = {kind: (DATA / kind / "0.1.0.yaml") for kind in READ} | {"data": DATA / "sources.yaml"}
    return lambda kind: texts[kind].read_text()


@pytest.fixture
def refused(tmp_path, published_text):
    """With what sentence a published file is refused if something right becomes a slip."""

    def sentence(kind, right, slip):
        text = published_text(kind)
        assert right in text
        path = tmp_path / kind / ("sources.yaml" if kind == "data" else "0.1.0.yaml")
        path.parent.mkdir()
        path.write_text(text.replace(right, slip, 1))
        with pytest.raises(DataError) as caught:
            READ[kind](path)
        return str(caught.value)

    return sentence
