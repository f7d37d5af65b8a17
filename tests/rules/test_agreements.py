import pytest

from consult.rules.agreements import WORDING_CHANGES, agreements, to_ask_again
from consult.rules.published import DataError, all_questionnaires, load_questionnaire
from consult.rules.questionnaire import Question, Questionnaire
from consult.rules.reading.agreements import check_wordings


def published(*changes: str) -> list[Questionnaire]:
    """Versions 0.1.0, 0.2.0, … with one agreement each; what changed in it since the one before."""
    return [
        version(f"0.{number}.0", f"Words {number}" if change else "Words", change)
        for number, change in enumerate(["", *changes], start=1)
    ]


def version(number: str, text: str = "Words", change: str = "", key: str = "consent.data"):
    one = Question(key, text, "boolean", kind="agreement", wording_change=change)
    return Questionnaire(number, (Question("q.other", "?", "boolean"), one))


@pytest.mark.parametrize(
    ("changes", "agreed_to", "asked"),
    [
        ([], "0.1.0", False),
        ([""], "0.1.0", False),
        (["wording"], "0.1.0", False),
        (["material"], "0.1.0", True),
        (["material"], "0.2.0", False),
        (["material", "wording"], "0.1.0", True),
        (["material", "wording"], "0.2.0", False),
        (["wording", "material"], "0.1.0", True),
        (["wording", "", "material", ""], "0.2.0", True),
        (["material", "wording", "wording"], "0.3.0", False),
    ],
)
def test_only_a_change_of_meaning_since_then_is_asked_about(changes, agreed_to, asked):
    versions = published(*changes)
    due = to_ask_again({"consent.data": agreed_to}, versions)
    assert due == (agreements(versions[-1]) if asked else ())


def test_what_was_never_agreed_to_is_not_asked_again():
    assert to_ask_again({}, published("material")) == ()


def test_an_agreement_that_is_no_longer_asked_for_is_not_asked_again():
    versions = [*published("material"), version("0.3.0", key="consent.other")]
    assert to_ask_again({"consent.data": "0.1.0"}, versions) == ()


def test_an_agreement_that_was_away_for_a_version_is_asked_again_if_it_changed_before():
    versions = [*published("material"), version("0.3.0", key="consent.other"), version("0.4.0")]
    assert to_ask_again({"consent.data": "0.1.0"}, versions) == agreements(versions[-1])


def test_agreements_are_the_ones_of_the_form_in_order():
    assert [one.id for one in agreements(load_questionnaire("0.1.0"))] == [
        "consent.data",
        "consent.email",
        "consent.read_risks",
    ]


@pytest.mark.parametrize(
    ("text", "change", "sentence"),
    [
        (
            "New words",
            "",
            "intake/0.2.0.yaml, consent.data: says something else than in 0.1.0, "
            "and needs a wording_change.",
        ),
        (
            "Words",
            "material",
            "intake/0.2.0.yaml, consent.data: has a wording_change, but says the same as in 0.1.0.",
        ),
    ],
)
def test_new_words_that_do_not_say_how_they_differ_are_refused(text, change, sentence):
    with pytest.raises(DataError) as caught:
        check_wordings(version("0.1.0"), version("0.2.0", text, change))
    assert str(caught.value) == sentence


def test_words_that_stay_or_say_how_they_differ_are_taken():
    for after in (version("0.2.0"), *(version("0.2.0", "New", one) for one in WORDING_CHANGES)):
        check_wordings(version("0.1.0"), after)


def test_a_new_agreement_has_no_words_to_differ_from():
    check_wordings(version("0.1.0", key="consent.other"), version("0.2.0"))
    with pytest.raises(DataError, match="but says the same as in 0.1.0"):
        check_wordings(version("0.1.0", key="consent.other"), version("0.2.0", change="wording"))


def test_every_published_version_is_read_oldest_first():
    assert all_questionnaires()[0] is load_questionnaire("0.1.0")
    assert all_questionnaires()[-1] is load_questionnaire()
