"""Rich text with its links, and the numbers that lead from a statement to its sources."""

import re
from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from wagtail.rich_text import RichText, expand_db_html

from content.models.stored import PAGE_LINK

register = template.Library()
LAST_LINE = re.compile(r"</p>$|</li></[uo]l>$")


@register.simple_tag(takes_context=True)
def cite(context: template.Context, sources: Iterable[Any]) -> SafeString:
    """[1, 4] for the page's references; nothing where a page knows none of them."""
    known = context.get("references") or {}
    numbers = sorted(known[source.pk].number for source in sources if source and source.pk in known)
    if not numbers:
        return SafeString("")
    links = format_html_join(
        ", ",
        '<a href="#source-{0}"><span class="visually-hidden">source </span>{0}</a>',
        ((number,) for number in numbers),
    )
    return format_html(' <span class="cites">[{}]</span>', links)


@register.simple_tag(takes_context=True)
def rich(context: template.Context, text: RichText) -> SafeString:
    """Rich text whose links to pages are looked up among those that the page has fetched."""
    known = context.get("addresses") or {}

    def link(found: re.Match[str]) -> str:
        address = known.get(found[1])
        return f'<a href="{address}">' if address else "<a>"

    return as_html(expand_db_html(PAGE_LINK.sub(link, text.source)))


@register.simple_tag(takes_context=True)
def explained(context: template.Context, text: RichText) -> SafeString:
    """Rich text whose terms are explained, where the page has not explained them before."""
    words, html = context.get("words"), rich(context, text)
    return as_html(words.explain(html)) if words else html


@register.simple_tag(takes_context=True)
def statement(context: template.Context, text: RichText, sources: Iterable[Any]) -> SafeString:
    """The text with its references: in its last line, or beneath it where it ends in a list."""
    html, cites = explained(context, text).rstrip(), cite(context, sources)
    return ending_in(html, cites)


@register.simple_tag(takes_context=True)
def instruction(context: template.Context, text: RichText, sources: Iterable[Any]) -> SafeString:
    """A statement to act on: nothing stands between its words."""
    return ending_in(rich(context, text).rstrip(), cite(context, sources))


def ending_in(html: str, cites: SafeString) -> SafeString:
    end = LAST_LINE.search(html)
    if not cites:
        return as_html(html)
    if end and html.count("<li") < 2:
        return as_html(html[: end.start()] + cites + end[0])
    return as_html(html + format_html('<p class="cites-line">Sources:{}</p>', cites))


def as_html(text: str) -> SafeString:
    # Rich text is stored as the editor's few allowed tags; everything added here is escaped.
    return SafeString(text)
