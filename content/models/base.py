"""What every page has: a summary, the people behind it, its notes, its sources."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.blocks import StreamValue
from wagtail.models import Page
from wagtail.search import index

from content.clinic import clinic_for
from content.models.stored import addresses, references

REVIEW = MultiFieldPanel(
    [
        FieldPanel("author_name"),
        FieldPanel("clinical_reviewer"),
        FieldPanel("last_reviewed_on"),
        FieldPanel("next_review_on"),
    ],
    heading="Who stands behind this page",
    help_text="Readers see this. Until a clinical reviewer is named, the page says so.",
)
NOTES = FieldPanel("to_be_confirmed", heading="To be confirmed (readers never see this)")


class ReviewedPage(Page):
    summary = models.TextField(
        max_length=300, help_text="One or two sentences: under the title, in lists and in search."
    )
    author_name = models.CharField("written by", max_length=120, blank=True)
    clinical_reviewer = models.CharField(
        max_length=120, blank=True, help_text="Name and profession of the clinician who checked it."
    )
    last_reviewed_on = models.DateField(null=True, blank=True)
    next_review_on = models.DateField(null=True, blank=True)
    to_be_confirmed = models.TextField(
        blank=True, help_text="Statements kept off the page until somebody has checked them."
    )

    streams: tuple[str, ...] = ()  # the fields that hold blocks, in reading order
    opening = [FieldPanel("summary")]
    ending = [REVIEW]
    search_fields = [*Page.search_fields, index.SearchField("summary", boost=2)]

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.clinical_reviewer and not self.last_reviewed_on:
            sentence = "Say on which day the clinical reviewer checked this page."
            raise ValidationError({"last_reviewed_on": sentence})
        if self.next_review_on and self.next_review_on <= (self.last_reviewed_on or date.min):
            raise ValidationError({"next_review_on": "The next review must be after the last."})

    @property
    def is_reviewed(self) -> bool:
        return bool(self.clinical_reviewer and self.last_reviewed_on)

    @property
    def is_overdue(self) -> bool:
        return bool(self.next_review_on and self.next_review_on < timezone.localdate())

    def sections(self) -> list[tuple[str, str, StreamValue]]:
        """What “On this page” lists: anchor, heading, blocks."""
        return []

    def cards(self) -> list[Page]:
        """The pages right beneath this one, to read on."""
        return list(self.get_children().live().specific())

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        stored = [getattr(self, name).get_prep_value() for name in self.streams]
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context | {
            "references": references(stored),
            "addresses": addresses(stored),
            "sections": self.sections(),
            "cards": self.cards(),
            "trail": list(self.get_ancestors().filter(depth__gt=1)),
            "clinic": clinic_for(request),
        }
