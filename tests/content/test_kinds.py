"""Every kind of page, as the editors' interface opens it."""

import pytest
from django.test import Client

from consult.models import Role
from content.blocks import FrequencyBlock
from content.models import GlossaryTerm
from tests import factories
from tests.content.test_cms import inline_scripts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]


@pytest.mark.parametrize(
    "address",
    ["/", "/learn/", "/learn/evidence/heart/", "/risks/", "/risks/infection/", "/faq/"]
    + ["/glossary/", "/sources/", "/choosing/rules-by-country/"],
)
def test_the_form_of_every_kind_of_page_opens_without_an_inline_script(address, page_at):
    client = Client()
    client.force_login(factories.staff(Role.ADMINISTRATOR))
    response = client.get(f"/cms/pages/{page_at(address).pk}/edit/")
    assert response.status_code == 200
    assert inline_scripts(response.content.decode()) == []


def test_an_editor_writes_a_term_that_pages_then_explain(client):
    editor = Client()
    editor.force_login(factories.staff(Role.EDITOR))
    fields = {"term": "steroid", "slug": "steroid", "line": "A calming medicine."}
    add = "/cms/snippets/content/glossaryterm/add/"
    assert editor.post(add, fields | {"in_text": "steroid injection"}).status_code == 302
    assert GlossaryTerm.objects.get(pk="steroid").in_text == "steroid injection"
    html = client.get("/learn/evidence/worn-joints/").content.decode()
    assert html.count('popovertarget="word-steroid"') == 1


def test_an_unfinished_frequency_can_be_previewed():
    counts = [{"count": None, "what": ""}, {"count": 3, "what": "fell ill"}]
    raw = {"who": "", "out_of": None, "counts": counts, "not_known": "", "sources": []}
    assert "<svg" not in FrequencyBlock().render(FrequencyBlock().to_python(raw))
