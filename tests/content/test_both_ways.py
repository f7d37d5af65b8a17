"""From a question to the page that says why it is asked, and from a risk to its questions."""

import re
from html import unescape

import pytest
from django.test import Client

from consult.questions import QuestionsForm
from consult.rules.published import (
    load_checkins,
    load_questionnaire,
    load_ruleset,
    published_versions,
)
from content.models import RiskPage
from content.topics import TOPICS, asked_about, asked_together_with, pages_for, topics_without_page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]


def topics_of_rules() -> set[str]:
    return {
        topic
        for version in published_versions("triage")
        for rule in load_ruleset(version).rules
        for topic in rule.topics
    }


def topics_of_questions() -> set[str]:
    return {
        topic
        for version in published_versions("intake")
        for question in load_questionnaire(version).questions
        for topic in question.informs
    }


def topics_of_checkins() -> set[str]:
    return {
        topic
        for version in published_versions("checkins")
        for question in load_checkins(version).questionnaire.questions
        for topic in question.informs
    }


def used() -> set[str]:
    return topics_of_rules() | topics_of_questions() | topics_of_checkins()


def listed(client: Client, address: str) -> list[str]:
    """The questions that a page lists."""
    html = client.get(address).content.decode()
    found = re.search(r'<div class="asked">.*?</dl>', html, re.DOTALL)
    return [unescape(text) for text in re.findall(r"<dd>(.*?)</dd>", found[0])] if found else []


def test_every_topic_of_a_rule_or_a_question_has_a_live_page():
    assert used() <= TOPICS.keys()
    assert topics_without_page(used()) == set()


def test_the_check_finds_a_topic_whose_page_was_taken_down():
    RiskPage.objects.get(topic="clots").unpublish()
    assert topics_without_page(used()) == {"clots"}


def test_every_anchor_that_a_question_opens_is_on_the_page(client):
    for link in pages_for(used()).values():
        address, _, anchor = link.why.partition("#")
        html = client.get(address).content.decode()
        assert not anchor or f'id="{anchor}"' in html, link.why


def test_each_risk_page_lists_exactly_the_questions_that_inform_it(client):
    risks = RiskPage.objects.live()
    assert risks.count() >= 8
    for page in risks:
        expected = [
            question.text
            for step in load_questionnaire().steps
            for question in step.questions
            if page.topic in question.informs
        ]
        assert expected, page.topic
        assert listed(client, page.url) == expected


def test_every_question_that_informs_a_risk_stands_on_its_page(client):
    pages = {page.topic: listed(client, page.url) for page in RiskPage.objects.live()}
    for question in load_questionnaire().questions:
        for topic in set(question.informs) & pages.keys():
            assert question.text in pages[topic]


def test_a_question_opens_the_part_that_says_why_it_is_asked():
    questionnaire = load_questionnaire()
    step = next(one for one in questionnaire.steps if one.id == "s4_health")
    form = QuestionsForm(questionnaire, step.groups, stored={}, today=None, links=pages_for(TOPICS))
    help_text = form.fields["clot.history"].help_text
    assert 'Read why: <a href="/risks/blood-clots/#what-we-ask" target="_blank">' in help_text


def test_topics_that_share_most_questions_come_first():
    assert asked_together_with("clots")[0] in {"suitability", "infection"}
    assert "clots" not in asked_together_with("clots")
    assert asked_together_with("unheard-of") == []
    assert {one.part for one in asked_about("tumour")} >= {"Cancer checks"}
