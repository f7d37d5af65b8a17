import pytest
from wagtail.blocks import StreamBlockValidationError, StructBlockValidationError

from content.blocks import BodyBlock, KeyFactBlock, NumbersBlock, TableBlock, UrgencyBlock
from content.making import texts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]

FACT = {"text": "<p>Fever is common.</p>", "sources": ["WANG2021"]}
NUMBERS = {
    "who": "People in one study",
    "out_of": 37,
    "counts": [{"count": 30, "what": "had more white cells"}],
    "not_known": "",
    "sources": ["IT_BM2019"],
}
TABLE = {
    "caption": "Two columns",
    "head": ["What", "How often"],
    "rows": [{"cells": ["<p>Pain</p>", "<p>Often</p>"], "sources": []}],
}


def refusal(block, raw):
    with pytest.raises(StructBlockValidationError) as refused:
        block.clean(block.to_python(raw))
    return {
        name: [str(e) for e in getattr(error, "non_block_errors", None) or error.messages]
        for name, error in refused.value.block_errors.items()
    }


def test_a_fact_with_its_source_is_taken():
    value = KeyFactBlock().clean(KeyFactBlock().to_python(FACT))
    assert [source.pk for source in value["sources"]] == ["WANG2021"]


def test_a_fact_without_a_source_is_refused_with_a_sentence():
    assert refusal(KeyFactBlock(), FACT | {"sources": []}) == {
        "sources": [
            "Name the source of this fact. A fact that nobody can look up is not shown to readers."
        ]
    }


def test_numbers_without_a_source_are_refused_with_the_reason():
    [sentence] = refusal(NumbersBlock(), NUMBERS | {"sources": []})["sources"]
    assert "Readers decide about their health with them" in sentence


def test_numbers_without_a_source_are_refused_in_a_draft_too():
    block = NumbersBlock()
    with pytest.raises(StructBlockValidationError):
        block.clean_deferred(block.to_python(NUMBERS | {"sources": []}))


def test_more_people_than_were_counted_are_refused():
    counts = [{"count": 38, "what": "had more white cells"}]
    assert refusal(NumbersBlock(), NUMBERS | {"counts": counts}) == {
        "out_of": ["38 cannot be more than 37 people."]
    }


def test_empty_numbers_are_refused_without_breaking():
    empty = {"who": "", "out_of": None, "counts": [{"count": None, "what": ""}], "sources": []}
    assert set(refusal(NumbersBlock(), empty)) == {"who", "out_of", "counts", "sources"}


def test_a_table_row_with_too_few_cells_is_refused():
    rows = [{"cells": ["<p>Pain</p>"], "sources": []}]
    assert refusal(TableBlock(), TABLE | {"rows": rows}) == {
        "rows": ["Row 1 has 1 cells; the table has 2 columns."]
    }


def test_a_table_and_an_urgency_card_may_stand_without_a_source():
    card = {
        "level": "urgent",
        "signs": "<ul><li>fever</li></ul>",
        "do": "<p>Go.</p>",
        "sources": [],
    }
    assert UrgencyBlock().clean(UrgencyBlock().to_python(card))["level"] == "urgent"
    assert TableBlock().clean(TableBlock().to_python(TABLE))["caption"] == "Two columns"


def test_there_is_no_block_for_raw_html_or_embeds():
    assert set(BodyBlock().child_blocks) == {
        "paragraph",
        "key_fact",
        "numbers",
        "urgency",
        "table",
        "source",
        "heading",
        "question",
    }
    assert "embed" not in BodyBlock().child_blocks["paragraph"].child_blocks["text"].features


@pytest.mark.parametrize("text", texts.texts(), ids=lambda text: text.address)
def test_every_text_passes_the_rules_of_the_blocks(text, page_at):
    page = page_at(text.address)
    for name in page.streams:
        stream = getattr(page, name)
        try:
            stream.stream_block.clean(stream)
        except StreamBlockValidationError as error:
            pytest.fail(f"{name}: {error.as_json_data()}")
    page.full_clean()
