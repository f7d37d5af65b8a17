"""Each kind of public page, as a browser shows it."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ONE_OF_EACH_KIND = [
    "/",
    "/learn/",
    "/learn/basics/",
    "/learn/own-or-donor/",
    "/learn/evidence/",
    "/learn/evidence/worn-joints/",
    "/risks/",
    "/risks/pain-and-swelling/",
    "/risks/nerves-and-brain/",
    "/choosing/rules-by-country/",
    "/your-visit/red-flags/",
    "/faq/",
    "/glossary/",
    "/sources/",
    "/search/?q=clots",
]
VIEWS = [
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": RULES, "resultTypes": ["violations"]}


def serious(page: Any) -> list[tuple[str, str]]:
    page.wait_for_load_state()
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        (violation["id"], node["html"][:200])
        for violation in found
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def test_every_kind_of_page_is_accessible_and_fits_its_window(
    browser: Any, live_server: Any
) -> None:
    call_command("make_pages")
    wrong = []
    for view in VIEWS:
        # axe is put into the page from outside, which the pages' own policy rightly refuses.
        context = browser.new_context(base_url=live_server.url, bypass_csp=True, **view)
        page = context.new_page()
        for address in ONE_OF_EACH_KIND:
            assert page.goto(address).status == 200
            wrong += [(address, *violation) for violation in serious(page)]
            width = page.evaluate("document.documentElement.scrollWidth")
            wrong += [(address, "too wide", width)] * (width > view["viewport"]["width"])
        context.close()
    assert wrong == []


def test_a_word_is_explained_without_javascript_by_the_keyboard_alone_and_on_paper(
    browser: Any, live_server: Any
) -> None:
    call_command("make_pages")
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/risks/infection/")
    word = page.locator("button.term").first
    line = page.locator(f"#{word.get_attribute('popovertarget')}")
    assert not line.is_visible()
    word.press("Enter")
    line.wait_for(state="visible")
    page.keyboard.press("Escape")
    line.wait_for(state="hidden")
    page.emulate_media(media="print")
    assert line.is_visible()
    assert not page.locator(".on-this-page").is_visible()
    context.close()
