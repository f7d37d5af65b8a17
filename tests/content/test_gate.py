"""What keeps a page from being published, and what an editor reads then."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from wagtail.models import Page, PageLogEntry
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from consult.models import Role
from content.editing.errors import in_words
from content.editing.gate import refusals
from content.editing.publishing import NotYet
from content.models import ArticlePage, EvidencePage
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]

TODAY = date(2026, 11, 22)
# ------------------------------------------------------------------------- a page, judged by code
BENEFIT = {
    "what": "<p>Knee pain was a little lower for some months.</p>",
    "risk": "<p>1 in 4 had pain in the knee.</p>",
    "evidence": "mixed",
    "sources": ["COCHRANE_OA"],
}


def article(*body: tuple[str, Any], **fields: Any) -> ArticlePage:
    stored = json.dumps([{"type": kind, "value": value} for kind, value in body])
    standard = {"title": "Knees", "slug": "knees", "summary": "About knees.", "body": stored}
    return ArticlePage(**standard | fields)


def judged(page: Page) -> list[tuple[str, tuple, str]]:
    found = refusals(page, today=TODAY)
    return [(one.place.field, one.place.path, one.sentence) for one in found]


REVIEWED = {"clinical_reviewer": "Dr Sam Rivera", "last_reviewed_on": date(2026, 11, 2)}
IN_TIME = REVIEWED | {"next_review_on": date(2027, 11, 2)}


@pytest.fixture
def reviewer() -> Any:
    return factories.staff(Role.CLINICAL_REVIEWER)


@pytest.mark.usefixtures("reviewer")
def test_a_benefit_with_all_that_belongs_to_it_may_be_published():
    assert judged(article(("benefit", BENEFIT), **IN_TIME)) == []


@pytest.mark.usefixtures("reviewer")
@pytest.mark.parametrize(
    ("lacks", "sentence"),
    [
        ({"risk": ""}, "A benefit is stated without its risk. Say what risk goes with it."),
        ({"evidence": ""}, "Say how good the proof of this benefit is."),
        ({"sources": []}, "Name the source of this benefit and of its risk."),
    ],
)
def test_what_a_benefit_lacks_is_told_at_its_part_of_the_block(lacks, sentence):
    page = article(("heading", "Knees"), ("benefit", BENEFIT | lacks), **IN_TIME)
    assert judged(page) == [("body", (1, *lacks), sentence)]


@pytest.mark.usefixtures("reviewer")
def test_a_benefit_without_a_day_of_review_is_refused():
    assert judged(article(("benefit", BENEFIT), **REVIEWED)) == [
        (
            "next_review_on",
            (),
            "This page states a benefit: say when it is to be reviewed again.",
        )
    ]


def test_a_benefit_that_no_clinician_reviewed_is_refused():
    page = article(("benefit", BENEFIT), next_review_on=date(2027, 11, 2))
    sentence = "This page states a benefit: name the clinical reviewer and the day."
    assert judged(page) == [("clinical_reviewer", (), sentence)]


def test_a_reviewer_who_holds_no_such_account_is_refused():
    page = article(clinical_reviewer="Dr Nobody", last_reviewed_on=date(2026, 11, 2))
    sentence = "Nobody of this name may review. Write the full name as in their account."
    assert judged(page) == [("clinical_reviewer", (), sentence)]


def test_a_next_review_that_has_passed_is_refused():
    sentence = "22 November 2026 has passed. Set a day in the future."
    assert judged(article(next_review_on=TODAY)) == [("next_review_on", (), sentence)]


def test_a_review_on_a_day_to_come_is_refused():
    page = article(last_reviewed_on=TODAY + timedelta(days=1))
    sentence = "Nobody can have reviewed the page on a day to come."
    assert judged(page) == [("last_reviewed_on", (), sentence)]


ROW = {"cells": ["<p>Fever</p>", "<p>We cure it.</p>"], "sources": []}
TABLE = {"caption": "What we do", "head": ["What", "How"], "rows": [ROW]}


@pytest.mark.parametrize(
    ("body", "fields", "place"),
    [
        ([], {"title": "Our cure"}, ("title", ())),
        ([], {"summary": "A cure."}, ("summary", ())),
        ([], {"search_description": "A cure."}, ("search_description", ())),
        ([("heading", "A cure")], {}, ("body", (0,))),
        (
            [("key_fact", {"text": "<p>A <b>cure</b></p>", "sources": []})],
            {},
            ("body", (0, "text")),
        ),
        ([("table", TABLE)], {}, ("body", (0, "rows", 0, "cells", 1))),
    ],
)
def test_a_claim_is_found_wherever_a_reader_can_read_it(body, fields, place):
    [(field, path, sentence)] = judged(article(*body, **fields))
    assert (field, path) == place
    assert "may not stand here" in sentence


def test_notes_for_editors_may_say_what_they_like():
    assert judged(article(to_be_confirmed="Is it a cure?")) == []


RULE = {"country": "Mexico", "text": "<p>It must be safe.</p>", "as_of": "2025", "sources": []}


def test_a_rule_quoted_word_for_word_may_use_the_words():
    assert judged(article(("rule", RULE | {"wording": "quoted"}))) == []
    assert len(judged(article(("rule", RULE | {"wording": "ours"})))) == 1


def test_a_link_to_a_page_that_was_deleted_is_refused_at_its_block(page_at):
    gone = page_at("/faq/").pk
    link = f'<p><a linktype="page" id="{gone}">Questions</a></p>'
    page = article(("paragraph", {"text": link, "sources": []}))
    assert judged(page) == []
    page_at("/faq/").delete()
    sentence = "A link leads to a page that was deleted. Remove or change it."
    assert judged(page) == [("body", (0, "text"), sentence)]


def test_a_source_that_was_deleted_is_refused_at_its_block():
    page = article(("key_fact", {"text": "<p>Fever</p>", "sources": ["GONE1999"]}))
    assert judged(page) == [
        ("body", (0, "sources"), "A source was deleted: GONE1999. Name another.")
    ]


def test_what_it_showed_needs_a_source_a_risk_and_a_day_of_review():
    better = json.dumps([{"type": "paragraph", "value": {"text": "<p>Better.</p>"}}])
    page = EvidencePage(title="Knee", summary="Knee.", strength="unclear", results=better)
    assert [(field, sentence[:30]) for field, _, sentence in judged(page)] == [
        ("results", "Name the source of what was sh"),
        ("results", "What it showed may read as a b"),
        ("next_review_on", "This page states a benefit: sa"),
    ]


def test_the_pages_that_are_made_say_nothing_that_the_gate_refuses(pages):
    dated = {"next_review_on", "clinical_reviewer"}  # nobody has reviewed them yet
    found = {
        page.url_path: in_words(page, [one for one in all_ if one.place.field not in dated])
        for page in Page.objects.live().filter(depth__gt=1).specific()
        if (all_ := refusals(page, today=TODAY))
    }
    assert {path: said for path, said in found.items() if said} == {}


# ------------------------------------------------------------------------------ in Wagtail's forms
def signed_in(role: Role) -> Client:
    client = Client()
    client.force_login(factories.staff(role))
    return client


def sources(*keys: str) -> dict[str, Any]:
    return {"count": len(keys)} | {
        str(n): {"value": key, "id": "", "deleted": "", "order": n} for n, key in enumerate(keys)
    }


def form(*, risk: str = "", action: str = "action-publish", **fields: Any) -> dict[str, Any]:
    benefit = {
        "what": rich_text("<p>Knee pain was a little lower.</p>"),
        "risk": rich_text(risk),
        "evidence": "mixed",
        "sources": sources("COCHRANE_OA"),
    }
    page = {
        "title": "Knees",
        "slug": "knees",
        "summary": "About knees.",
        "body": streamfield([("benefit", benefit)]),
        "comments": inline_formset([]),
        "to_be_confirmed": "",
        "topic": "",
        "author_name": "Ed",
        "clinical_reviewer": "Dr Sam Rivera",
        "last_reviewed_on": "2026-11-02",
        "next_review_on": f"{timezone.localdate().year + 1}-11-02",
    }
    return nested_form_data(page | {action: "1"} | fields)


RISK = "<p>1 in 4 had pain in the knee.</p>"
SAID = "A benefit is stated without its risk."


@pytest.fixture
def add(page_at: Any) -> str:
    return f"/cms/pages/add/content/articlepage/{page_at('/learn/').pk}/"


def test_a_new_page_that_is_refused_is_kept_as_a_draft_and_says_why_at_its_place(add):
    response = signed_in(Role.CLINICAL_REVIEWER).post(add, form())
    page = ArticlePage.objects.get(slug="knees")
    assert not page.live
    html = response.content.decode()
    assert SAID in html
    assert "kept as a draft" in html
    assert "Knee pain was a little lower." in html
    errors = response.context["form"].errors.as_data()["body"][0]
    assert [str(e.message) for e in errors.block_errors[0].block_errors["risk"].error_list] == [
        "A benefit is stated without its risk. Say what risk goes with it."
    ]


def test_a_change_that_is_refused_is_kept_as_a_draft_and_the_live_page_stays(add, client):
    reviewer = signed_in(Role.CLINICAL_REVIEWER)
    reviewer.post(add, form(risk=RISK))
    page = ArticlePage.objects.get(slug="knees")
    assert page.live
    response = reviewer.post(f"/cms/pages/{page.pk}/edit/", form(title="Better knees"))
    assert SAID in response.content.decode()
    page.refresh_from_db()
    assert (page.title, page.get_latest_revision_as_object().title) == ("Knees", "Better knees")
    assert "1 in 4 had pain in the knee" in client.get("/learn/knees/").content.decode()


def test_a_draft_may_lack_whatever_it_lacks(add):
    form_ = form(
        action="action-draft",
        title="A cure",
        next_review_on="2020-01-01",
        last_reviewed_on="",
        clinical_reviewer="",
    )
    assert signed_in(Role.EDITOR).post(add, form_).status_code == 302
    assert ArticlePage.objects.get(slug="knees").title == "A cure"


def test_the_form_after_a_refusal_can_be_mended_and_published(add):
    reviewer = signed_in(Role.CLINICAL_REVIEWER)
    reviewer.post(add, form())
    page = ArticlePage.objects.get(slug="knees")
    reviewer.post(f"/cms/pages/{page.pk}/edit/", form(risk=RISK))
    page.refresh_from_db()
    assert page.live


def test_submitting_is_refused_as_publishing_is(add):
    response = signed_in(Role.EDITOR).post(add, form(action="action-submit"))
    assert SAID in response.content.decode()
    page = ArticlePage.objects.get(slug="knees")
    assert not page.workflow_in_progress


# --------------------------------------------------------------------------------- all other ways
def unbalanced(page_at: Any, **fields: Any) -> ArticlePage:
    page = article(("benefit", BENEFIT | {"risk": ""}), **IN_TIME | fields)
    page.live = False
    page_at("/learn/").add_child(instance=page)
    page.save_revision()
    return page


def test_code_that_publishes_for_a_person_is_refused(page_at, reviewer):
    page = unbalanced(page_at)
    with pytest.raises(NotYet, match="A benefit is stated without its risk"):
        page.latest_revision.publish(user=reviewer)
    page.refresh_from_db()
    assert not page.live


@pytest.mark.usefixtures("reviewer")
def test_publishing_many_at_once_publishes_none_if_one_is_refused(page_at):
    page, parent = unbalanced(page_at), page_at("/learn/")
    fine = article(title="Fine", slug="fine", live=False)
    parent.add_child(instance=fine)
    address = f"/cms/bulk/wagtailcore/page/publish/?id={page.pk}&id={fine.pk}&next=/cms/"
    response = signed_in(Role.CLINICAL_REVIEWER).post(address, {}, follow=True)
    assert "“Knees”: Body, block 1: A benefit is stated without its risk." in (
        response.content.decode()
    )
    assert not ArticlePage.objects.filter(slug__in=["knees", "fine"], live=True).exists()


@pytest.mark.usefixtures("reviewer")
def test_publishing_what_stands_beneath_is_refused_too(page_at):
    page = unbalanced(page_at)
    address = f"/cms/bulk/wagtailcore/page/publish/?id={page_at('/learn/').pk}&next=/cms/"
    response = signed_in(Role.CLINICAL_REVIEWER).post(
        address, {"include_descendants": "on"}, follow=True
    )
    assert "without its risk" in response.content.decode()
    page.refresh_from_db()
    assert not page.live


@pytest.mark.usefixtures("reviewer")
def test_a_schedule_that_would_publish_it_leaves_it_a_draft_and_the_history_says_why(page_at):
    page = unbalanced(page_at)
    soon = timezone.now() - timedelta(minutes=1)
    page.revisions.update(approved_go_live_at=soon)
    fine = article(title="Fine", slug="fine", live=False)
    page_at("/learn/").add_child(instance=fine)
    fine.save_revision(approved_go_live_at=soon)
    call_command("publish_scheduled")
    assert {p.slug: p.live for p in ArticlePage.objects.filter(slug__in=["knees", "fine"])} == {
        "knees": False,
        "fine": True,
    }
    entry = PageLogEntry.objects.filter(page=page.pk).latest("timestamp")
    assert "without its risk" in entry.message
    html = signed_in(Role.EDITOR).get(f"/cms/pages/{page.pk}/history/").content.decode()
    assert "Not published on its day." in html
    assert not page.revisions.filter(approved_go_live_at__isnull=False).exists()


def test_a_copy_is_never_live_at_once(page_at):
    page = page_at("/faq/")
    data = {"new_title": "FAQ 2", "new_slug": "faq-2", "new_parent_page": page_at("/").pk}
    client = signed_in(Role.CLINICAL_REVIEWER)
    client.post(f"/cms/pages/{page.pk}/copy/", data | {"publish_copies": "on"})
    client.post(f"/cms/pages/{page.pk}/copy/", data | {"alias": "on"})
    assert not Page.objects.filter(slug="faq-2").exists()
    client.post(f"/cms/pages/{page.pk}/copy/", data)
    assert not Page.objects.get(slug="faq-2").live
