"""What the pages cite."""

from django.db import models
from django.urls import reverse
from wagtail.admin.panels import FieldPanel
from wagtail.search import index
from wagtail.snippets.models import register_snippet


class ReadAs(models.TextChoices):
    ABSTRACT = "abstract", "we read its summary"
    EXCERPT = "excerpt", "we read part of it"
    WHOLE = "whole", "we read all of it"
    MEMORY = "memory", "not read yet"


@register_snippet
class Source(index.Indexed, models.Model):
    """A study, a notice or a law; its key never changes and is what blocks store."""

    key = models.CharField(max_length=40, primary_key=True, help_text="Capitals: WANG2021.")
    title = models.CharField(max_length=250)
    url = models.URLField("address", max_length=500)
    read_as = models.CharField("how it was read", max_length=10, choices=ReadAs)
    fact = models.TextField("what we took from it")

    panels = [FieldPanel(name) for name in ("key", "title", "url", "read_as", "fact")]
    search_fields = [
        index.SearchField("title"),
        index.SearchField("fact"),
        index.AutocompleteField("title"),
        index.AutocompleteField("key"),
    ]

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return f"{self.key}: {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("wagtail_serve", args=["sources/"]) + f"#{self.key}"
