"""What the texts in content/pages may and may not say."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from content.making import texts
from content.models.stored import cited_keys
from content.topics import TOPICS

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


def words(value: Any) -> Iterator[str]:
    """Every text that a reader sees; keys of sources are none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in {"sources", "level", "to_be_confirmed", "topic"}:
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


def test_every_fact_and_number_names_its_source(text):
    bare = [
        block
        for blocks in text.streams.values()
        for block in blocks
        if {"fact", "numbers", "card"} & block.keys() and not block.get("sources")
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


def test_every_topic_has_exactly_one_text():
    topics = [text.fields["topic"] for text in ALL if text.fields.get("topic")]
    assert sorted(topics) == sorted(TOPICS)
