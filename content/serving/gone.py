"""Addresses at which a page was once public: whoever comes back is told that it is gone."""

from typing import Any

from django.db import models
from django.utils import timezone
from wagtail.models import Page, Site

LONGEST = 2000  # characters; a longer address was never a page of ours


class GoneAddress(models.Model):
    """The address of a page that was public and has been deleted, as `Page.url_path` has it."""

    url_path = models.CharField(max_length=LONGEST, primary_key=True)
    gone_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.url_path


def remember(instance: Page, **_: Any) -> None:
    """Before a page is deleted; one that was never public leaves no trace."""
    was_public = instance.live or instance.first_published_at
    if was_public and len(instance.url_path) <= LONGEST:
        GoneAddress.objects.bulk_create(
            [GoneAddress(url_path=instance.url_path, gone_at=timezone.now())],
            update_conflicts=True,
            unique_fields=["url_path"],
            update_fields=["gone_at"],
        )


def was_public(path: str) -> bool:
    """True where a page that was once public at this path has been taken down or deleted."""
    if len(path) > LONGEST:
        return False
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    if site is None:
        return False
    url_path = site.root_page.url_path.rstrip("/") + f"/{path.strip('/')}/"
    hidden = Page.objects.filter(url_path=url_path, live=False, first_published_at__isnull=False)
    return hidden.exists() or GoneAddress.objects.filter(url_path=url_path).exists()
