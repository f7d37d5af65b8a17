import pytest
from django.core.exceptions import ValidationError
from wagtail.blocks import StreamBlockValidationError, StructBlockValidationError
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from content.blocks import (
    BenefitBlock,
    BodyBlock,
    FigureBlock,
    FrequencyBlock,
    KeyFactBlock,
    NumbersBlock,
    RuleBlock,
    TableBlock,
    UrgencyBlock,
)
from content.making import texts
from content.models import EvidencePage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]

FACT = {"text": "<p>Fever is common.</p>", "sources": ["WANG2021"]}
NUMBERS = {
    "who": "People in one study",
    "out_of": 37,
    "counts": [{"count": 30, "what": "had more white cells"}],
    "not_known": "",
    "sources": ["IT_BM2019"],
}
FREQUENCY = NUMBERS | {
    "out_of": 100,
    "of_what": "people",
    "rounded": True,
    "counts": [{"count": 25, "what": "had pain"}, {"count": 0, "what": "fell ill"}],
    "not_known": "How long it lasted.",
}
RULE = {
    "country": "Canada",
    "text": "<p>All cell therapies are drugs.</p>",
    "wording": "ours",
    "as_of": "15 May 2019",
    "sources": ["HC2019"],
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


@pytest.mark.parametrize("block", [FrequencyBlock(), RuleBlock()])
def test_what_is_drawn_or_quoted_is_refused_without_a_source_saying_why(block):
    raw = FREQUENCY if isinstance(block, FrequencyBlock) else RULE
    assert refusal(block, raw | {"sources": []}) == {"sources": [block.meta.without_source]}
    assert block.meta.without_source.startswith("Name ")


def test_a_frequency_is_drawn_with_a_table_that_says_the_same_and_what_is_not_known():
    html = FrequencyBlock().render(FrequencyBlock().to_python(FREQUENCY))
    assert "<strong>About 25 in 100</strong> people had pain" in html
    assert "<title>25 of 100 marked: had pain</title>" in html
    assert '<th scope="row">had pain</th><td>25 in 100</td><td>75 in 100</td>' in html
    assert '<th scope="row">What is not known</th><td colspan="2">How long it lasted.</td>' in html
    assert html.count('<svg class="people" role="img"') == 2
    assert "style=" not in html


def test_a_frequency_that_is_exact_does_not_say_about():
    exact = FrequencyBlock().to_python(FREQUENCY | {"rounded": False})
    assert "About" not in FrequencyBlock().render(exact)


def test_a_frequency_must_say_what_is_not_known():
    assert set(refusal(FrequencyBlock(), FREQUENCY | {"not_known": ""})) == {"not_known"}


def test_a_rule_without_a_year_is_refused():
    assert refusal(RuleBlock(), RULE | {"as_of": "last spring"}) == {
        "as_of": ["Give at least the year: rules change, and readers must know."]
    }


def test_a_rule_is_shown_with_its_country_its_date_and_a_warning():
    html = RuleBlock().render(RuleBlock().to_python(RULE))
    assert "<h3>Canada</h3>" in html
    assert "As of 15 May 2019. Rules change: a lawyer must check this" in html
    assert "<blockquote>" not in html
    quoted = RuleBlock().to_python(RULE | {"wording": "quoted"})
    assert "<blockquote>" in RuleBlock().render(quoted)


def test_a_benefit_is_shown_with_its_risk_and_how_good_the_proof_is():
    raw = {"what": "<p>Less pain</p>", "risk": "<p>Fever</p>", "evidence": "early", "sources": []}
    html = BenefitBlock().render(BenefitBlock().to_python(raw))
    assert html.index("Less pain") < html.index("Fever") < html.index("Small or early studies")
    assert BenefitBlock.states_benefit


@pytest.fixture
def picture(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return get_image_model().objects.create(title="IMG_0042", file=get_test_image_file())


@pytest.mark.parametrize("alternative", ["", "IMG_0042.jpg", "image 3", "DSC0042"])
def test_a_picture_without_a_text_that_says_what_it_shows_is_refused(picture, alternative):
    raw = {"image": picture.pk, "alternative": alternative, "caption": "", "sources": []}
    assert set(refusal(FigureBlock(), raw)) == {"alternative"}


# Wagtail leaves the file in which it makes a smaller picture to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_picture_is_shown_with_its_text(picture):
    raw = {"image": picture.pk, "alternative": "A knee, from the side", "caption": "A knee"}
    value = FigureBlock().clean(FigureBlock().to_python(raw | {"sources": []}))
    html = FigureBlock().render(value)
    assert 'alt="A knee, from the side"' in html
    assert 'srcset="/media/images/' in html
    assert "style=" not in html


def test_two_numbers_of_people_on_one_page_are_refused_where_the_second_stands(page_at):
    page = page_at("/risks/pain-and-swelling/")
    block = {"type": "numbers", "value": NUMBERS}
    page.not_known = [*page.not_known.get_prep_value(), block]
    with pytest.raises(ValidationError) as refused:
        page.full_clean()
    assert refused.value.message_dict.keys() == {"not_known"}
    [sentence] = refused.value.message_dict["not_known"]
    assert sentence.startswith(
        "This page already counts out of 100 (in “How often”), and here out of 37."
    )


def test_the_same_number_of_people_twice_is_taken(page_at):
    page = page_at("/risks/pain-and-swelling/")
    block = {"type": "numbers", "value": NUMBERS | {"out_of": 100}}
    page.not_known = [*page.not_known.get_prep_value(), block]
    page.full_clean()


def test_a_second_page_about_one_problem_is_refused(page_at):
    again = EvidencePage(title="Knees", slug="knees", summary="Knees.", condition="Knees.")
    again.concern, again.strength = "knee_hip_joint", "unclear"
    with pytest.raises(ValidationError, match="Another page is already about “Joint wear"):
        page_at("/learn/evidence/").add_child(instance=again)


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
        "frequency",
        "benefit",
        "urgency",
        "table",
        "figure",
        "rule",
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
