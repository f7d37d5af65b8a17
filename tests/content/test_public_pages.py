import re
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page

from content.making import texts
from content.models import RiskPage, Source

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]

ADDRESSES = [text.address for text in texts.texts()]
ELSEWHERE = re.compile(r"^/(consult|staff|search|static|favicon)")
ANCHORS = [
    "in-short",
    "how-often",
    "who-is-more-at-risk",
    "what-lowers-it",
    "get-help-if",
    "what-nobody-knows",
    "what-we-ask",
    "sources",
]


def queries(client: Client, address: str) -> int:
    client.cookies["session"] = "somebody"  # whoever has one gets no kept page
    client.get(address)  # what stays so until something is published is asked once
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_is_open_to_everybody_and_sets_no_cookie(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert response.cookies == {}
    assert "unsafe" not in response["Content-Security-Policy"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_links_lead_somewhere_and_nothing_is_inline(client, address):
    html = client.get(address).content.decode()
    links = {link.partition("#")[0] for link in re.findall(r'href="(/[^"]*)"', html)}
    assert {link for link in links if not ELSEWHERE.match(link)} <= set(ADDRESSES)
    anchors = set(re.findall(r'href="#([^"]+)"', html))
    assert anchors <= set(re.findall(r'id="([^"]+)"', html))
    assert "<a>" not in html
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*(?:src|ld\+json))", html)
    assert html.count("<h1") == 1


def test_what_is_to_be_confirmed_never_reaches_a_reader(client):
    noted = [text for text in texts.texts() if text.fields.get("to_be_confirmed")]
    assert len(noted) > 10
    for text in noted:
        html = client.get(text.address).content.decode()
        for note in text.fields["to_be_confirmed"].splitlines():
            assert note not in html


def test_pages_of_one_kind_cost_the_same_queries_however_much_they_hold(client, page_at):
    client.get("/")
    costs = {queries(client, page.get_url()) for page in RiskPage.objects.all()}
    # One more where the text links to other pages; never one a link, a block or a source.
    assert max(costs) - min(costs) <= 1
    page = page_at("/risks/infection/")
    page.save_revision().publish()  # what was kept of it is forgotten
    before = queries(client, "/risks/infection/")
    page.how_often = page.how_often.get_prep_value() * 5
    page.save_revision().publish()
    assert queries(client, "/risks/infection/") == before


@pytest.mark.parametrize("page", ["pain-and-swelling", "blood-clots", "unregulated-clinics"])
def test_a_risk_page_keeps_its_anchors(client, page):
    html = client.get(f"/risks/{page}/").content.decode()
    assert re.findall(r'<h2 id="([^"]+)"', html)[1:] == ANCHORS


def test_a_number_is_said_as_x_in_y_with_its_source(client):
    html = client.get("/risks/pain-and-swelling/").content.decode()
    assert "<strong>About 25 in 100</strong> people had pain in the knee" in html
    assert re.search(
        r'in a review of many studies <span class="cites">\[<a href="#source-1">', html
    )


def test_an_evidence_page_says_the_strength_before_anything_else(client):
    html = client.get("/learn/evidence/worn-joints/").content.decode()
    assert "Strength of the proof: <strong>Little or no difference</strong>" in html
    assert re.findall(r'<h2 id="([^"]+)"', html)[1:] == [
        "what-was-studied",
        "what-it-showed",
        "is-it-approved",
        "what-nobody-knows",
        "tested-care-first",
        "sources",
    ]


def test_the_evidence_index_lists_every_problem_with_its_strength(client):
    html = client.get("/learn/evidence/").content.decode()
    assert html.count('class="card-strength"') == 16
    assert html.count("Read on") == 0


def test_the_answers_are_known_to_machines_as_plain_text(page_at):
    asked = dict(page_at("/faq/").questions_and_answers())
    assert asked["Will it make me well?"] == "No one can promise that. See what research shows."
    assert len(asked) >= 12


def test_sources_are_numbered_in_reading_order(client):
    html = client.get("/risks/tumours/").content.decode()
    listed = re.findall(r'id="source-(\d+)"><a href="([^"]+)"', html)
    assert [int(number) for number, _ in listed] == list(range(1, len(listed) + 1))
    assert listed[0][1] == Source.objects.get(pk="THOMPSON2020").url


def test_a_source_that_was_deleted_leaves_the_page_standing(client):
    Source.objects.filter(pk="THOMPSON2020").delete()
    html = client.get("/risks/tumours/").content.decode()
    assert "31989101" not in html
    assert 'id="source-1"' in html


def test_a_link_to_a_page_that_is_gone_leaves_its_words(client, page_at):
    page_at("/choosing/questions-to-ask/").delete()
    html = client.get("/risks/unregulated-clinics/").content.decode()
    assert "<a>questions on our list</a>" in html


def test_readers_see_that_no_clinician_has_reviewed_a_page(client):
    assert "Not yet reviewed by a clinician." in client.get("/risks/").content.decode()


def test_readers_see_who_reviewed_a_page_and_when(client, page_at):
    page = page_at("/risks/")
    page.clinical_reviewer, page.last_reviewed_on = "Dr Ana Ruiz", date(2026, 11, 2)
    page.save()
    html = client.get("/risks/").content.decode()
    assert "Not yet reviewed" not in html
    assert re.search(r"Last reviewed on .*2 November 2026</time> by Dr Ana Ruiz\.", html)


def test_readers_see_that_a_review_is_overdue(client, page_at):
    page = page_at("/risks/")
    page.next_review_on = date(2026, 1, 5)
    page.save()
    assert "This page is due for a new review" in client.get("/risks/").content.decode()


def test_a_reviewer_without_a_day_is_refused(page_at):
    page = page_at("/risks/")
    page.clinical_reviewer = "Dr Ana Ruiz"
    with pytest.raises(Exception, match="Say on which day"):
        page.full_clean()


def test_a_draft_is_not_public(client, page_at):
    page_at("/faq/").unpublish()
    assert client.get("/faq/").status_code == 410


def test_the_home_page_leads_to_the_risks_first_and_then_to_the_form(client):
    html = client.get("/").content.decode()
    buttons = re.findall(r'<a class="btn [^"]*btn-lg" href="([^"]+)">([^<]+)<', html)
    assert buttons == [("/risks/", "Read the risks"), ("/consult/", "Start the form")]
    assert html.count("<li>") >= 3
    assert Page.objects.filter(depth=2).count() == 1
