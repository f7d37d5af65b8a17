"""The form in a real browser on a phone: by keyboard alone, step by step, and saving itself."""

import time
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from consult.models import Intake
from consult.rules.published import load_questionnaire
from tests.browser.journey import PHONE
from tests.browser.test_public_pages import serious
from tests.factories import CARERS, CONTACT, PERSONAS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ANSWERS = PERSONAS["P09"]["answers"]
ENOUGH = 150  # presses of the tab key; no page has so many places to go to
FOCUSED = """() => {
  const { tagName, type, name, value, checked, textContent } = document.activeElement;
  return { tag: tagName, type, name, value, checked, words: textContent.trim() };
}"""


def wanted() -> dict[str, list[str]]:
    """What to choose or type, by the name of the field."""
    words = {True: "yes", False: "no"}
    answers: dict[str, list[str]] = {key: [text] for key, text in CONTACT.items()}
    for key, answer in ANSWERS.items():
        chosen = answer if isinstance(answer, list) else [answer]
        answers[key] = [words[one] if isinstance(one, bool) else str(one) for one in chosen]
    year, month, day = ANSWERS["person.birth_date"].split("-")
    parts = {"year": year, "month": month, "day": day}
    answers |= {f"person.birth_date.{part}": [text] for part, text in parts.items()}
    return answers


def answer_by_keyboard(page: Page, here: dict[str, Any], answers: list[str]) -> None:
    if here["type"] == "radio":
        choose(page, answers[0])
    elif here["type"] == "checkbox":
        if not here["checked"] and here["value"] in {*answers, "on"}:
            page.keyboard.press("Space")
    elif here["tag"] == "SELECT":
        page.keyboard.type("Tijuana")
    elif not here["value"]:
        page.keyboard.type(answers[0])


def choose(page: Page, value: str) -> None:
    """Walk through the choices with the arrow until the right one is chosen."""
    page.keyboard.press("Space")
    for _ in range(ENOUGH):
        if page.evaluate(FOCUSED)["value"] == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrows do not lead to {value}")


def go_through(page: Page, answers: dict[str, list[str]]) -> None:
    """From the top of the page to its first button, answering on the way; then press it."""
    for _ in range(ENOUGH):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here["tag"] == "BUTTON" and here["words"].startswith("Save and continue"):
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
        if here["name"] in answers:
            answer_by_keyboard(page, here, answers[here["name"]])
    raise AssertionError(f"the keyboard does not get through {page.url}")


def press(page: Page, words: str) -> None:
    for _ in range(ENOUGH):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED)["words"].startswith(words):
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard does not reach “{words}”")


def wrong_with(page: Page) -> list[Any]:
    too_wide = page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]
    return [(page.url, *one) for one in serious(page)] + [(page.url, "too wide")] * too_wide


def test_the_whole_form_by_keyboard_alone_and_accessible_at_every_step(
    browser: Any, live_server: Any
) -> None:
    context = browser.new_context(viewport=PHONE, base_url=live_server.url, bypass_csp=True)
    page, answers, wrong = context.new_page(), wanted(), []
    answers |= {key: [text] for key, text in CARERS["child"].items()}
    answers["person.filling_for"] = ["child"]
    page.goto("/consult/")
    wrong += wrong_with(page)
    press(page, "Start the form")
    wrong += wrong_with(page)
    press(page, "1. Before you start")
    seen = []
    while not page.url.endswith("/intake/check/"):
        wrong += wrong_with(page)
        seen.append(page.url.partition("/intake/")[2].partition("#")[0])
        assert len(seen) < 50, seen
        if seen[-1] == "":
            press(page, "Go on")
        elif seen[-1].endswith("/check/"):
            press(page, "Continue")
        else:
            go_through(page, answers)
    wrong += wrong_with(page)
    page.get_by_label("Type your full name to sign").fill("Ana Torres")
    press(page, "Send your form")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your form is with us")
    steps = [step.id for step in load_questionnaire().steps]
    read_over = [f"{step}/check/" for step in steps]
    further = ["", "contact/", "carer/", "s1_you/2/"]
    assert set(seen) == {*further, *read_over, *(f"{step}/" for step in steps)}
    assert wrong == []
    assert Intake.objects.get().answers()["body.height"] == ANSWERS["body.height"]
    context.close()


