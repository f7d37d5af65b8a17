"""What search engines and other machines read: addresses, descriptions, reviewers, dates."""

import json
import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import PageViewRestriction, Site

from content.making import texts
from content.models import RiskPage
from content.serving.related import related
from content.topics import asked_together_with, pages_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]

RISK = "/risks/blood-clots/"
ADDRESSES = [text.address for text in texts.texts()]


def html_at(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def graph(client: Client, address: str) -> dict[str, Any]:
    """The parts of the page's description, by their kind."""
    found = re.findall(
        r'<script type="application/ld\+json">(.*?)</script>', html_at(client, address)
    )
    (text,) = found
    described = json.loads(text)
    assert described["@context"] == "https://schema.org"
    return {part["@type"]: part for part in described["@graph"]}


def test_a_page_says_its_one_address_wherever_it_is_asked(client, settings):
    settings.ALLOWED_HOSTS = ["other.example", "testserver"]
    response = client.get(RISK, {"from": "a-letter"}, headers={"host": "other.example"})
    html, here = response.content.decode(), f"{settings.SITE_URL}{RISK}"
    assert re.findall(r'<link rel="canonical" href="([^"]+)">', html) == [here]
    assert re.findall(r'<meta property="og:url" content="([^"]+)">', html) == [here]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_describes_itself_to_people_who_share_it(client, address):
    html = html_at(client, address)
    social = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]+)">', html))
    assert social.keys() == {"type", "site_name", "title", "description", "url"}
    assert social["type"] == ("website" if address == "/" else "article")
    (description,) = re.findall(r'<meta name="description" content="([^"]+)">', html)
    assert social["description"] == description


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_describes_itself_to_machines(client, address):
    parts = graph(client, address)
    page = parts["MedicalWebPage"]
    assert page["url"] == f"{settings.SITE_URL}{address}"
    assert page["dateModified"] >= page["datePublished"]
    assert ("BreadcrumbList" in parts) == (address != "/")
    assert None not in page.values()


def test_nobody_is_said_to_have_reviewed_a_page_that_nobody_has(client, page_at):
    page = page_at("/learn/basics/")
    page.clinical_reviewer, page.last_reviewed_on = "", None
    page.save()
    assert {"lastReviewed", "reviewedBy"} & graph(client, page.url)[
        "MedicalWebPage"
    ].keys() == set()


def test_the_reviewer_and_the_day_are_said(client, page_at):
    page = page_at("/learn/basics/")
    page.clinical_reviewer, page.last_reviewed_on = "Dr Ana Ruiz", date(2026, 11, 2)
    page.save()
    said = graph(client, page.url)["MedicalWebPage"]
    assert said["reviewedBy"] == {"@type": "Person", "name": "Dr Ana Ruiz"}
    assert said["lastReviewed"] == "2026-11-02"


def test_breadcrumbs_are_those_on_the_page(client):
    steps = graph(client, RISK)["BreadcrumbList"]["itemListElement"]
    assert [step["position"] for step in steps] == [1, 2, 3]
    paths = [urlsplit(step["item"]).path for step in steps]
    assert paths == ["/", "/risks/", RISK]
    shown = re.search(r'<nav class="trail".*?</nav>', html_at(client, RISK), re.DOTALL)
    assert re.findall(r'href="([^"]+)"', shown[0]) == paths[:-1]


def test_questions_and_answers_are_told_as_such(client):
    asked = graph(client, "/faq/")["FAQPage"]["mainEntity"]
    assert len(asked) > 3
    for one in asked:
        assert one["name"]
        assert not re.search(r"<\w", one["acceptedAnswer"]["text"])
    assert "FAQPage" not in graph(client, RISK)


def test_no_title_ends_the_description_early(client, page_at):
    page = page_at(RISK)
    page.title = "</script><script>alert(1)</script><!--"
    page.save()
    assert graph(client, RISK)["MedicalWebPage"]["name"] == page.title
    assert "<script>alert" not in html_at(client, RISK)


# ------------------------------------------------------------------------------ sitemap, robots


def in_sitemap(client: Client) -> dict[str, str | None]:
    xml = ElementTree.fromstring(client.get("/sitemap.xml").content)  # noqa: S314 - our own
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    return {
        url.findtext("s:loc", namespaces=space): url.findtext("s:lastmod", namespaces=space)
        for url in xml.findall("s:url", space)
    }


def test_the_sitemap_holds_every_public_page_at_the_address_that_people_use(client, settings):
    settings.SITE_URL = "https://portal.example"
    Site.objects.update(hostname="inside.local", port=8000)
    found = in_sitemap(client)
    assert {f"https://portal.example{address}" for address in ADDRESSES} <= found.keys()
    assert {urlsplit(url).netloc for url in found} == {"portal.example"}
    assert set(found.values()) == {timezone.localdate().isoformat()}


def test_the_sitemap_leaves_out_what_is_not_for_everybody(client, page_at):
    page_at(RISK).unpublish()
    PageViewRestriction.objects.create(
        page=page_at("/learn/"), restriction_type=PageViewRestriction.LOGIN
    )
    paths = {urlsplit(url).path for url in in_sitemap(client)}
    assert {RISK, "/learn/", "/learn/basics/"} & paths == set()
    assert "/risks/" in paths


def test_the_sitemap_costs_the_same_however_many_pages_there_are(client):
    with CaptureQueriesContext(connection) as seen:
        client.get("/sitemap.xml")
    assert len(seen) <= 6


def test_robots_are_shown_the_sitemap_and_kept_off_private_pages(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"].startswith("text/plain")
    lines = response.content.decode().splitlines()
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in lines
    assert {"Disallow: /consult/", "Disallow: /staff/", "Disallow: /search/"} <= set(lines)


# --------------------------------------------------------------------------------- related pages


def test_related_pages_are_those_that_the_form_asks_about_together(page_at):
    urls = [one.url for one in related(page_at(RISK), today=timezone.localdate())]
    topics = asked_together_with("clots")[:4]
    pages = pages_for(topics)
    assert urls == [pages[topic].url for topic in topics]


def test_a_page_without_a_topic_is_related_to_those_that_follow_it(page_at):
    page = page_at("/learn/own-or-donor/")
    assert page.topic == ""
    beside = [each.url for each in page.get_siblings(inclusive=False).live()]
    urls = [one.url for one in related(page, today=timezone.localdate())]
    assert set(urls) <= set(beside)
    assert urls[0] == page.get_next_siblings().live().first().url


def test_overdue_and_hidden_pages_are_not_offered(page_at):
    today, page = timezone.localdate(), page_at(RISK)
    first, second = (one.url for one in related(page, today=today)[:2])
    overdue = page_at(first)
    overdue.next_review_on = today - timedelta(days=1)
    overdue.save()
    page_at(second).unpublish()
    assert {first, second} & {one.url for one in related(page, today=today)} == set()


def test_related_pages_cost_one_query(page_at):
    page = page_at(RISK)
    with CaptureQueriesContext(connection) as seen:
        related(page, today=timezone.localdate())
    assert len(seen) == 1


def test_a_reader_sees_the_related_pages(client):
    assert RiskPage.objects.live().count() >= 8
    shown = re.search(r'<nav class="related".*?</nav>', html_at(client, RISK), re.DOTALL)
    assert len(re.findall(r'<a href="(/[^"]+)"', shown[0])) == 4
