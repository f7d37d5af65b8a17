"""Kept pages: the same for everybody, never anybody's own, and never older than the change."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import http_date
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, PageViewRestriction, Site

from content.clinic import ClinicSettings
from content.models import ArticlePage, Source
from content.serving import version
from content.serving.kept import Kept
from content.serving.pagecache import FOR_ALL, FOR_ONE, PageCache
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]

RISK = "/risks/blood-clots/"


def queries(client: Client, address: str = RISK, **options: Any) -> int:
    with CaptureQueriesContext(connection) as seen:
        client.get(address, **options)
    return len(seen)


def kept() -> set[str]:
    """The addresses of the pages that this process keeps."""
    return {key[2] for key in version.current().kept._values if key[0] in ("http", "https")}


# ------------------------------------------------------------------------------------------ keeping


def test_the_second_reader_costs_one_small_query(client):
    first = client.get(RISK)
    assert queries(client) == 1
    assert client.get(RISK).content == first.content


def test_a_process_asks_for_the_version_no_more_often_than_it_is_told(client, settings):
    settings.CONTENT_LOOK_SECONDS = 60
    client.get(RISK)
    assert queries(client) == 0


def test_a_kept_page_has_the_headers_of_a_fresh_one_and_its_own_request_id(client):
    fresh, again = client.get(RISK), client.get(RISK)
    ids = [response.headers.pop("X-Request-ID") for response in (fresh, again)]
    assert dict(again.items()) == dict(fresh.items())
    assert len(set(ids)) == 2
    assert again["Content-Security-Policy"].count("nonce") == 0
    assert again["Cache-Control"] == FOR_ALL
    assert (again["X-Frame-Options"], again["X-Content-Type-Options"]) == ("SAMEORIGIN", "nosniff")
    assert not again.has_header("Vary") or "Cookie" not in again["Vary"]


def test_security_headers_are_those_of_every_other_page(client):
    names = [
        "Content-Security-Policy",
        "X-Frame-Options",
        "X-Content-Type-Options",
        "Referrer-Policy",
        "Cross-Origin-Opener-Policy",
    ]
    client.get(RISK)
    other = client.get("/search/")
    assert {name: client.get(RISK)[name] for name in names} == {n: other[n] for n in names}


def test_a_head_request_is_answered_alike_without_a_body(client):
    full = client.get(RISK)
    head = client.head(RISK)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", full["ETag"])


# ---------------------------------------------------------------------------------------------- 304


def test_a_reader_who_has_the_page_gets_none_of_it_again(client):
    page = client.get(RISK)
    for tag in (page["ETag"], f"W/{page['ETag']}", f'"other", {page["ETag"]}', "*"):
        again = client.get(RISK, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == page["ETag"]
        assert again["Content-Security-Policy"] == page["Content-Security-Policy"]
        assert not again.has_header("Content-Length")
    since = client.get(RISK, headers={"If-Modified-Since": page["Last-Modified"]})
    assert since.status_code == 304


def test_the_tag_goes_before_the_date_and_an_old_date_gets_the_page(client):
    page = client.get(RISK)
    both = {"If-None-Match": '"other"', "If-Modified-Since": page["Last-Modified"]}
    assert client.get(RISK, headers=both).status_code == 200
    day_before = http_date(time.time() - 3 * 86_400)
    for since in (day_before, "yesterday", ""):
        assert client.get(RISK, headers={"If-Modified-Since": since}).status_code == 200


def test_the_last_modified_date_moves_with_a_change(client):
    later = timezone.now() + timedelta(hours=2)
    client.get(RISK)
    version.ContentVersion.objects.update(token="later", changed_at=later)
    assert client.get(RISK)["Last-Modified"] == http_date(int(later.timestamp()))


# -------------------------------------------------------------------------------------- never kept


def test_a_reader_with_a_session_gets_the_same_page_as_their_own(client):
    anonymous = client.get(RISK)
    client.force_login(UserFactory())
    signed_in = client.get(RISK)
    assert signed_in["Cache-Control"] == FOR_ONE
    assert not signed_in.has_header("ETag")
    assert signed_in.content == anonymous.content
    assert queries(client) > 1


def test_nothing_is_kept_of_what_a_reader_with_a_session_saw(client):
    client.cookies[settings.SESSION_COOKIE_NAME] = "x"
    client.get(RISK)
    assert kept() == set()


@pytest.mark.parametrize("address", [f"{RISK}?a=b", "/search/", "/search/?q=clots", "/nowhere/"])
def test_questions_searches_and_missing_pages_are_not_kept(client, address):
    response = client.get(address)
    assert kept() == set()
    assert "public" not in response.get("Cache-Control", "")


def test_private_addresses_are_not_kept(client):
    for address in ("/consult/", "/accounts/login/", "/staff/", "/cms/", "/healthz"):
        client.get(address)
    assert kept() == set()


def test_a_request_that_signs_itself_is_not_answered_from_what_is_kept(client):
    client.get(RISK)
    assert queries(client, headers={"Authorization": "Basic eDp5"}) > 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda response: response.set_cookie("a", "b"),
        lambda response: response.__setitem__("Vary", "Accept, Cookie"),
        lambda response: response.__setitem__("Content-Security-Policy", "script-src 'nonce-x'"),
        lambda response: response.__setitem__("Cache-Control", "no-store"),
        lambda response: response.write('<input name="csrfmiddlewaretoken">'),
        lambda response: setattr(response, "status_code", 203),
        lambda response: None,
    ],
    ids=["cookie", "vary", "nonce", "no-store", "form token", "status", "none of these"],
)
def test_an_answer_that_may_be_somebodys_is_not_kept(spoil, request):
    def answer(asked):
        asked.resolver_match = type("Match", (), {"url_name": "wagtail_serve"})()
        response = HttpResponse("page")
        spoil(response)
        return response

    PageCache(answer)(RequestFactory().get(RISK))
    assert kept() == ({RISK} if "none of these" in request.node.name else set())


def test_a_preview_is_neither_kept_nor_taken_from_what_is_kept(client, page_at):
    page = page_at(RISK)
    page.title = "Not for the public yet"
    assert "Not for the public yet" in page.make_preview_request().render().content.decode()
    assert kept() == set()
    public = client.get(RISK, headers={"host": Site.objects.get().hostname})
    assert "Not for the public yet" not in public.content.decode()
    assert kept() == {RISK}
    assert "Not for the public yet" in page.make_preview_request().content.decode()


def test_a_page_for_people_who_sign_in_is_not_kept_and_leaves_what_was(client, page_at):
    client.get(RISK)
    PageViewRestriction.objects.create(
        page=page_at(RISK), restriction_type=PageViewRestriction.LOGIN
    )
    assert client.get(RISK)["Location"] == f"/accounts/login/?next={RISK}"
    assert kept() == set()
    client.force_login(UserFactory())
    assert "no-store" in client.get(RISK)["Cache-Control"]


def test_a_page_kept_for_one_host_or_scheme_is_not_shown_at_another(client, settings):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    client.get(RISK)
    assert queries(client, headers={"host": "other.example"}) > 1
    assert queries(client, secure=True) > 1
    assert client.get(RISK, headers={"host": "evil.example"}).status_code == 400


# --------------------------------------------------------------------------------------- a change


def change_text(page: Page) -> None:
    page.summary = "New words."
    page.save_revision().publish()


def change_clinic(page: Page) -> None:
    clinic = ClinicSettings.objects.get()
    clinic.name = "Another name"
    clinic.save()


def change_source(page: Page) -> None:
    source = Source.objects.first()
    source.title = "Another title"
    source.save()


def move(page: Page) -> None:
    page.move(Page.objects.get(url_path="/portal/learn/"), pos="last-child")


def change_site(page: Page) -> None:
    Site.objects.get().save()


CHANGES = [
    change_text,
    change_clinic,
    change_source,
    move,
    change_site,
    lambda page: Source.objects.first().delete(),
    lambda page: page.unpublish(),
    lambda page: page.delete(),
    lambda page: Page.objects.get(pk=page.pk).delete(),
    lambda page: page.get_parent().specific.unpublish(),
]


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_readers_can_see_changes_the_version(client, page_at, change):
    client.get(RISK)
    before = version.current().token
    change(page_at(RISK))
    assert version.current().token != before
    assert kept() == set()


def test_publishing_shows_at_once(client, page_at):
    client.get(RISK)
    change_text(page_at(RISK))
    assert "New words." in client.get(RISK).content.decode()


def test_the_process_that_publishes_does_not_wait(client, page_at, settings):
    settings.CONTENT_LOOK_SECONDS = 60
    client.get(RISK)
    change_text(page_at(RISK))
    assert "New words." in client.get(RISK).content.decode()


def test_a_draft_leaves_the_kept_pages(client, page_at):
    client.get(RISK)
    page = page_at(RISK)
    page.summary = "Only a draft."
    page.save_revision()
    page.save_revision(changed=False)
    assert kept() == {RISK}
    assert "Only a draft." not in client.get(RISK).content.decode()


def test_a_new_day_shows_that_a_review_is_overdue(client, page_at, monkeypatch):
    page = page_at(RISK)
    page.next_review_on = timezone.localdate()
    page.save()
    assert "due for a new review" not in client.get(RISK).content.decode()
    real = timezone.localdate
    monkeypatch.setattr(timezone, "localdate", lambda *a, **k: real(*a, **k) + timedelta(days=1))
    assert "due for a new review" in client.get(RISK).content.decode()


def test_pages_live_on_while_the_database_is_away(client):
    page = client.get(RISK)
    with connection.execute_wrapper(away):
        again = client.get(RISK)
    assert (again.status_code, again.content) == (200, page.content)


def away(execute, sql, params, many, context):
    raise OperationalError("away")


# ---------------------------------------------------------------------------------------- its limit


def test_what_was_used_longest_ago_goes_first():
    box = Kept(most_bytes=100)
    for name in "abcd":
        box.put(name, name.upper(), size=25)
    box.get("a")
    box.put("e", "E", size=20)
    assert [box.get(name) for name in "abcde"] == ["A", None, "C", "D", "E"]
    assert box.bytes == 95


def test_the_same_page_again_takes_no_more_room():
    box = Kept(most_bytes=100)
    for _ in range(50):
        box.put("a", "A", size=20)
    assert box.bytes == 20


def test_one_huge_page_does_not_push_out_the_others():
    box = Kept(most_bytes=100)
    box.put("a", "A", size=20)
    box.put("huge", "H", size=26)
    assert (box.get("a"), box.get("huge")) == ("A", None)


# --------------------------------------------------------------------------------------- gone pages


def test_a_page_that_was_deleted_is_gone(client, page_at):
    page_at(RISK).delete()
    response = client.get(RISK)
    assert response.status_code == 410
    assert "This page is no longer here" in response.content.decode()
    assert client.get(RISK.rstrip("/")).status_code in (301, 410)


def test_what_stood_beneath_a_deleted_page_is_gone_too(client, page_at):
    page_at("/risks/").delete()
    assert client.get(RISK).status_code == 410


def test_a_page_that_was_never_public_leaves_no_trace(client, page_at):
    page_at("/").add_child(
        instance=ArticlePage(title="Never", slug="never", summary="Never.", live=False)
    )
    assert client.get("/never/").status_code == 404
    Page.objects.get(slug="never").delete()
    assert client.get("/never/").status_code == 404


def test_a_redirect_goes_before_gone(client, page_at):
    page_at(RISK).unpublish()
    Redirect.objects.create(old_path=RISK.rstrip("/"), redirect_link="/risks/")
    assert client.get(RISK).status_code == 301


def test_a_page_that_comes_back_is_there_again(client, page_at):
    page = page_at(RISK)
    page.unpublish()
    assert client.get(RISK).status_code == 410
    page.save_revision().publish()
    assert client.get(RISK).status_code == 200


@pytest.mark.parametrize("path", ["/%00/", "/" + "a" * 3000 + "/", "/risks//", "/%ff/", "/a%2fb/"])
def test_odd_addresses_are_calmly_not_found(client, path):
    assert client.get(path).status_code in (400, 404)


@pytest.mark.parametrize("address", ["/nowhere/", RISK])
def test_error_pages_help_and_ask_nothing_of_the_database_for_it(client, page_at, address):
    page_at(RISK).unpublish()
    html = client.get(address).content.decode()
    assert re.search(
        r'<form class="search-form" role="search" method="get" action="/search/">', html
    )
    links = set(re.findall(r'href="(/[^"]*)"', html))
    assert {"/your-visit/red-flags/", "/risks/", "/learn/", "/consult/sign-in/", "/"} <= links
    assert all(
        client.get(link).status_code in (200, 302)
        for link in links
        if not link.startswith("/static")
    )
