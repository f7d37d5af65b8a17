"""Questions and answers."""

from django.utils.html import strip_tags
from django.utils.text import slugify
from wagtail.admin.panels import FieldPanel
from wagtail.blocks import StreamValue
from wagtail.models import Page
from wagtail.search import index

from content.blocks import QuestionsBlock
from content.fields import BlocksField
from content.models.base import NOTES, ReviewedPage
from content.models.written import WrittenPage


class FaqPage(WrittenPage):
    questions = BlocksField(QuestionsBlock(), blank=True)

    streams = ("questions",)
    content_panels = [
        *Page.content_panels,
        NOTES,
        *ReviewedPage.opening,
        FieldPanel("questions"),
        *ReviewedPage.ending,
    ]
    search_fields = [*ReviewedPage.search_fields, index.SearchField("questions")]
    parent_page_types = ["content.HomePage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = "Questions and answers"

    def cards(self) -> list[Page]:
        return []

    def sections(self) -> list[tuple[str, str, StreamValue]]:
        headings = (block.value for block in self.questions if block.block_type == "heading")
        return [(slugify(text), text, []) for text in headings]

    def questions_and_answers(self) -> list[tuple[str, str]]:
        """Each question with its answer, both as plain text, for machines that read the page."""
        asked = (block.value for block in self.questions if block.block_type == "question")
        return [(value["question"], strip_tags(value["answer"].source)) for value in asked]
