"""Writing and publishing as editors and clinical reviewers do it."""

import re
from typing import Any

import pytest
from django.test import Client
from wagtail.models import Site
from wagtail.test.utils.form_data import (
    inline_formset,
    nested_form_data,
    rich_text,
    streamfield,
)

from consult.models import Role
from content.models import ArticlePage, ClinicSettings
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]


def signed_in(role: Role) -> Client:
    client = Client()
    client.force_login(factories.staff(role))
    return client


def sources(*keys: str) -> dict[str, Any]:
    return {"count": len(keys)} | {
        str(n): {"value": key, "id": "", "deleted": "", "order": n} for n, key in enumerate(keys)
    }


def form(*keys: str, **fields: str) -> dict[str, Any]:
    text = rich_text("<p>Fever is common.</p>")
    fact = {"text": text, "checks": {"count": 0}, "sources": sources(*keys)}
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
        | fields
    )


@pytest.fixture
def add(page_at: Any) -> str:
    return f"/cms/pages/add/content/articlepage/{page_at('/learn/').pk}/"


def test_a_fact_without_a_source_is_refused_and_what_was_typed_is_kept(add):
    response = signed_in(Role.EDITOR).post(add, form())
    html = response.content.decode()
    assert "Name the source of this fact." in html
    assert "Fever is common." in html
    assert not ArticlePage.objects.filter(slug="fever").exists()


def test_an_editor_saves_a_draft_that_readers_do_not_see(add, client):
    assert signed_in(Role.EDITOR).post(add, form("WANG2021")).status_code == 302
    page = ArticlePage.objects.get(slug="fever")
    assert not page.live
    assert client.get("/learn/fever/").status_code == 404


def test_an_editor_cannot_publish_alone(add):
    signed_in(Role.EDITOR).post(add, form("WANG2021") | {"action-publish": "1"})
    assert not ArticlePage.objects.get(slug="fever").live


def test_a_clinical_reviewer_publishes_and_the_page_cites_its_source(add, client):
    signed_in(Role.EDITOR).post(add, form("WANG2021"))
    page = ArticlePage.objects.get(slug="fever")
    edit = f"/cms/pages/{page.pk}/edit/"
    name = "Dr Sam Rivera"  # a clinical reviewer of this name signs in below
    reviewed = form("WANG2021", clinical_reviewer=name, last_reviewed_on="2026-11-02")
    signed_in(Role.CLINICAL_REVIEWER).post(edit, reviewed | {"action-publish": "1"})
    html = client.get("/learn/fever/").content.decode()
    assert re.search(r'Fever is common\. <span class="cites">\[<a href="#source-1">', html)
    assert "by Dr Sam Rivera." in html


def test_a_reviewer_without_a_day_is_refused_at_the_field(add):
    response = signed_in(Role.EDITOR).post(add, form("WANG2021", clinical_reviewer="Dr Ruiz"))
    assert "Say on which day the clinical reviewer checked this page." in response.content.decode()


def test_the_edit_form_shows_what_is_to_be_confirmed(page_at):
    page = page_at("/risks/tumours/")
    html = signed_in(Role.EDITOR).get(f"/cms/pages/{page.pk}/edit/").content.decode()
    assert "The cut at 5 years after cancer treatment" in html


def test_the_edit_form_survives_a_source_that_was_deleted(page_at):
    page = page_at("/risks/tumours/")
    page.in_short[0].value["sources"][0].delete()
    assert signed_in(Role.EDITOR).get(f"/cms/pages/{page.pk}/edit/").status_code == 200


@pytest.mark.parametrize("address", ["", "pages/", "snippets/content/source/", "account/"])
def test_the_editors_interface_runs_no_inline_script(address):
    html = signed_in(Role.EDITOR).get(f"/cms/{address}", follow=True).content.decode()
    assert inline_scripts(html) == []


def test_forms_with_dates_run_no_inline_script(page_at):
    client, page = signed_in(Role.ADMINISTRATOR), page_at("/risks/tumours/")
    for address in (f"pages/{page.pk}/edit/", f"pages/{page.pk}/history/", "reports/site-history/"):
        html = client.get(f"/cms/{address}").content.decode()
        assert 'data-chooser="init' in html
        assert inline_scripts(html) == []


def inline_scripts(html: str) -> list[str]:
    """What a browser would run; blocks of data are not run."""
    return re.findall(r"<script(?![^>]*(?:src=|type=\"(?:application/json|text/)))[^>]*>", html)


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.FRONT_DESK])
def test_the_care_team_has_no_part_in_the_pages(role):
    assert signed_in(role).get("/cms/").status_code in {302, 403}


def test_an_administrator_describes_the_clinic_even_where_nothing_is_stored_yet():
    ClinicSettings.objects.all().delete()
    site = Site.objects.get()
    client, edit = signed_in(Role.ADMINISTRATOR), f"/cms/settings/content/clinicsettings/{site.pk}/"
    assert client.get(edit).status_code == 200
    fields = {"name": "Clínica Norte", "phone": "", "address": "", "opening_hours": ""}
    assert client.post(edit, fields | {"emergency": "Call 911."}).status_code == 302
    assert ClinicSettings.objects.get().name == "Clínica Norte"


def test_an_editor_does_not_change_the_clinic():
    edit = f"/cms/settings/content/clinicsettings/{Site.objects.get().pk}/"
    assert signed_in(Role.EDITOR).get(edit).status_code == 302
