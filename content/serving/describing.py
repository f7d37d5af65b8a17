"""What a page tells machines about itself, in the words of schema.org."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from wagtail.models import Page

from content.clinic import ClinicSettings
from content.models.base import ReviewedPage
from content.serving import version
from content.topics import TOPICS

Described = dict[str, Any]


def address(page: Page, request: HttpRequest | None) -> str:
    """The one address of the page, whatever address it was asked for at."""
    return f"{settings.SITE_URL}{page.get_url(request)}"


def describe(
    page: ReviewedPage, trail: Iterable[Page], clinic: ClinicSettings, request: HttpRequest | None
) -> Described:
    above = [(each.title, address(each, request)) for each in trail]
    parts = [medical_page(page, clinic, address(page, request))]
    if above:
        parts.append(breadcrumbs([*above, (page.title, address(page, request))]))
    if hasattr(page, "questions_and_answers"):
        parts.append(questions(page.questions_and_answers()))
    return {"@context": "https://schema.org", "@graph": parts}


def medical_page(page: ReviewedPage, clinic: ClinicSettings, url: str) -> Described:
    """Says who reviewed the page and when only where somebody has."""
    topic = TOPICS.get(getattr(page, "topic", ""))
    said = {
        "@type": "MedicalWebPage",
        "@id": url,
        "url": url,
        "name": page.title,
        "description": page.search_description or page.summary,
        "inLanguage": version.kept(("language", page.locale_id), lambda: page.locale.language_code),
        "isAccessibleForFree": True,
        "publisher": {"@type": "MedicalOrganization", "name": clinic.name},
        "datePublished": day(page.first_published_at),
        "dateModified": day(page.last_published_at),
        "author": {"@type": "Person", "name": page.author_name} if page.author_name else None,
        "about": {"@type": "Thing", "name": topic} if topic else None,
    }
    if page.is_reviewed:
        said["lastReviewed"] = day(page.last_reviewed_on)
        said["reviewedBy"] = {"@type": "Person", "name": page.clinical_reviewer}
    return {name: value for name, value in said.items() if value is not None}


def day(when: Any) -> str | None:
    return when.isoformat()[:10] if when else None


def breadcrumbs(steps: list[tuple[str, str]]) -> Described:
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": url}
            for number, (name, url) in enumerate(steps, start=1)
        ],
    }


def questions(asked: Iterable[tuple[str, str]]) -> Described:
    return {
        "@type": "FAQPage",
        "mainEntity": [
            {
                "@type": "Question",
                "name": question,
                "acceptedAnswer": {"@type": "Answer", "text": answer},
            }
            for question, answer in asked
        ],
    }
