"""Questions on key facts, for pages that were made when the texts had none yet."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from wagtail.models import Page, Revision

from content.making import texts
from content.making.texts import Block, Text


def give_questions(standing: Mapping[int, Text], ids: Mapping[str, int]) -> Iterator[str]:
    """Adds the texts' questions to standing pages that no person has touched since they were made.

    `standing` is the text of each page by the page's id; `ids` the page behind each address. A
    question goes to the fact that still has the words it was written for. Yields the addresses.
    """
    asking = {pk: text for pk, text in standing.items() if asks(text)}
    by_people = Revision.page_revisions.filter(object_id__in=map(str, asking)).exclude(user=None)
    touched = set(map(int, by_people.values_list("object_id", flat=True)))
    pages = Page.objects.live().filter(pk__in=asking.keys() - touched)
    for page in pages.filter(has_unpublished_changes=False).order_by("pk").specific():
        text = asking[page.pk]
        given = [add(page, name, blocks, ids) for name, blocks in text.streams.items()]
        if any(given):
            page.save_revision(clean=False).publish()
            yield text.address


def asks(text: Text) -> bool:
    return any("checks" in block for blocks in text.streams.values() for block in blocks)


def add(page: Any, name: str, written: list[Block], ids: Mapping[str, int]) -> bool:
    """Whether a fact of this stream has got a question."""
    stored = list(getattr(page, name).get_prep_value())
    values = [block["value"] for block in stored if block["type"] == "key_fact"]
    unasked = {value["text"]: value for value in values if not value.get("checks")}
    fresh = texts.blocks([block for block in written if "checks" in block], ids)
    mine = [one["value"] for one in fresh if one["value"]["text"] in unasked]
    for value in mine:
        unasked[value["text"]]["checks"] = value["checks"]
    if mine:
        setattr(page, name, json.dumps(stored))
    return bool(mine)
