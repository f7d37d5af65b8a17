"""The frame of every page: it stands without a database, names no other origin, can be read."""

import re
from itertools import product
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.functional import SimpleLazyObject

from portal import errors
from tests import factories

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Letters are read in mail programs, which know style attributes only.
PAGES = [path for path in TEMPLATES if "emails" not in path.parts]
STYLES = sorted((ROOT / "static").rglob("*.css"))
SCRIPTS = sorted((ROOT / "static").rglob("*.js"))
PORTAL_CSS = (ROOT / "static/css/portal.css").read_text()

TO_DO = {
    "400": "Go back one page and try again",
    "403": "You may need to sign in",
    "403_csrf": "Load the page again and send it once more.",
    "404": "What are you looking for?",
    "410": "sign in to go on where you stopped",
    "500": "wait a minute, then go back and try again",
}


def names(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


# ------------------------------------------------------------------------------- error pages


@pytest.mark.parametrize(("name", "to_do"), TO_DO.items())
def test_each_error_page_says_what_to_do_without_request_or_database(name, to_do):
    page = render_to_string(f"{name}.html")
    assert to_do in page
    assert page.count("<h1>") == 1


@pytest.mark.parametrize(
    ("view", "status"),
    [(errors.bad_request, 400), (errors.forbidden, 403), (errors.not_found, 404)],
)
def test_error_views_need_no_session(view, status):
    assert view(RequestFactory().get("/gone/"), Exception("private words")).status_code == status


def test_the_page_of_an_error_on_our_side_needs_no_session():
    assert errors.server_error(RequestFactory().get("/")).status_code == 500


# ---------------------------------------------------------------------- no other origin, no inline

LOADS = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*\b(?:src|srcset|data)=["']?(?:\w+:)?//
      | <link\b[^>]*\bhref=["']?(?:\w+:)?//
      | <form\b[^>]*\baction=["']?(?:\w+:)?//
      | url\(\s*["']?(?:\w+:)?//
      | @import
      | \b(?:fetch|import|open)\(\s*["'](?:\w+:)?//""",
    re.VERBOSE,
)
INLINE = re.compile(
    r"""<style\b | \sstyle=["'] | \son[a-z]+=["'] | javascript:
      | <script\b(?![^>]*\b(?:src|nonce)=)(?![^>]*(?:application/(?:ld\+)?json|text/plain))""",
    re.VERBOSE,
)


@pytest.mark.parametrize(
    ("pattern", "bad"),
    [
        (LOADS, '<script src="https://cdn.example/x.js">'),
        (LOADS, '<link rel="stylesheet" href="//cdn.example/x.css">'),
        (LOADS, "background: url('http://cdn.example/x.png')"),
        (INLINE, '<p style="color: red">'),
        (INLINE, '<a onclick="go()">'),
        (INLINE, "<script>go()</script>"),
    ],
)
def test_the_search_for_what_is_forbidden_finds_it(pattern, bad):
    assert pattern.search(bad)


def test_nothing_is_loaded_from_another_origin():
    files = [*TEMPLATES, *STYLES, *SCRIPTS]
    assert names(path for path in files if LOADS.search(path.read_text())) == []


def test_no_page_has_inline_style_or_script():
    assert names(path for path in PAGES if INLINE.search(path.read_text())) == []


# ------------------------------------------------------------------------------------ the frame

PUBLIC = (
    '{% extends "base.html" %}{% block title %}Clots{% endblock %}'
    "{% block content %}<h1>Clots</h1>{% endblock %}"
)


def rendered(text: str, request: HttpRequest) -> str:
    return engines["django"].from_string(text).render({}, request)


@pytest.mark.django_db
def test_a_public_page_has_language_title_skip_link_and_landmarks():
    page = rendered(PUBLIC, RequestFactory().get("/risks/clots/"))
    expected = {
        '<html lang="en">': 1,
        "<title>Clots – ": 1,
        '<a class="skip-link" href="#main">': 1,
        '<main id="main" ': 1,
        "<header ": 1,
        '<nav class="site-nav" aria-label="Main">': 1,
        "<footer ": 1,
        "<h1>": 1,
        'aria-current="true"': 1,
        'class="emergency-line"': 1,
    }
    assert {part: page.count(part) for part in expected} == expected


@pytest.mark.django_db
def test_a_public_page_asks_for_no_person_session_or_token():
    request, touched = RequestFactory().get("/learn/"), []
    request.user = SimpleLazyObject(lambda: touched.append("user"))
    request.session = SimpleLazyObject(lambda: touched.append("session"))
    page = rendered(PUBLIC, request)
    assert touched == []
    assert "csrf" not in page
    assert "CSRF_COOKIE" not in request.META


@pytest.mark.django_db
@pytest.mark.parametrize(("works_here", "bars"), [(True, 1), (False, 0)])
def test_only_people_who_work_here_see_the_staff_bar(works_here, bars):
    request = RequestFactory().get("/consult/status/")
    request.user = factories.clinician() if works_here else factories.UserFactory()
    page = rendered(PUBLIC.replace("base.html", "base_private.html"), request)
    assert page.count('class="staff-bar"') == bars


# --------------------------------------------------------------------------------- form fields


class Sample(forms.Form):
    sex = forms.ChoiceField(
        label="Sex", help_text="Why we ask", choices=[("f", "Female"), ("m", "Male")],
        widget=forms.RadioSelect,
    )  # fmt: skip
    email = forms.EmailField(label="Email", help_text="We write to it")
    agree = forms.BooleanField(label="I agree")


def field(name: str) -> str:
    return render_to_string("bootstrap5/field.html", {"field": Sample({})[name]})


def test_a_wrong_text_answer_is_described_by_its_help_and_its_error():
    html = field("email")
    assert '<label for="id_email">Email</label>' in html
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert '<p class="error-message" id="id_email_error">Error: ' in html


def test_choices_are_a_fieldset_described_by_help_and_error():
    html = field("sex")
    assert html.count("<fieldset") == html.count("</fieldset>") == 1
    assert 'aria-describedby="id_sex_helptext id_sex_error"' in html
    assert "<legend>Sex</legend>" in html
    assert re.findall(r'<input type="radio" name="sex" value="(\w)" id="(\w+)">', html) == [
        ("f", "id_sex_0"),
        ("m", "id_sex_1"),
    ]


def test_the_error_summary_links_to_the_first_input_of_each_wrong_answer():
    form = Sample({})
    html = render_to_string("_error_summary.html", {"form": form})
    targets = re.findall(r'href="#(\w+)"', html)
    assert targets == ["id_sex_0", "id_email", "id_agree"]
    fields = "".join(field(name) for name in form.fields)
    assert [target for target in targets if f'id="{target}"' not in fields] == []


def test_a_right_form_has_no_error_summary():
    form = Sample({"sex": "f", "email": "ana@example.org", "agree": "on"})
    assert render_to_string("_error_summary.html", {"form": form}).strip() == ""


# ------------------------------------------------------------------------------------ contrast


def tokens(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))


LIGHT_CSS, _, REST = PORTAL_CSS.partition("@media (prefers-color-scheme: dark)")
LIGHT, DARK = tokens(LIGHT_CSS), tokens(REST.partition("@media print")[0])
TONES = ["urgent", "contra", "high", "moderate", "info", "routine"]
TEXT = [
    *product(["ink", "muted", "link", "accent", "accent-deep"], ["paper", "wash"]),
    ("on-accent", "accent"),
    ("on-accent", "accent-deep"),
    *((tone, f"{tone}-paper") for tone in TONES),
    *((tone, "paper") for tone in TONES),
    *(("ink", f"{tone}-paper") for tone in TONES),
    *(("link", f"{tone}-paper") for tone in TONES),
]
LINES = list(product(["edge", "focus", "accent"], ["paper", "wash"]))


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def too_faint(colours: dict[str, str], pairs: list[tuple[str, str]], least: float) -> list:
    faint = [(front, back, contrast(colours[front], colours[back])) for front, back in pairs]
    return [pair for pair in faint if pair[2] < least]


def test_contrast_is_measured_as_the_standard_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_both_schemes_set_the_same_colours():
    assert DARK.keys() == LIGHT.keys()


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(colours):
    assert too_faint(colours, TEXT, 4.5) == []


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_edges_and_focus_stand_out_from_what_is_behind_them(colours):
    assert too_faint(colours, LINES, 3) == []
