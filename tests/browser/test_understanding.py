"""The questions on our pages in a real browser on a phone, without JavaScript and by keyboard."""

from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from consult.models import Intake
from tests.browser.journey import PHONE
from tests.browser.test_form import press, wrong_with
from tests.factories import PERSONAS, draft

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def held_by(browser: Browser, intake: Intake, url: str, **options: Any) -> Page:
    """The browser that began this form."""
    client = Client()
    session = client.session
    session["draft"] = str(intake.pk)
    session.save()
    context = browser.new_context(base_url=url, bypass_csp=True, **options)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": url}
    context.add_cookies([cookie])
    return context.new_page()


def choose(page: Page, value: str) -> None:
    """By keyboard: to the choices, to this one, and on."""
    page.locator("[name=answer]").first.focus()
    page.keyboard.press("Space")
    while not page.locator(f"[name=answer][value={value}]").is_checked():
        page.keyboard.press("ArrowDown")
    press(page, "Go on")


def test_every_state_is_accessible_and_works_by_keyboard(browser: Any, live_server: Any) -> None:
    call_command("make_pages")
    intake = draft(PERSONAS["P09"]["answers"])
    page = held_by(browser, intake, live_server.url, viewport=PHONE)
    page.goto("/consult/intake/check/")
    wrong = wrong_with(page)
    press(page, "Did we explain it well?")
    wrong += wrong_with(page)
    press(page, "Go on")
    expect(page.get_by_role("alert")).to_contain_text("Please choose an answer")
    wrong += wrong_with(page)
    choose(page, "not_sure")
    expect(page.get_by_role("heading", name="This is what our page says")).to_be_visible()
    wrong += wrong_with(page)
    for row in intake.understanding.all():
        choose(page, row.asked["right"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    wrong += wrong_with(page)
    assert wrong == []
    page.context.close()


def test_it_works_without_javascript(browser: Any, live_server: Any) -> None:
    call_command("make_pages")
    intake = draft(PERSONAS["P09"]["answers"])
    page = held_by(browser, intake, live_server.url, viewport=PHONE, java_script_enabled=False)
    page.goto("/consult/intake/understanding/")
    for _ in range(2 * intake.understanding.count()):
        page.locator("[name=answer][value=not_sure]").check()
        page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="Check your answers and send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    assert [len(row.attempts) for row in intake.understanding.all()] == [2] * 5
    page.context.close()
