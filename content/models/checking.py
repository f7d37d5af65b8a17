"""The questions on a page's key facts, ready to be asked."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from django.utils.text import slugify

from content.editing.words import plain
from content.models.stored import Reference, references
from content.topics import Check

CODES = "abc"


def checks_on(page: Any, address: str) -> Iterator[Check]:
    """Every finished question, in reading order; one that lacks something is left out."""
    known = references([getattr(page, field).get_prep_value() for field in page.streams])
    for anchor, fact in key_facts(page):
        for asked in fact.value["checks"].bound_blocks:
            options = shuffled(asked.value, salt=asked.id)
            if asked.value["question"] and asked.value["right"] and len(options) > 1:
                yield Check(
                    topic=page.topic,
                    page=page.pk,
                    version=page.live_revision_id or 0,
                    title=page.title,
                    check=asked.id,
                    question=asked.value["question"],
                    options=tuple(zip(CODES, options, strict=False)),
                    right=CODES[options.index(asked.value["right"])],
                    passage=plain(fact.value["text"].source),
                    sources=sources_of(fact, known),
                    url=f"{address}#{anchor}" if anchor else address,
                )


def key_facts(page: Any) -> Iterator[tuple[str, Any]]:
    """Each key fact with the anchor of the part that it stands in."""
    anchors = {field: anchor for field, anchor, _ in getattr(page, "PARTS", ())}
    for field in page.streams:
        anchor = anchors.get(field, "")
        for child in getattr(page, field):
            if child.block_type == "heading":
                anchor = slugify(child.value)
            elif child.block_type == "key_fact":
                yield anchor, child


def shuffled(asked: Any, *, salt: str) -> list[str]:
    """All answers, so that the right one is not always first, and for everybody alike."""
    answers = {asked["right"], *asked["wrong"]} - {"", None}
    return sorted(answers, key=lambda words: sha256(f"{salt}{words}".encode()).digest())


def sources_of(fact: Any, known: Mapping[str, Reference]) -> tuple[tuple[str, str], ...]:
    keys = [source.pk for source in fact.value["sources"] if source]
    cited = [known[key].source for key in keys if key in known]
    return tuple((source.title, source.url) for source in cited)
