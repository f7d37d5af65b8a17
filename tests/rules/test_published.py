import shutil

import pytest

from consult.rules import published
from consult.rules.published import (
    DATA,
    DataError,
    check_all,
    load_followups,
    load_questionnaire,
    load_ruleset,
    load_sources,
    load_suggestions,
    published_versions,
)
from consult.rules.reading.intake import read_questionnaire


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"- 1", "intake/0.1.0.yaml, file: should be one mapping."),
        (b"\xff", "intake/0.1.0.yaml, file: cannot be read (UnicodeDecodeError)."),
        (None, "intake/0.1.0.yaml, file: cannot be read (FileNotFoundError)."),
    ],
)
def test_file_that_is_no_data_is_refused(tmp_path, content, sentence):
    path = tmp_path / "intake" / "0.1.0.yaml"
    path.parent.mkdir()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_questionnaire(path)
    assert str(caught.value) == sentence


def test_everything_published_is_sound():
    check_all()


def test_what_is_loaded_is_loaded_once():
    assert load_questionnaire() is load_questionnaire("0.1.0")
    assert load_ruleset() is load_ruleset("0.1.0")
    assert load_followups() is load_followups("0.3.0")
    assert load_sources() is load_sources()
    assert load_suggestions() is load_suggestions("0.1.0")


def test_version_that_was_never_published_is_refused():
    with pytest.raises(DataError) as caught:
        load_ruleset("../intake/0.1.0")
    assert str(caught.value) == "triage/../intake/0.1.0.yaml, version: has not been published."


def test_kind_that_does_not_exist_is_refused():
    with pytest.raises(KeyError):
        published_versions("horoscopes")


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the published data to add versions to, with nothing remembered before or after."""
    shutil.copytree(DATA, tmp_path / "data")
    monkeypatch.setattr(published, "DATA", tmp_path / "data")
    remembered = (
        *(published_versions, load_sources, published._questionnaire, published._ruleset),
        *(published._checkins, published._followups, published._suggestions),
    )
    for one in remembered:
        one.cache_clear()
    yield tmp_path / "data"
    for one in remembered:
        one.cache_clear()


def publish(data, kind, version, right="", wrong=""):
    text = (
        (data / kind / "0.1.0.yaml")
        .read_text()
        .replace('version: "0.1.0"', f'version: "{version}"', 1)
    )
    (data / kind / f"{version}.yaml").write_text(text.replace(right, wrong))


def test_latest_is_by_number_not_by_letter(copied):
    publish(copied, "followups", "0.9.0")
    publish(copied, "followups", "0.10.0")
    assert published_versions("followups") == ("0.1.0", "0.2.0", "0.3.0", "0.9.0", "0.10.0")
    assert load_followups().version == "0.10.0"


def test_file_that_is_no_version_is_refused_at_start(copied):
    publish(copied, "followups", "draft")
    with pytest.raises(
        DataError, match="followups/draft.yaml, file: version is draft, but should be"
    ):
        check_all()


def test_new_questions_that_the_latest_rules_cannot_read_are_refused_at_start(copied):
    publish(copied, "intake", "0.2.0", "id: wellbeing.mood", "id: wellbeing.spirits")
    with pytest.raises(DataError) as caught:
        check_all()
    assert str(caught.value) == (
        "triage/0.1.0.yaml, EX-03: "
        "asks about wellbeing.mood, which does not exist or is asked later."
    )
