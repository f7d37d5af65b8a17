"""Words that readers may not know, and the page that lists them."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page
from wagtail.search import index
from wagtail.snippets.models import register_snippet

from content.models.base import NOTES, ReviewedPage
from content.models.written import WrittenPage


@register_snippet
class GlossaryTerm(index.Indexed, models.Model):
    slug = models.SlugField(
        "short name", primary_key=True, help_text="For addresses; never changes: tissue-factor."
    )
    term = models.CharField(max_length=80, unique=True)
    line = models.CharField("what it means", max_length=240, help_text="One plain sentence.")
    in_text = models.CharField(
        "explained in page texts as",
        max_length=240,
        blank=True,
        help_text="The forms to look for, with commas between: “antibody, antibodies”. The first "
        "on a page is explained there. Empty: the glossary alone explains it.",
    )

    panels = [FieldPanel(name) for name in ("term", "slug", "line", "in_text")]
    search_fields = [
        index.SearchField("term"),
        index.SearchField("line"),
        index.AutocompleteField("term"),
    ]

    class Meta:
        ordering = ["term"]
        verbose_name = "glossary term"

    def __str__(self) -> str:
        return self.term

    def get_absolute_url(self) -> str:
        return reverse("wagtail_serve", args=["glossary/"]) + f"#{self.slug}"


class GlossaryPage(WrittenPage):
    """Every term, by itself."""

    content_panels = [*Page.content_panels, NOTES, *ReviewedPage.opening, *ReviewedPage.ending]
    parent_page_types = ["content.HomePage"]
    subpage_types: list[str] = []
    max_count = 1

    class Meta:
        verbose_name = "Glossary"

    def cards(self) -> list[Page]:
        return []

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        terms = sorted(GlossaryTerm.objects.all(), key=lambda term: term.term.casefold())
        return super().get_context(request, *args, **kwargs) | {"terms": terms}
