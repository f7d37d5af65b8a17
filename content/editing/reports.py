"""The report “Pages to mend”: overdue, without a reviewer, without sources, hard to read."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from wagtail.admin.views.reports import PageReportView
from wagtail.models import Page

from content.editing.errors import in_words
from content.editing.gate import refusals
from content.editing.readability import OLDEST, reading_age
from content.editing.words import blocks_of, sentences, words
from content.models.base import ReviewedPage
from content.models.stored import cited_keys

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")  # what a spreadsheet would run


def troubles(page: Any) -> Iterator[str]:
    """What an editor should look at, in words."""
    today = timezone.localdate()
    if page.is_overdue:
        yield f"overdue for review since {page.next_review_on:%-d %B %Y}"
    if not page.is_reviewed:
        yield "no clinical reviewer yet"
    if not page.next_review_on:
        yield "no day for the next review"
    if states_something(page) and not any(cited(page)):
        yield "no source"
    if (age := age_of(page)) and age > OLDEST:
        yield f"hard to read: about age {age:.0f}"
    if page.to_be_confirmed:
        yield "has statements to be confirmed"
    yield from in_words(page, [one for one in refusals(page, today=today) if _is_news(one)])


def _is_news(refusal: Any) -> bool:
    return refusal.place.field not in {"next_review_on", "clinical_reviewer", "last_reviewed_on"}


def states_something(page: Any) -> bool:
    return any(block.place.path for block in blocks_of(page))


def cited(page: Any) -> Iterator[str]:
    return cited_keys([getattr(page, name).get_prep_value() for name in page.streams])


def age_of(page: Page) -> float | None:
    return reading_age([part for piece in words(page) for part in sentences(piece.text)])


class PagesToMendView(PageReportView):
    page_title = "Pages to mend"
    header_icon = "warning"
    index_url_name = "pages_to_mend"
    index_results_url_name = "pages_to_mend_results"
    results_template_name = "content/admin/pages_to_mend_results.html"
    list_export = ["title", "full_url", "next_review_on", "clinical_reviewer", "age", "mend"]
    export_headings = {
        "title": "Title",
        "full_url": "Address",
        "next_review_on": "Next review",
        "clinical_reviewer": "Clinical reviewer",
        "age": "Reading age",
        "mend": "To mend",
    }
    any_permission_required = ["add", "change", "publish"]

    def preprocess_field_value(self, field: str, value: Any, export_format: str) -> Any:
        cell = super().preprocess_field_value(field, value, export_format)
        return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell

    def get_queryset(self) -> Any:
        pages = Page.objects.live().type(ReviewedPage).specific().order_by("path")
        self.queryset = pages.prefetch_workflow_states().annotate_approved_schedule()
        return super().get_queryset()

    def decorate_paginated_queryset(self, pages: Any) -> Any:
        for page in pages:
            age = age_of(page)
            page.age = "" if age is None else f"{age:.0f}"
            page.troubles = list(troubles(page))
            page.mend = "; ".join(page.troubles)
        return sorted(pages, key=lambda page: -len(page.troubles))
