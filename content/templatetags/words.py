"""Glossary terms, explained where a page first uses them.

A term becomes a button whose explanation is a popover: HTML alone opens, closes and announces it,
so it works without JavaScript, with the keyboard and with a screen reader. On paper, and in a
browser that knows no popovers, the explanation stands in the sentence.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from content.models.words import GlossaryTerm
from content.serving import version

register = template.Library()
TAG = re.compile(r"(<[^>]+>)")
# No button within a link or a heading; and what stands in bold type explains itself right there.
CLOSED_TO_TERMS = frozenset({"a", "button", "h1", "h2", "h3", "h4", "h5", "h6", "b", "strong"})
Row = tuple[str, str, str, str]  # slug, term, line, forms
Finder = tuple[re.Pattern[str] | None, dict[str, Row]]


@register.simple_tag
def glossary() -> "Explainer":
    """For one page: {% glossary as words %}, before the page's text is rendered."""
    return Explainer(version.kept("glossary", terms_in_texts))


def terms_in_texts() -> tuple[Row, ...]:
    rows = GlossaryTerm.objects.exclude(in_text="")
    return tuple(rows.values_list("slug", "term", "line", "in_text"))


class Explainer:
    """Explains each term once, in reading order."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self.pattern, self.terms = finder(rows)
        self.explained: set[str] = set()

    def explain(self, html: str) -> str:
        """The same HTML, with what was not yet explained on this page explained."""
        if not self.pattern or not self.pattern.search(html):
            return html
        closed, pieces = 0, TAG.split(html)
        for number, piece in enumerate(pieces):
            if number % 2:
                closed += _step(piece)
            elif not closed:
                pieces[number] = self.pattern.sub(self._explained, piece)
        return "".join(pieces)

    def _explained(self, found: re.Match[str]) -> str:
        slug, term, line, _ = self.terms[found[0].casefold()]
        if slug in self.explained:
            return found[0]
        self.explained.add(slug)
        return _word(slug, found[0], term, line)


@lru_cache(maxsize=8)
def finder(rows: tuple[Row, ...]) -> Finder:
    """One pattern for every form of every term, the longest form first."""
    forms = {form.casefold(): row for row in rows for form in _forms(row[3])}
    if not forms:
        return None, {}
    ordered = sorted(forms, key=len, reverse=True)
    pattern = "|".join(re.escape(form) for form in ordered)
    return re.compile(rf"(?<![\w&-])(?:{pattern})(?![\w-])", re.IGNORECASE), forms


def _forms(text: str) -> Sequence[str]:
    return [form.strip() for form in text.split(",") if form.strip()]


def _step(tag: str) -> int:
    name = tag.strip("</>").partition(" ")[0].lower()
    if name not in CLOSED_TO_TERMS:
        return 0
    return -1 if tag.startswith("</") else 1


def _word(slug: str, shown: str, term: str, line: str) -> SafeString:
    # What is shown stood in the page's HTML already: it is escaped.
    return format_html(
        '<button type="button" class="term" popovertarget="word-{0}">{1}</button>'
        '<span class="term-line" id="word-{0}" popover>'
        '<span class="term-open"> (</span><strong>{2}: </strong>{3}'
        '<span class="term-close">)</span></span>',
        slug,
        SafeString(shown),
        term,
        line,
    )
