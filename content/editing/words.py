"""The words of a page, each with the place where an editor finds them."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.models import Page

Path = tuple[int | str, ...]
OF_THE_PAGE = ("title", "seo_title", "search_description")
NOT_READ = {"to_be_confirmed", "author_name", "clinical_reviewer"}
END_OF_BLOCK = re.compile(r"</(?:p|li|h\d)>|<br\s*/?>")
TAG = re.compile(r"<[^>]*>")
END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Place:
    """A field; for a stream also the way to the words: number of the block, name of its part."""

    field: str
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Block:
    place: Place
    kind: Any  # the block's definition
    value: Any


@dataclass(frozen=True, slots=True)
class Words:
    place: Place
    text: str


def words(page: Page) -> Iterator[Words]:
    """Everything that a reader can read, and nothing that is for editors only."""
    for field in _plain_fields(page):
        yield Words(Place(field.name), plain(str(getattr(page, field.name) or "")))
    quoted: list[Place] = []
    for block in blocks_of(page):
        if _quotes(block):
            quoted.append(block.place)
        elif (text := text_of(block)) and not any(_inside(block.place, q) for q in quoted):
            yield Words(block.place, text)


def blocks_of(page: Page) -> Iterator[Block]:
    """Every block of every stream, outer before inner, in reading order."""
    for field in page._meta.get_fields():
        if isinstance(field, StreamField):
            stream = getattr(page, field.name)
            yield from _walk(Place(field.name), stream.stream_block, stream)


def text_of(block: Block) -> str:
    if isinstance(block.kind, blocks.RichTextBlock):
        return plain(block.value.source if block.value else "")
    if isinstance(block.kind, blocks.CharBlock | blocks.TextBlock):
        return str(block.value or "")
    return ""


def plain(source: str) -> str:
    """Rich text as its words, one line a paragraph."""
    lines = END_OF_BLOCK.sub("\n", source)
    return html.unescape(TAG.sub("", lines)).replace("\xa0", " ").strip()


def sentences(text: str) -> list[str]:
    return [part.strip() for part in END_OF_SENTENCE.split(text) if part.strip()]


def _plain_fields(page: Page) -> "Iterator[models.Field[Any, Any]]":
    for field in page._meta.concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
        if is_text and _is_read(field):
            yield field


def _is_read(field: "models.Field[Any, Any]") -> bool:
    if field.model is Page:
        return field.name in OF_THE_PAGE
    return field.name not in NOT_READ


def _walk(place: Place, kind: Any, value: Any) -> Iterator[Block]:
    yield Block(place, kind, value)
    for step, inner_kind, inner in _inner(kind, value):
        yield from _walk(Place(place.field, (*place.path, step)), inner_kind, inner)


def _inner(kind: Any, value: Any) -> Iterator[tuple[int | str, Any, Any]]:
    if isinstance(kind, blocks.StreamBlock):
        yield from ((n, child.block, child.value) for n, child in enumerate(value or []))
    elif isinstance(kind, blocks.ListBlock):
        yield from ((n, kind.child_block, inner) for n, inner in enumerate(value or []))
    elif isinstance(kind, blocks.StructBlock):
        parts = kind.child_blocks.items()
        yield from ((name, part, value.get(name)) for name, part in parts if value)


def _quotes(block: Block) -> bool:
    """What an authority says word for word is not ours to change."""
    return bool(getattr(block.value, "is_quoted", False))


def _inside(place: Place, outer: Place) -> bool:
    return place.field == outer.field and place.path[: len(outer.path)] == outer.path
