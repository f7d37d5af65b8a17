"""The kinds of pages. Each knows its sections; what stands in them is blocks."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.text import slugify
from wagtail.admin.panels import FieldPanel
from wagtail.blocks import StreamValue
from wagtail.models import Page
from wagtail.search import index

from content.blocks import BodyBlock, LinesBlock, StatementsBlock
from content.fields import BlocksField
from content.models.base import NOTES, ReviewedPage
from content.models.checking import checks_on
from content.models.sources import Source
from content.models.written import PageInParts, WrittenPage
from content.topics import TOPICS, WHY_WE_ASK, Check, choices


class HomePage(WrittenPage):
    honest_lines = BlocksField(
        LinesBlock(), blank=True, help_text="What a visitor must know before anything else."
    )
    body = BlocksField(BodyBlock(), blank=True)

    streams = ("honest_lines", "body")
    content_panels = [
        *Page.content_panels,
        NOTES,
        *ReviewedPage.opening,
        FieldPanel("honest_lines"),
        FieldPanel("body"),
        *ReviewedPage.ending,
    ]
    search_fields = [*ReviewedPage.search_fields, index.SearchField("body")]
    parent_page_types = ["wagtailcore.Page"]
    max_count = 1

    class Meta:
        verbose_name = "Home page"

    def cards(self) -> list[Page]:
        return [page for page in super().cards() if page.show_in_menus]


class TopicPage(WrittenPage):
    """A page that may explain a topic; no two pages of a language explain the same one."""

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        same = type(self)._default_manager.filter(topic=self.topic, locale=self.locale_id)
        if self.topic and same.exclude(pk=self.pk).exists():
            sentence = f"Another page already explains “{TOPICS.get(self.topic, self.topic)}”."
            raise ValidationError({"topic": sentence})

    def checks(self, address: str) -> list[Check]:
        """The questions on its key facts; `address` is where the page stands."""
        return list(checks_on(self, address))


class ArticlePage(TopicPage):
    topic = models.CharField(
        max_length=32,
        choices=choices,
        blank=True,
        help_text="Only where the form and the care team link to this page to explain a topic.",
    )
    body = BlocksField(BodyBlock(), blank=True)

    streams = ("body",)
    content_panels = [
        *Page.content_panels,
        NOTES,
        *ReviewedPage.opening,
        FieldPanel("body"),
        FieldPanel("topic"),
        *ReviewedPage.ending,
    ]
    search_fields = [*ReviewedPage.search_fields, index.SearchField("body")]
    parent_page_types = ["content.HomePage", "content.ArticlePage", "content.RisksPage"]

    class Meta:
        verbose_name = "Article"

    def sections(self) -> list[tuple[str, str, StreamValue]]:
        headings = (block.value for block in self.body if block.block_type == "heading")
        return [(slugify(text), text, []) for text in headings]


class RisksPage(WrittenPage):
    """The overview; its risk pages are listed beneath it by themselves."""

    body = BlocksField(BodyBlock(), blank=True)

    streams = ("body",)
    content_panels = ArticlePage.content_panels[:-2] + ReviewedPage.ending
    search_fields = ArticlePage.search_fields
    parent_page_types = ["content.HomePage"]
    max_count = 1

    class Meta:
        verbose_name = "Risk overview"


class RiskPage(PageInParts, TopicPage):
    """One risk, always in the same order, each part under an anchor that never changes."""

    topic = models.CharField(max_length=32, choices=choices)
    in_short = BlocksField(
        StatementsBlock(), blank=True, help_text="Two sentences that a tired reader can keep."
    )
    how_often = BlocksField(
        StatementsBlock(), blank=True, help_text="Numbers with the group that they come from."
    )
    more_at_risk = BlocksField(StatementsBlock(), blank=True)
    lowers_it = BlocksField(
        StatementsBlock(), blank=True, help_text="What lowers the risk; nothing removes it."
    )
    get_help_if = BlocksField(StatementsBlock(), blank=True)
    not_known = BlocksField(StatementsBlock(), blank=True)
    what_we_ask = BlocksField(
        StatementsBlock(), blank=True, help_text="Which questions this risk is behind."
    )

    PARTS = (
        ("in_short", "in-short", "In short"),
        ("how_often", "how-often", "How often"),
        ("more_at_risk", "who-is-more-at-risk", "Who is more at risk"),
        ("lowers_it", "what-lowers-it", "What lowers it"),
        ("get_help_if", "get-help-if", "Get help if"),
        ("not_known", "what-nobody-knows", "What nobody knows yet"),
        ("what_we_ask", WHY_WE_ASK, "What we ask, and why"),
    )
    ALWAYS = (WHY_WE_ASK,)
    streams = tuple(name for name, _, _ in PARTS)
    content_panels = [
        *Page.content_panels,
        NOTES,
        FieldPanel("topic"),
        *ReviewedPage.opening,
        *(FieldPanel(name, heading=heading) for name, _, heading in PARTS),
        *ReviewedPage.ending,
    ]
    search_fields = [*ReviewedPage.search_fields, *(index.SearchField(name) for name in streams)]
    parent_page_types = ["content.RisksPage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = "Risk"


class SourcesPage(WrittenPage):
    """Every source in the register, by itself."""

    content_panels = [
        *Page.content_panels,
        NOTES,
        *ReviewedPage.opening,
        *ReviewedPage.ending,
    ]
    parent_page_types = ["content.HomePage"]
    subpage_types: list[str] = []
    max_count = 1

    class Meta:
        verbose_name = "List of sources"

    def cards(self) -> list[Page]:
        return []

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return super().get_context(request, *args, **kwargs) | {"sources": Source.objects.all()}
