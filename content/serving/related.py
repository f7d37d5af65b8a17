"""Where a reader may want to go on: what the form asks about together, and what stands beside."""

from dataclasses import dataclass
from datetime import date

from django.apps import apps
from django.db.models import Q
from django.db.models.functions import Coalesce
from wagtail.models import Page

from content.models.base import ReviewedPage
from content.topics import TOPIC_PAGES, address_of, asked_together_with, root_of_the_site

MOST = 4
DEPTH_OF_SECTIONS = 3  # below the root and the home page: what stands beside is the menu


@dataclass(frozen=True, slots=True)
class Related:
    title: str
    url: str


def related(page: ReviewedPage, *, today: date) -> list[Related]:
    """Live pages that are not overdue for review, the nearest first; one query."""
    topics = asked_together_with(getattr(page, "topic", "") or "-")[:MOST]
    about = Q(topic__in=topics)
    if page.depth > DEPTH_OF_SECTIONS:
        about |= Q(path__startswith=page.path[: -page.steplen], depth=page.depth)
    rows = (
        Page.objects.live()
        .annotate(topic=Coalesce(*(f"{kind}__topic" for kind in TOPIC_PAGES)))
        .annotate(next_review_on=Coalesce(*review_days()), root=root_of_the_site())
        .filter(about, Q(next_review_on=None) | Q(next_review_on__gte=today))
        .exclude(pk=page.pk)
        .values_list("topic", "path", "title", "url_path", "root")
    )

    def nearness(row: tuple[str | None, str, str, str, str]) -> tuple[int, bool, str]:
        topic, path, *_ = row
        rank = topics.index(topic) if topic in topics else MOST
        return rank, path < page.path, path  # then those that follow in the tree

    nearest = sorted(rows, key=nearness)[:MOST]
    return [Related(title, address_of(path, root)) for *_, title, path, root in nearest]


def review_days() -> list[str]:
    """Where each kind of page keeps the day of its next review, seen from a page."""
    kinds = apps.get_app_config("content").get_models()
    return [f"{kind._meta.model_name}__next_review_on" for kind in kinds if is_reviewed(kind)]


def is_reviewed(kind: type[object]) -> bool:
    return issubclass(kind, ReviewedPage)
