"""What research shows for one problem, always in the same order."""

from django.core.exceptions import ValidationError
from django.db import models
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page
from wagtail.search import index

from content.blocks import StatementsBlock
from content.fields import BlocksField
from content.models.base import NOTES, ReviewedPage
from content.models.written import PageInParts
from content.topics import CONCERNS, concerns


class Strength(models.TextChoices):
    NOT_TO_HELP = "not_to_help", "Shown not to help"
    NO_DIFFERENCE = "no_difference", "Little or no difference"
    UNCLEAR = "unclear", "Unclear"
    NOT_STUDIED = "not_studied", "Not studied well"


MEANINGS = {
    Strength.NOT_TO_HELP: "Careful trials looked for a benefit and did not find it.",
    Strength.NO_DIFFERENCE: "In careful trials, people with and without cells did about the same.",
    Strength.UNCLEAR: "Studies are too few, too small or too uncertain to tell.",
    Strength.NOT_STUDIED: "We found no study that is good enough to tell.",
}


class EvidencePage(PageInParts):
    concern = models.CharField(
        max_length=32,
        choices=concerns,
        help_text="The problem as people choose it in the form, so that they find this page.",
    )
    condition = models.CharField(max_length=160, help_text="What this page covers, in plain words.")
    strength = models.CharField("strength of the proof", max_length=16, choices=Strength)
    studied = BlocksField(StatementsBlock(), blank=True, help_text="The best studies, and in whom.")
    results = BlocksField(
        StatementsBlock(), blank=True, help_text="A benefit only with the risk that goes with it."
    )
    approval = BlocksField(StatementsBlock(), blank=True)
    not_known = BlocksField(StatementsBlock(), blank=True)
    care_first = BlocksField(
        StatementsBlock(), blank=True, help_text="Well-tested care to ask about before any cells."
    )

    PARTS = (
        ("studied", "what-was-studied", "What was studied"),
        ("results", "what-it-showed", "What it showed"),
        ("approval", "is-it-approved", "Is it approved?"),
        ("not_known", "what-nobody-knows", "What nobody knows yet"),
        ("care_first", "tested-care-first", "Well-tested care first"),
    )
    streams = tuple(name for name, _, _ in PARTS)
    content_panels = [
        *Page.content_panels,
        NOTES,
        FieldPanel("concern"),
        FieldPanel("condition"),
        *ReviewedPage.opening,
        FieldPanel("strength"),
        *(FieldPanel(name, heading=heading) for name, _, heading in PARTS),
        *ReviewedPage.ending,
    ]
    search_fields = [
        *ReviewedPage.search_fields,
        index.SearchField("condition"),
        *(index.SearchField(name) for name in streams),
    ]
    parent_page_types = ["content.ArticlePage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = "Evidence"

    def clean(self) -> None:
        super().clean()
        same = EvidencePage.objects.filter(concern=self.concern, locale=self.locale_id)
        if self.concern and same.exclude(pk=self.pk).exists():
            concern = CONCERNS.get(self.concern, self.concern)
            raise ValidationError({"concern": f"Another page is already about “{concern}”."})

    @property
    def strength_meaning(self) -> str:
        return MEANINGS.get(Strength(self.strength), "") if self.strength else ""
