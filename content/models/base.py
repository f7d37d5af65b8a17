"""What every page has: a summary, the people behind it, its notes, its sources."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.blocks import StreamValue
from wagtail.models import (
    Page,
    PageManager,
    PagePermissionTester,
    PageQuerySet,
    PageViewRestriction,
    Revision,
)
from wagtail.search import index

from content.clinic import clinic_for
from content.editing import publishing, workflow
from content.editing.form import GatedForm
from content.models.stored import addresses, references
from content.serving import routes

REVIEW = MultiFieldPanel(
    [
        FieldPanel("author_name", help_text="As readers are to see it."),
        FieldPanel(
            "clinical_reviewer",
            help_text="Full name, as in the account of a clinical reviewer, and profession.",
        ),
        FieldPanel("last_reviewed_on", help_text="The day on which the reviewer read all of it."),
        FieldPanel(
            "next_review_on",
            help_text="From the day after, readers are told that the page may be out of date.",
        ),
    ],
    heading="Who stands behind this page",
    help_text="Readers see this. Until a clinical reviewer is named, the page says so. On pages "
    "about a risk or about evidence the approval writes the reviewer and the day by itself.",
)
NOTES = FieldPanel("to_be_confirmed", heading="To be confirmed (readers never see this)")


class ReviewedQuerySet(PageQuerySet):
    def overdue(self, *, today: date) -> Any:
        return self.filter(next_review_on__lt=today)

    def in_time(self, *, today: date) -> Any:
        return self.exclude(next_review_on__lt=today)


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

    base_form_class = GatedForm
    TWO_PEOPLE = workflow.TWO_PEOPLE
    objects = PageManager.from_queryset(ReviewedQuerySet)()
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

    @property
    def needs_two_people(self) -> bool:
        """Whether one person submits and another approves, instead of one publishing."""
        return workflow.needs_two_people(type(self))

    def permissions_for_user(self, user: Any) -> PagePermissionTester:
        if self.needs_two_people:
            return workflow.TwoPeople(user, self)
        return super().permissions_for_user(user)

    def publish(self, revision: Revision, user: Any = None, **options: Any) -> None:
        """Wagtail's, behind the guard: see content.editing.publishing. Raises NotYet."""
        if publishing.allows(self, revision, user=user, options=options):
            super().publish(revision, user=user, **options)

    def get_view_restrictions(self) -> Any:
        """Wagtail's, which looks at every page above; most sites have no restriction at all."""
        if not routes.any_page_is_restricted():
            return PageViewRestriction.objects.none()
        return super().get_view_restrictions()

    def sections(self) -> list[tuple[str, str, StreamValue]]:
        """What “On this page” lists: anchor, heading, blocks."""
        return []

    def cards(self) -> list[Page]:
        """The pages right beneath this one, to read on."""
        return [] if self.is_leaf() else list(self.get_children().live().specific())

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        stored = [getattr(self, name).get_prep_value() for name in self.streams]
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context | {
            "references": references(stored),
            "addresses": addresses(stored),
            "sections": self.sections(),
            "cards": self.cards(),
            "trail": routes.above(self),
            "clinic": clinic_for(request),
        }
