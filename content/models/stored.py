"""What a page's blocks point at, found in one pass so that one query each fetches it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from wagtail.models import Page

from content.models.sources import Source
from content.serving import version
from content.topics import address_of, root_of_the_site

PAGE_LINK = re.compile(r'<a\b(?=[^>]*\blinktype="page")[^>]*?\bid="(\d+)"[^>]*>')


@dataclass(frozen=True, slots=True)
class Reference:
    number: int
    source: Source


def references(stored: Any) -> dict[str, Reference]:
    """Each cited source that exists, by key, numbered by first mention."""
    keys = list(dict.fromkeys(cited_keys(stored)))
    sources = version.kept("sources", Source.objects.in_bulk, size=100_000) if keys else {}
    known = [key for key in keys if key in sources]
    return {key: Reference(number, sources[key]) for number, key in enumerate(known, start=1)}


def addresses(stored: Any) -> dict[str, str]:
    """The addresses of the live pages that rich text links to, by the id in the link."""
    ids = {pk for text in _texts(stored) for pk in PAGE_LINK.findall(text)}
    if not ids:
        return {}
    rows = Page.objects.live().filter(pk__in=ids).annotate(root=root_of_the_site())
    return {
        str(pk): address_of(path, root)
        for pk, path, root in rows.values_list("pk", "url_path", "root")
    }


def cited_keys(stored: Any) -> Iterator[str]:
    """The keys under every “sources” of what streams store, in reading order."""
    if isinstance(stored, dict):
        for name, inner in stored.items():
            yield from _keys(inner) if name == "sources" else cited_keys(inner)
    elif isinstance(stored, list):
        for inner in stored:
            yield from cited_keys(inner)


def _keys(items: list[Any]) -> list[str]:
    values = [item["value"] if isinstance(item, dict) else item for item in items]
    return [key for key in values if key]


def _texts(stored: Any) -> Iterator[str]:
    if isinstance(stored, str):
        yield stored
    elif isinstance(stored, Iterable):
        for inner in stored.values() if isinstance(stored, dict) else stored:
            yield from _texts(inner)
