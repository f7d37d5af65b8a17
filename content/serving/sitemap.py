"""The public pages for search engines, at the address that people use."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from wagtail.models import Page, Site

from content.topics import address_of


class PublicPages(Sitemap[Page]):
    def items(self) -> Iterable[Page]:
        site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
        if site is None:
            return []
        self.root = site.root_page.url_path
        pages: Iterable[Page] = site.root_page.get_descendants(inclusive=True).live().public()
        return pages

    def location(self, item: Page) -> str:
        return address_of(str(item.url_path), self.root)

    def lastmod(self, item: Page) -> datetime | None:
        published: datetime | None = item.last_published_at
        return published

    def get_protocol(self, protocol: str | None = None) -> str:
        return str(urlsplit(settings.SITE_URL).scheme)

    def get_domain(self, site: object = None) -> str:
        return str(urlsplit(settings.SITE_URL).netloc)