def test_a_part_saves_itself_and_two_tabs_get_a_choice(browser: Any, live_server: Any) -> None:
    context = browser.new_context(viewport=PHONE, base_url=live_server.url, bypass_csp=True)
    one = begun(context.new_page())
    other = context.new_page()
    for page in (one, other):
        page.goto("/consult/intake/s2_concern/")
    one.locator("[name='concern.pain']").fill("3")
    expect(one.locator(".autosave-state")).to_have_text("Saved", timeout=5000)
    assert Intake.objects.get().answers()["concern.pain"] == 3

    other.locator("[name='concern.pain']").fill("8")
    expect(other.locator(".autosave-state")).to_contain_text("changed somewhere else")
    other.get_by_role("button", name="Save and continue").click()
    expect(other.get_by_role("heading", level=1)).to_have_text(
        "This part was changed somewhere else"
    )
    assert wrong_with(other) == []
    assert Intake.objects.get().answers()["concern.pain"] == 3
    other.get_by_role("button", name="Use what I just entered").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("What you want help with")
    assert Intake.objects.get().answers()["concern.pain"] == 8
    context.close()


def test_what_is_typed_after_the_session_ended_stays(browser: Any, live_server: Any) -> None:
    context = browser.new_context(viewport=PHONE, base_url=live_server.url, bypass_csp=True)
    page = begun(context.new_page())
    page.goto("/consult/intake/s2_concern/")
    Session.objects.all().delete()
    page.locator("[name='concern.pain']").fill("3")
    expect(page.locator(".autosave-state")).to_contain_text("Not saved just now")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What you entered is not with us yet")
    assert page.locator("input[name='concern.pain']").input_value() == "3"
    assert wrong_with(page) == []
    context.close()


def test_what_is_typed_is_saved_when_the_page_is_left(browser: Any, live_server: Any) -> None:
    context = browser.new_context(viewport=PHONE, base_url=live_server.url)
    page = begun(context.new_page())
    page.goto("/consult/intake/s2_concern/")
    page.locator("[name='concern.details']").fill("Since the summer")
    page.goto("/consult/intake/")
    until = time.monotonic() + 5
    while "concern.details" not in Intake.objects.get().answers() and time.monotonic() < until:
        time.sleep(0.1)
    page.goto("/consult/intake/s2_concern/")
    expect(page.locator("[name='concern.details']")).to_have_value("Since the summer")
    context.close()


def test_feet_and_inches_take_the_place_of_centimetres(browser: Any, live_server: Any) -> None:
    context = browser.new_context(
        viewport=PHONE, base_url=live_server.url, java_script_enabled=False
    )
    page = begun(context.new_page())
    page.goto("/consult/intake/s1_you/2/")
    feet, whole = page.locator("[name='body.height.ft']"), page.locator("[name='body.height']")
    assert (whole.is_visible(), feet.is_visible()) == (True, False)
    page.locator("[name='body.height.unit']").select_option("ft_in")
    assert (whole.is_visible(), feet.is_visible()) == (False, True)
    feet.fill("5")
    page.locator("[name='body.height.in']").fill("4")
    page.get_by_role("button", name="Save and continue").click()
    assert Intake.objects.get().answers()["body.height"] == 162.6
    context.close()


def begun(page: Page) -> Page:
    """Agreed to storing, and nothing else yet."""
    page.goto("/consult/")
    page.get_by_role("button", name="Start the form").click()
    page.goto("/consult/intake/s1_you/")
    page.locator("[name='consent.data']").check()
    page.get_by_role("button", name="Save and come back later").click()
    return page
