"""The questions on key facts: how they are asked for, what keeps them from being published."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from consult.models import Role
from content.editing.gate import refusals
from content.making import texts
from content.making.questions import asks
from content.making.tree import make_pages
from content.models import ArticlePage, RiskPage, Source
from content.models.checking import shuffled
from content.serving.version import known
from content.topics import TOPICS, Check, checks_for
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]

TODAY = date(2026, 11, 22)
ASKING = sorted(text.address for text in texts.texts() if asks(text))
CHECK = {"question": "How likely was fever?", "right": "More likely.", "wrong": ["Less likely."]}


def stored(page: Any, field: str) -> list[dict[str, Any]]:
    return list(getattr(page, field).get_prep_value())


def facts_of(page: Any, field: str = "how_often") -> list[dict[str, Any]]:
    return [block["value"] for block in stored(page, field) if block["type"] == "key_fact"]


def without_questions(page: Any) -> None:
    """As an earlier release made it."""
    for field in page.streams:
        blocks = stored(page, field)
        for block in blocks:
            if block["type"] == "key_fact":
                block["value"].pop("checks")
        setattr(page, field, json.dumps(blocks))
    page.save_revision(clean=False).publish()


# ------------------------------------------------------------------------------------ asking
def test_a_question_comes_with_its_fact_its_sources_and_its_place(page_at):
    page = page_at("/risks/infection/")
    source = Source.objects.in_bulk(["HARTNETT2021", "RYONCIL"])
    [check] = checks_for(["infection"], today=TODAY)
    right = "Germs are less likely, but they may still be there."
    assert dict(check.options)[check.right] == right
    wrong = {"There are no germs in it.", "It lowers every other risk as well."}
    assert {words for _, words in check.options} == wrong | {right}
    assert check == Check(
        topic="infection",
        page=page.pk,
        version=page.live_revision_id,
        title="Infection",
        check=check.check,
        question="A product was screened and tested. What does that mean?",
        options=check.options,
        right=check.right,
        passage="Screened and tested means that germs are less likely. "
        "It never means that there are none.",
        sources=tuple((one.title, one.url) for one in source.values()),
        url="/risks/infection/#what-lowers-it",
    )


def test_every_topic_that_has_a_key_fact_has_a_question():
    asked = {check.topic for check in checks_for(TOPICS, today=TODAY)}
    assert asked == TOPICS.keys() - {"emergency"}


def test_every_question_opens_its_page_at_the_passage(client):
    for check in checks_for(TOPICS, today=TODAY):
        path, _, anchor = check.url.partition("#")
        html = client.get(path).content.decode()
        assert not anchor or f'id="{anchor}"' in html, check.url
        assert check.sources, check.question


def test_the_right_answer_is_not_always_the_first():
    asked = {"right": "yes", "wrong": ["no", "perhaps"]}
    # Its place hangs on the block's id, which is drawn when a page is made.
    assert {shuffled(asked, salt=f"{n}").index("yes") for n in range(30)} == {0, 1, 2}
    assert len({check.right for check in checks_for(TOPICS, today=TODAY)}) > 1


def test_any_number_of_topics_costs_the_same_few_queries_and_only_once():
    def cost(*topics: str) -> int:
        with known.throughout(), CaptureQueriesContext(connection) as seen:  # as in one request
            checks_for(topics, today=TODAY)
        return len(seen)

    whether_pages_changed = 1
    assert cost(*TOPICS) <= whether_pages_changed + 4
    assert cost("clots", "suitability") == cost(*TOPICS) == whether_pages_changed
    assert cost() == 0


def test_a_page_that_is_overdue_or_not_live_is_not_asked_about(page_at):
    RiskPage.objects.filter(topic="infection").update(next_review_on=TODAY - timedelta(days=1))
    page_at("/risks/blood-clots/").unpublish()
    found = checks_for(["infection", "clots", "neuro"], today=TODAY)
    assert [check.topic for check in found] == ["neuro"]


def test_an_unfinished_question_is_not_asked(page_at):
    page = page_at("/risks/infection/")
    blocks = stored(page, "lowers_it")
    for block in blocks:
        if block["type"] == "key_fact":
            block["value"]["checks"][0]["value"]["right"] = ""
    page.lowers_it = json.dumps(blocks)
    page.save_revision(clean=False).publish()
    assert checks_for(["infection"], today=TODAY) == []


def test_readers_find_no_wrong_answers(client):
    assert "keep blood clots away" not in client.get("/risks/blood-clots/").content.decode()
    written = Page.objects.get(slug="blood-clots").specific.how_often
    found = " ".join(written.stream_block.get_searchable_content(written))
    assert "clots were about as frequent" in found
    assert "keep blood clots away" not in found


# ------------------------------------------------------------------------------------ the gate
def judged(**fact: Any) -> list[tuple[tuple, str]]:
    value = {"text": "<p>Fever is common.</p>", "checks": [CHECK], "sources": ["WANG2021"]} | fact
    body = json.dumps([{"type": "key_fact", "value": value}])
    page = ArticlePage(title="Fever", slug="fever", summary="About fever.", body=body)
    return [(one.place.path, one.sentence) for one in refusals(page, today=TODAY)]


def test_a_whole_question_may_be_published():
    assert judged() == []


@pytest.mark.parametrize(
    ("lacks", "part", "sentence"),
    [
        ({"question": " "}, "question", "Write what is to be asked."),
        (
            {"right": ""},
            "right",
            "A question without a right answer is a trap. Write the answer.",
        ),
        ({"wrong": [""]}, "wrong", "Write at least one wrong answer to choose from."),
        (
            {"wrong": ["More likely."]},
            "wrong",
            "The right answer stands among the wrong ones.",
        ),
    ],
)
def test_what_a_question_lacks_is_told_at_its_part(lacks, part, sentence):
    assert judged(checks=[CHECK | lacks]) == [((0, "checks", 0, part), sentence)]


def test_a_question_whose_fact_is_gone_is_refused():
    sentence = "The fact that answers this question is gone. Remove the question."
    assert judged(text="") == [((0, "text"), sentence)]
    assert judged(text="", checks=[]) == []


def test_a_question_on_a_fact_without_a_source_is_refused():
    sentence = "A fact that people are asked about needs its source."
    assert judged(sources=[]) == [((0, "sources"), sentence)]


def test_a_wrong_answer_may_not_promise_either():
    [(path, sentence)] = judged(checks=[CHECK | {"wrong": ["The cells are safe."]}])
    assert path == (0, "checks", 0, "wrong", 0)
    assert "“safe” may not stand here" in sentence


# ------------------------------------------------------------------------- the editors' form
def items(*values: Any) -> dict[str, Any]:
    return {"count": len(values)} | {
        str(n): {"value": value, "id": "", "deleted": "", "order": n}
        for n, value in enumerate(values)
    }


def form(right: str) -> dict[str, Any]:
    check = {"question": CHECK["question"], "right": right, "wrong": items("Less likely.")}
    fact = {
        "text": rich_text("<p>Fever is common.</p>"),
        "checks": items(check),
        "sources": items("WANG2021"),
    }
    return nested_form_data(
        {
            "title": "Fever",
            "slug": "fever",
            "summary": "About fever.",
            "body": streamfield([("key_fact", fact)]),
            "comments": inline_formset([]),
            "to_be_confirmed": "",
            "topic": "",
            "author_name": "Ed",
            "clinical_reviewer": "",
            "last_reviewed_on": "",
            "next_review_on": "",
        }
    )


def test_an_editor_saves_a_draft_with_half_a_question_and_may_not_publish_it(page_at):
    reviewer = Client()
    reviewer.force_login(factories.staff(Role.CLINICAL_REVIEWER))
    add = f"/cms/pages/add/content/articlepage/{page_at('/learn/').pk}/"
    response = reviewer.post(add, form("") | {"action-publish": "1"})
    assert "A question without a right answer is a trap." in response.content.decode()
    page = ArticlePage.objects.get(slug="fever")
    assert not page.live

    reviewer.post(f"/cms/pages/{page.pk}/edit/", form("More likely.") | {"action-publish": "1"})
    page.refresh_from_db()
    assert page.live
    [asked] = facts_of(page, "body")[0]["checks"]
    assert asked["value"]["right"] == "More likely."


def test_the_edit_form_tells_editors_what_a_question_is_for(page_at):
    editor = Client()
    editor.force_login(factories.staff(Role.EDITOR))
    html = editor.get(f"/cms/pages/{page_at('/risks/infection/').pk}/edit/").content.decode()
    assert "People whose answers concern the topic" in html
    assert "A product was screened and tested." in html


# ------------------------------------------------------------------------- pages made earlier
def test_pages_from_before_get_their_questions_once(page_at, capsys):
    before = checks_for(TOPICS, today=TODAY)
    for address in ASKING:
        without_questions(page_at(address))
    assert checks_for(TOPICS, today=TODAY) == []

    call_command("make_pages")
    after = checks_for(TOPICS, today=TODAY)
    assert [one.question for one in after] == [one.question for one in before]
    told = [line.split("  ")[1] for line in capsys.readouterr().out.splitlines() if "  " in line]
    assert sorted(told) == ASKING
    assert make_pages().asking == []


def test_a_page_that_somebody_has_touched_is_left_alone(page_at):
    page = page_at("/risks/infection/")
    without_questions(page)
    page.save_revision(user=factories.staff(Role.EDITOR))
    assert make_pages().asking == []
    assert checks_for(["infection"], today=TODAY) == []


def test_a_fact_in_other_words_gets_no_question(page_at):
    page = page_at("/risks/infection/")
    without_questions(page)
    blocks = stored(page, "lowers_it")
    for block in blocks:
        if block["type"] == "key_fact":
            block["value"]["text"] = "<p>Tested means tested.</p>"
    page.lowers_it = json.dumps(blocks)
    page.save_revision(clean=False).publish()
    assert make_pages().asking == []
    assert checks_for(["infection"], today=TODAY) == []
