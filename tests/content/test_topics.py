import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Site

from content.clinic import ClinicSettings, clinic_for
from content.models import ArticlePage
from content.topics import (
    CONCERNS,
    TOPICS,
    TopicLink,
    clinic_phone,
    evidence_for,
    page_url,
    pages_for,
    topics_without_page,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]


def test_every_topic_is_explained_by_a_live_page(client):
    links = pages_for(TOPICS)
    assert links.keys() == TOPICS.keys()
    assert topics_without_page() == set()
    assert {client.get(link.url).status_code for link in links.values()} == {200}


def test_a_risk_opens_where_it_says_why_we_ask():
    assert pages_for(["clots"]) == {
        "clots": TopicLink("clots", "Blood clots", "/risks/blood-clots/", "what-we-ask")
    }
    assert pages_for(["clots"])["clots"].why == "/risks/blood-clots/#what-we-ask"


def test_other_topics_open_at_the_top():
    assert pages_for(["emergency"])["emergency"].why == "/your-visit/red-flags/"
    assert page_url("expectations") == "/learn/evidence/"
    assert page_url("suitability") == "/risks/who-is-at-higher-risk/"


@pytest.mark.parametrize("topics", [["clots"], list(TOPICS), ["clots", "clots", "unheard-of"]])
def test_any_number_of_topics_costs_one_query(topics):
    with CaptureQueriesContext(connection) as seen:
        pages_for(topics)
    assert len(seen) == 1


def test_no_topic_costs_no_query():
    with CaptureQueriesContext(connection) as seen:
        assert pages_for([]) == {}
    assert len(seen) == 0


def test_a_topic_without_a_live_page_is_left_out(page_at):
    page_at("/risks/infection/").unpublish()
    assert pages_for(["infection", "neuro"]).keys() == {"neuro"}
    assert page_url("infection") is None
    assert topics_without_page() == {"infection"}
    assert page_url("unheard-of") is None


def test_a_page_that_moved_is_found_at_its_new_address(page_at):
    page_at("/risks/infection/").move(page_at("/learn/"), pos="last-child")
    assert page_url("infection") == "/learn/infection/"


def test_a_risk_page_goes_before_an_article_on_the_same_topic(page_at):
    page_at("/").add_child(
        instance=ArticlePage(title="More", slug="more", summary="More.", topic="clots")
    )
    assert page_url("clots") == "/risks/blood-clots/"


def test_a_second_article_on_a_topic_is_refused(page_at):
    again = ArticlePage(title="Again", slug="again", summary="Again.", topic="emergency")
    with pytest.raises(Exception, match="Another page already explains"):
        page_at("/").add_child(instance=again)


def test_every_problem_leads_to_its_evidence_page_in_one_query():
    with CaptureQueriesContext(connection) as seen:
        links = evidence_for([*CONCERNS, "unheard-of"])
    assert len(seen) == 1
    assert links.keys() == CONCERNS.keys()
    assert links["ms"] == TopicLink(
        "ms", "Multiple sclerosis", "/learn/evidence/multiple-sclerosis/"
    )


def test_a_problem_without_a_live_page_is_left_out(page_at):
    page_at("/learn/evidence/diabetes/").unpublish()
    assert evidence_for(["diabetes"]) == {}
    assert evidence_for([]) == {}


def test_the_clinic_is_known_without_a_request():
    ClinicSettings.objects.update(name="Clínica Norte", phone="+52 664 123 4567")
    assert clinic_for().name == "Clínica Norte"
    assert clinic_for().phone_link == "tel:+526641234567"
    assert clinic_phone() == "+52 664 123 4567"


def test_a_site_without_settings_has_a_clinic_and_asking_writes_nothing(rf):
    ClinicSettings.objects.all().delete()
    assert clinic_for(rf.get("/")).name == "Our clinic"
    Site.objects.all().delete()
    assert clinic_for(rf.get("/")).name == "Our clinic"
    assert ClinicSettings.objects.count() == 0
