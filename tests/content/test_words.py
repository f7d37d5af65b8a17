"""Glossary terms, explained where a page first uses them."""

import re

import pytest

from content.making import texts
from content.models import GlossaryTerm
from content.templatetags.words import Explainer

ROWS = (
    ("dmso", "DMSO", "A liquid that protects cells.", "DMSO"),
    ("antibody", "antibody", "A protein & a mark.", "antibody, antibodies"),
    ("tissue-factor", "tissue factor", "It starts clots.", "tissue factor"),
    ("factor", "factor", "Something.", "factor"),
)


def explained(*pieces):
    words = Explainer(ROWS)
    return [
        re.findall(r'popovertarget="word-([a-z-]+)">([^<]+)<', words.explain(p)) for p in pieces
    ]


def test_a_word_is_a_button_with_its_explanation_beside_it():
    assert Explainer(ROWS).explain("<p>Traces of dmso stay.</p>") == (
        '<p>Traces of <button type="button" class="term" popovertarget="word-dmso">dmso</button>'
        '<span class="term-line" id="word-dmso" popover><span class="term-open"> (</span>'
        "<strong>DMSO: </strong>A liquid that protects cells."
        '<span class="term-close">)</span></span> stay.</p>'
    )


def test_only_the_first_on_a_page_is_explained_whatever_its_form():
    assert explained("<p>antibodies, an antibody</p>", "<p>antibody DMSO</p>") == [
        [("antibody", "antibodies")],
        [("dmso", "DMSO")],
    ]


@pytest.mark.parametrize(
    "html",
    [
        "<h3>DMSO</h3>",
        '<a href="/dmso/">about DMSO</a>',
        "<h3><i>About</i> DMSO</h3>",
        "<p><b>DMSO</b> is a liquid.</p>",
        '<p title="DMSO">A liquid</p>',
        "<p>DMSOs, xDMSO, non-DMSO</p>",
    ],
)
def test_nothing_is_explained_in_links_headings_bold_type_attributes_or_other_words(html):
    assert Explainer(ROWS).explain(html) == html


def test_after_a_link_words_are_explained_again():
    assert explained('<p><a href="/">DMSO</a> and DMSO</p>') == [[("dmso", "DMSO")]]


def test_the_longer_term_goes_first_and_what_is_shown_is_escaped():
    assert explained("<p>Tissue factor</p>") == [[("tissue-factor", "Tissue factor")]]
    assert "A protein &amp; a mark." in Explainer(ROWS).explain("<p>an antibody</p>")


def test_without_terms_the_text_stays():
    assert Explainer(()).explain("<p>DMSO</p>") == "<p>DMSO</p>"


@pytest.mark.django_db
@pytest.mark.usefixtures("pages")
class TestOnPages:
    def test_a_page_explains_each_term_once_and_nowhere_it_must_not(self, client):
        html = client.get("/risks/immune-reactions/").content.decode()
        ids = re.findall(r'id="word-([a-z-]+)" popover', html)
        assert "dmso" not in ids  # there it stands in bold type
        assert "antibody" in ids
        assert len(ids) == len(set(ids))
        assert not re.search(r"<h\d[^>]*>[^\n]*<button", html)

    def test_what_an_editor_writes_is_what_readers_see(self, client):
        GlossaryTerm.objects.filter(pk="antibody").update(line="A mark of the body.")
        GlossaryTerm.objects.get(pk="antibody").save()  # readers see it at once
        html = client.get("/risks/immune-reactions/").content.decode()
        assert "<strong>antibody: </strong>A mark of the body." in html

    def test_the_glossary_lists_every_term_in_order_and_explains_none_twice(self, client):
        html = client.get("/glossary/").content.decode()
        listed = re.findall(r"<dt>([^<]+)</dt>", html)
        assert len(listed) == GlossaryTerm.objects.count() == len(texts.terms())
        assert listed == sorted(listed, key=str.casefold)
        assert "popover" not in html


def test_every_term_has_one_short_line_and_no_form_belongs_to_two():
    terms = texts.terms().values()
    assert all(len(term["line"].split()) <= 26 for term in terms)
    forms = [form.strip() for term in terms for form in term["in_text"].split(",") if form]
    assert len(forms) == len(set(forms))
