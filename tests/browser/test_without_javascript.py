"""The whole form in a real browser on a phone with JavaScript switched off, mishaps included."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

from consult.models import Intake
from tests.browser import journey
from tests.browser.journey import PHONE
from tests.factories import PERSONAS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
P09 = PERSONAS["P09"]
ANSWERS: dict[str, Any] = P09["answers"]


def tick_a_danger_sign_by_mistake(page: Page) -> None:
    """The card comes before everything, and leads back to the question."""
    journey.answer_page(page, ANSWERS)
    page.locator('[name="safety.now"][value="none"]').uncheck()
    page.locator('[name="safety.now"][value="chest_pain"]').check()
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("alert")).to_contain_text("Please get emergency help now")
    page.get_by_role("button", name="I ticked this by mistake").click()
    expect(page.locator('[name="safety.now"][value="chest_pain"]')).to_be_checked()
    page.locator('[name="safety.now"][value="chest_pain"]').uncheck()


def write_something_wrong(page: Page) -> None:
    """It stays where it was written, beside what is wrong with it."""
    journey.answer_page(page, ANSWERS)
    page.locator('[name="body.height"]').fill("17 metres")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator('[name="body.height"]')).to_have_value("17 metres")
    weight = page.locator('[name="body.weight"]')
    expect(weight).to_have_value(f"{ANSWERS['body.weight']:g}")


def go_back_and_forward(page: Page) -> None:
    """What was right is kept, although something on the page was wrong."""
    page.get_by_role("link", name="Back to the page before").click()
    expect(page.locator('[name="consent.data"]')).to_be_checked()
    page.get_by_role("button", name="Save and continue").click()
    expect(page).to_have_url(re.compile(r"/s1_you/2/$"))
    country = page.locator(f'[name="person.country"][value="{ANSWERS["person.country"]}"]')
    expect(country).to_be_checked()


def test_the_whole_form_without_javascript(browser: Browser, live_server: Any) -> None:
    call_command("make_pages")
    context = browser.new_context(
        viewport=PHONE, base_url=live_server.url, java_script_enabled=False
    )
    page = context.new_page()
    journey.begin(page)
    tick_a_danger_sign_by_mistake(page)
    journey.save(page, ANSWERS)
    write_something_wrong(page)
    go_back_and_forward(page)
    journey.through_a_part(page, ANSWERS)
    journey.say_who(page, "ingrid@example.org")
    journey.the_other_parts(page, ANSWERS)
    journey.answer_about_the_pages(page)
    code = journey.send_the_form(page)
    context.close()

    intake = Intake.objects.get(code=code)
    assert intake.assessments.get().result["level"] == P09["expected"]["level"]
    assert intake.answers()["body.height"] == ANSWERS["body.height"]
    assert intake.answers()["safety.now"] == ["none"]
