"""What counts as a change that readers can see."""

from typing import Any

from django.apps import apps
from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_delete
from wagtail.images import get_image_model
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.signals import page_published, page_unpublished, post_page_move

from content.serving import gone, version

# What saving a draft writes to the page's own row: readers see none of it.
OF_DRAFTS = frozenset(
    {
        "comments",
        "wagtail_admin_comments",
        "draft_title",
        "has_unpublished_changes",
        "latest_revision",
        "latest_revision_created_at",
    }
)


def watch() -> None:
    """Called once, when all models are known."""
    for model in visible_models():
        post_save.connect(saved, sender=model)
        post_delete.connect(version.changed, sender=model)
        if issubclass(model, Page):
            pre_delete.connect(gone.remember, sender=model)
    for signal in (page_published, page_unpublished, post_page_move):
        signal.connect(version.changed)


def visible_models() -> list[type[Model]]:
    ours = apps.get_app_config("content").get_models()
    behind = {version.ContentVersion, gone.GoneAddress}
    elsewhere = [Page, Site, PageViewRestriction, get_image_model()]
    return [*(model for model in ours if model not in behind), *elsewhere]


def saved(update_fields: frozenset[str] | None = None, **_: Any) -> None:
    if update_fields is None or not update_fields <= OF_DRAFTS:
        version.changed()
