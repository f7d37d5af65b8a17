"""What the texts in content/pages may and may not say."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from consult.rules.published import load_questionnaire
from content.blocks import EVIDENCE
from content.making import texts
from content.models import EvidencePage, Strength
from content.models.stored import cited_keys
from content.topics import CONCERNS, TOPICS

ALL = texts.texts()
REGISTER = texts.sources()

# What is quoted is what others say; these denials are ours.
SAID_BY_OTHERS = re.compile(r"“[^”]*”")
DENIALS = re.compile(r"not (automatically|proven) safe", re.IGNORECASE)
MAY_NOT_SAY = [
    r"\bcur(e|es|ed|ing)\b",
    r"\bmirac",
    r"\bguarant",
    r"100 ?%",
    r"\bsafe(ly)?\b",
    r"\bproven\b",
    r"\bFDA[- ]approved\b",
    r"\bno risk\b",
    r"\brisk[- ]free\b",
    r"\bfree (from|of)\b",
    r"\bbreakthrough",
    r"\brevolution",
    r"\bsuccess rate",
    r"\btestimonial",
    r"\bpromising\b",
    r"\bincredible",
    r"\bcutting[- ]edge\b",
    r"\bhealing\b",
    r"\breputable\b",
    r"\bregenerative\b",
]
# How the sources were found is of no interest to a reader.
OF_THE_WORKSHOP = re.compile(r"corpus|find_string|stored copy|JUDGEMENT|\bmemory\b", re.IGNORECASE)


UNSEEN = {"sources", "level", "to_be_confirmed", "topic", "concern", "strength", "evidence"}


def words(value: Any) -> Iterator[str]:
    """Every text that a reader sees; keys of sources are none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in UNSEEN:
                yield from words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words(inner)


def readable(text: texts.Text) -> str:
    plain = "\n".join(words(text.fields | text.streams))
    return re.sub(r"\]\([^)]*\)|[*\[\]]", "", plain)


@pytest.fixture(params=ALL, ids=lambda text: text.address)
def text(request):
    return request.param


def test_every_cited_source_is_in_the_register(text):
    assert set(cited_keys(list(text.streams.values()))) <= REGISTER.keys()


def test_no_sentence_makes_a_claim_that_we_may_not_make(text):
    ours = DENIALS.sub("", SAID_BY_OTHERS.sub("", readable(text)))
    found = [m[0] for claim in MAY_NOT_SAY for m in re.finditer(claim, ours, re.IGNORECASE)]
    assert found == []


@pytest.mark.parametrize("sentence", ["It is safe.", "A cure for pain", "FDA-approved cells"])
def test_the_search_for_claims_finds_them(sentence):
    assert any(re.search(claim, sentence, re.IGNORECASE) for claim in MAY_NOT_SAY)


def test_sentences_are_short(text):
    sentences = [s for s in re.split(r"[.!?:;\n]+", readable(text)) if s.split()]
    assert sum(len(s.split()) for s in sentences) / len(sentences) <= 13


STATES = {"fact", "numbers", "frequency", "benefit", "rule", "card"}


def test_every_fact_and_number_names_its_source(text):
    bare = [
        block
        for blocks in text.streams.values()
        for block in blocks
        if STATES.intersection(block) and not block.get("sources")
    ]
    # What a person knows of their own flares needs no study.
    assert [b for b in bare if "your own flares" not in b.get("card", {}).get("signs", "")] == []


def test_notes_for_editors_and_the_texts_say_nothing_of_how_they_were_made(text):
    assert not OF_THE_WORKSHOP.search(readable(text))


def test_the_register_holds_what_is_cited_and_no_more():
    cited = {key for text in ALL for key in cited_keys(list(text.streams.values()))}
    assert cited == REGISTER.keys()


def test_every_source_was_read_and_has_an_address():
    assert {source["read_as"] for source in REGISTER.values()} <= {"abstract", "excerpt", "whole"}
    assert all(re.match(r"https?://\S+$", source["url"]) for source in REGISTER.values())
    assert not any(OF_THE_WORKSHOP.search(source["fact"]) for source in REGISTER.values())


def test_every_evidence_page_has_all_its_parts_a_strength_and_a_day_of_review():
    pages = [text for text in ALL if text.kind == "evidence"]
    assert {tuple(text.streams) for text in pages} == {EvidencePage.streams}
    assert {text.fields["strength"] for text in pages} <= set(Strength)
    assert all(text.fields["next_review_on"] for text in pages)


def test_the_problems_with_a_page_are_those_that_the_form_offers():
    [asked] = [q for q in load_questionnaire().questions if q.id == "concern.main"]
    codes = [option.code for option in asked.options]
    assert list(CONCERNS) == codes
    assert [t.fields["concern"] for t in ALL if t.kind == "evidence"] == codes


def test_every_benefit_has_its_risk_and_how_good_the_proof_is():
    benefits = [
        block["benefit"]
        for text in ALL
        for blocks in text.streams.values()
        for block in blocks
        if "benefit" in block
    ]
    assert len(benefits) >= 4
    assert all(b["what"] and b["risk"] and b["evidence"] in dict(EVIDENCE) for b in benefits)


def test_every_rule_of_a_country_says_from_when_it_is():
    [text] = [text for text in ALL if text.address == "/choosing/rules-by-country/"]
    rules = [block["rule"] for block in text.streams["body"] if "rule" in block]
    assert len(rules) >= 9
    assert all(re.search(r"\b(19|20)\d\d\b", rule["as_of"]) for rule in rules)


def test_no_term_makes_a_claim_that_we_may_not_make():
    lines = " ".join(term["line"] for term in texts.terms().values())
    assert [m[0] for claim in MAY_NOT_SAY for m in re.finditer(claim, lines, re.IGNORECASE)] == []


def test_every_topic_has_exactly_one_text():
    topics = [text.fields["topic"] for text in ALL if text.fields.get("topic")]
    assert sorted(topics) == sorted(TOPICS)
