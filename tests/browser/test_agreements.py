"""Signing, and agreeing to new words, in a real browser: phone and desk, by day and night."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.journey import DESK, PHONE
from tests.browser.test_public_pages import serious
from tests.data import copied, publish
from tests.factories import draft, ready
from tests.intake.test_consents import NEW_STORE, STORE_WORDS
from tests.intake.test_sending import browser_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def opened(browser: Browser, url: str, cookies, width, scheme: str) -> Page:
    context = browser.new_context(viewport=width, base_url=url, color_scheme=scheme)
    context.add_cookies(
        [{"name": name, "value": one.value, "url": url} for name, one in cookies.items()]
    )
    return context.new_page()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK], ids=["phone", "desk"])
def test_signing_and_new_words_are_free_of_serious_faults(
    browser: Browser, live_server, client, tmp_path: Path, width, scheme
) -> None:
    shots = Path(os.environ.get("SCREENSHOTS", tmp_path))
    name = f"{width['width']}-{scheme}"
    draft_page = opened(browser, live_server.url, browser_of(draft()).cookies, width, scheme)
    draft_page.goto("/consult/intake/check/")
    assert serious(draft_page) == []
    draft_page.screenshot(path=shots / f"check-{name}.png", full_page=True)
    draft_page.get_by_role("button", name="Send your form").click()
    expect(draft_page).to_have_title(re.compile("^Error"))
    assert serious(draft_page) == []
    draft_page.screenshot(path=shots / f"check-error-{name}.png", full_page=True)
    intake = ready(email="other@example.org")
    client.force_login(intake.owner)
    with copied(tmp_path / "data") as data:
        publish(data, "0.2.0", STORE_WORDS, NEW_STORE, "material")
        page = opened(browser, live_server.url, client.cookies, width, scheme)
        page.goto("/consult/agreements/")
        assert serious(page) == []
        page.screenshot(path=shots / f"agreements-{name}.png", full_page=True)
        page.get_by_role("button", name="Send my answer").click()
        expect(page).to_have_title(re.compile("^Error"))
        assert serious(page) == []
        page.screenshot(path=shots / f"agreements-error-{name}.png", full_page=True)
        page.goto("/consult/status/")
        assert serious(page) == []
        page.screenshot(path=shots / f"status-{name}.png", full_page=True)
    for one in (draft_page, page):
        one.context.close()
