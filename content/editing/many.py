"""Publishing many pages at once: all of them may go live, or none does."""

from collections.abc import Iterable, Iterator

from wagtail.models import Page

from content.editing.publishing import hindrances


def many_refused(pages: Iterable[Page], *, deep: bool) -> list[str]:
    """In sentences, page by page, why these cannot be published."""
    return [
        f"“{page.title}”: {sentence}"
        for page in _with_drafts_beneath(pages, deep=deep)
        for sentence in _hindrances(page)
    ]


def _hindrances(page: Page) -> list[str]:
    specific, revision = page.specific, page.get_latest_revision()
    if not hasattr(specific, "needs_two_people"):
        return []
    return hindrances(specific, revision or specific.save_revision())


def _with_drafts_beneath(pages: Iterable[Page], *, deep: bool) -> Iterator[Page]:
    for page in pages:
        yield page
        if deep:
            yield from page.get_descendants().not_live()
