"""What the kinds of pages share beyond ReviewedPage: honest numbers, and parts in one order."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from wagtail.blocks import StreamValue
from wagtail.models import Page

from content.models.base import ReviewedPage


class WrittenPage(ReviewedPage):
    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        refuse_mixed_numbers(self)


class PageInParts(WrittenPage):
    """A page whose headings are given: each part under an anchor that never changes."""

    PARTS: tuple[tuple[str, str, str], ...] = ()  # field, anchor, heading
    ALWAYS: tuple[str, ...] = ()  # anchors that stand even where an editor wrote nothing

    class Meta:
        abstract = True

    def sections(self) -> list[tuple[str, str, StreamValue]]:
        parts = ((anchor, title, getattr(self, name)) for name, anchor, title in self.PARTS)
        return [part for part in parts if part[2] or part[0] in self.ALWAYS]

    def cards(self) -> list[Page]:
        return []


def refuse_mixed_numbers(page: ReviewedPage) -> None:
    """One page counts out of one number: 3 in 100 beside 5 in 37 misleads at a glance.

    Raises a ValidationError on the first field that counts out of another number.
    """
    first: tuple[int, str] | None = None
    for name, out_of in _denominators(page):
        first = first or (out_of, name)
        if out_of != first[0]:
            sentence = (
                f"This page already counts out of {first[0]} (in “{_title(page, first[1])}”), "
                f"and here out of {out_of}. Readers compare numbers at a glance: count out of the "
                "same number everywhere on a page, or say one of them in a sentence."
            )
            raise ValidationError({name: sentence})


def _denominators(page: ReviewedPage) -> Iterator[tuple[str, int]]:
    for name in page.streams:
        for child in getattr(page, name) or ():
            if getattr(child.block, "counts_people", False) and child.value["out_of"]:
                yield name, child.value["out_of"]


def _title(page: ReviewedPage, name: str) -> Any:
    parts = {field: title for field, _, title in getattr(page, "PARTS", ())}
    return parts.get(name) or page._meta.get_field(name).verbose_name
