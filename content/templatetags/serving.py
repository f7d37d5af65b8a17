"""What a page's template asks for beyond the page: its address, its description, where to go on."""

import json
from itertools import groupby

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from content.models.base import ReviewedPage
from content.serving import describing, version
from content.serving.related import Related
from content.serving.related import related as related_to
from content.topics import asked_about

register = template.Library()
# What the menu marks where a page is in it.
SECTIONS = ("/learn/", "/risks/", "/choosing/", "/your-visit/", "/search/")
# What could end the element, or open a comment in it.
NOT_IN_A_SCRIPT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


@register.simple_tag(takes_context=True)
def same_for_all(context: template.Context, name: str) -> SafeString:
    """A part of every page that hangs on nothing but the clinic and the section one is in.

    Written once for each version of the pages, not for each page.
    """
    request = context["request"]
    section = next((one for one in SECTIONS if request.path.startswith(one)), "")
    key = name, request.get_host(), section
    return version.kept(key, lambda: render_to_string(name, {"clinic": context["clinic"]}, request))


@register.simple_tag(takes_context=True)
def canonical(context: template.Context, page: ReviewedPage) -> str:
    return describing.address(page, context.get("request"))


@register.simple_tag(takes_context=True)
def structured_data(context: template.Context, page: ReviewedPage) -> SafeString:
    """The page's description as JSON, safe inside a script element."""
    described = describing.describe(
        page, context.get("trail") or [], context["clinic"], context.get("request")
    )
    text = json.dumps(described, cls=DjangoJSONEncoder, ensure_ascii=False)
    return SafeString(text.translate(NOT_IN_A_SCRIPT))


@register.simple_tag
def related(page: ReviewedPage) -> list[Related]:
    today = timezone.localdate()
    return version.kept(("related", page.pk, today), lambda: related_to(page, today=today))


@register.simple_tag
def questions_about(topic: str) -> list[tuple[str, list[str]]]:
    """The questions of the form that a topic is behind, under the parts of the form."""
    parts = groupby(asked_about(topic), key=lambda one: one.part)
    return [(part, [one.text for one in asked]) for part, asked in parts]
