"""One person's whole way, and one clinician's, in a real browser.

The same steps are walked against the suite's live server and against the processes of production:
`Portal` says where the portal is and how its letters are read.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

LETTER_WITHIN = 60  # seconds
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@dataclass(frozen=True)
class Portal:
    url: str
    letters: Callable[[], list[EmailMessage]]  # all that have left so far
    staff_email: str
    password: str
    second_factor: Callable[[], str]  # the code of this half minute


def walk(browser: Browser, portal: Portal, persona: dict[str, Any], email: str) -> None:
    """From the first page to the second letter; every claim on the way is checked."""
    person = browser.new_context(viewport=PHONE, base_url=portal.url).new_page()
    read_a_risk_page(person)
    fill_in(person, persona["answers"], email)
    answer_about_the_pages(person)
    code = send_the_form(person)
    letter_to(portal, email, "We have received your form")

    clinician = browser.new_context(viewport=DESK, base_url=portal.url).new_page()
    sign_in_as_staff(clinician, portal)
    find_in_queue(clinician, code, persona["expected"]["level"])
    assert rules_shown(clinician) == set(persona["expected"]["fired"])
    decide(clinician)
    letter_to(portal, email, "You can choose a time")
    see_both_letters_sent(clinician, code)
    come_back_with_a_code(browser, portal, email, code)


def read_a_risk_page(page: Page) -> None:
    page.goto("/risks/")
    page.get_by_role("link", name="Blood clots").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("lood clots")


def fill_in(page: Page, answers: dict[str, Any], email: str) -> None:
    begin(page)
    through_a_part(page, answers)
    say_who(page, email)
    the_other_parts(page, answers)


def begin(page: Page) -> None:
    page.goto("/consult/")
    page.get_by_role("button", name="Start the form").click()
    follow(page, "1. Before you start")


def follow(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=words).click()


def say_who(page: Page, email: str) -> None:
    page.get_by_label("What is your full name?").fill("Ingrid Dahl")
    page.get_by_label("What is your e-mail address?").fill(email)
    page.get_by_label("What time is it where you live?").select_option("Europe/Berlin")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your form")


def the_other_parts(page: Page, answers: dict[str, Any]) -> None:
    follow(page, "2. What you want help with")
    while not at(page).endswith("/intake/check/"):
        through_a_part(page, answers)


def through_a_part(page: Page, answers: dict[str, Any]) -> None:
    """Page after page of a part, and on from where it is read over."""
    while not at(page).endswith("/check/"):
        save(page, answers)
    expect(page.get_by_role("heading", level=1)).to_have_text("Check this part")
    follow(page, "Continue")


def save(page: Page, answers: dict[str, Any]) -> None:
    """Answer what the page asks; where an answer opens a question, the page comes back once."""
    step = at(page)
    answer_and_press(page, answers)
    if at(page) == step:
        answer_and_press(page, answers)
    assert at(page) != step, page.inner_text("main")


def at(page: Page) -> str:
    """The address without the mark, which a browser keeps over a redirect."""
    return page.url.partition("#")[0]


def answer_and_press(page: Page, answers: dict[str, Any]) -> None:
    answer_page(page, answers)
    with page.expect_navigation():  # a slow answer must not be taken for none
        page.get_by_role("button", name="Save and continue").click()


def answer_page(page: Page, answers: dict[str, Any]) -> None:
    for key, answer in answers.items():
        field = page.locator(f'[name="{key}"], [name="{key}.day"]')
        if field.count():
            answer_field(page, key, answer, field)


def answer_field(page: Page, key: str, answer: Any, field: Locator) -> None:
    kind = field.first.get_attribute("type")
    if key == "person.birth_date":
        for part, text in zip(("year", "month", "day"), answer.split("-"), strict=True):
            page.locator(f'[name="{key}.{part}"]').fill(text)
    elif kind in {"radio", "checkbox"}:
        words = {True: "yes", False: "no"}
        chosen = answer if isinstance(answer, list) else [answer]
        for one in chosen:
            value = words[one] if isinstance(one, bool) else one
            (field.first if field.count() == 1 else with_value(page, key, value)).check()
    else:
        field.fill(str(answer))


def with_value(page: Page, key: str, value: str) -> Locator:
    return page.locator(f'[name="{key}"][value="{value}"]')


def answer_about_the_pages(page: Page) -> None:
    """Not sure of the first question: the passage is shown, and the person goes on all the same."""
    page.get_by_role("link", name="Did we explain it well?").click()
    not_sure(page)
    expect(page.get_by_role("heading", name="This is what our page says")).to_be_visible()
    while page.locator("[name=answer]").count():
        not_sure(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    page.get_by_role("link", name="Check your answers and send").click()


def not_sure(page: Page) -> None:
    page.locator("[name=answer][value=not_sure]").check()
    page.get_by_role("button", name="Go on").click()


def send_the_form(page: Page) -> str:
    """Sign and send it; the reference that the person is given."""
    page.get_by_label("Type your full name to sign").fill("Ingrid Dahl")
    page.get_by_role("button", name="Send your form").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your form is with us")
    return page.locator(".reference").inner_text()


def free_time(page: Page, number: int) -> str:
    """What the button of a free time says. In the evening it stands on a day that is folded."""
    button = page.locator("button.time").nth(number)
    if not button.is_visible():
        button.locator("xpath=ancestor::details/summary").press("Enter")
    return button.inner_text()


def letter_to(portal: Portal, email: str, subject: str) -> EmailMessage:
    """Wait for the letter; it must come within a minute."""
    until = time.monotonic() + LETTER_WITHIN
    while time.monotonic() < until:
        for letter in portal.letters():
            if letter["To"] == email and letter["Subject"] == subject:
                return letter
        time.sleep(0.5)
    raise AssertionError(f"no letter “{subject}” within {LETTER_WITHIN} seconds")


def sign_in_as_staff(page: Page, portal: Portal) -> None:
    page.goto("/staff/")
    page.locator("[name=login]").fill(portal.staff_email)
    page.locator("[name=password]").fill(portal.password)
    page.locator("main form button[type=submit], main form button:not([type])").first.click()
    expect(page.locator("[name=code]")).to_be_visible()
    page.locator("[name=code]").fill(portal.second_factor())
    page.locator("main form button[type=submit], main form button:not([type])").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def find_in_queue(page: Page, code: str, level: str) -> None:
    page.goto("/staff/")
    row = page.locator("li, tr, article").filter(has_text=code).last
    expect(row.locator(f".level-{level}")).to_be_visible()
    page.get_by_role("link", name=code).first.click()
    expect(page.locator("main")).to_contain_text(code)


def rules_shown(page: Page) -> set[str]:
    """The ids of the rules on the case's page."""
    return set(
        re.findall(r"\b[A-Z]{2}-\d{2}\b", page.locator(".finding").all_inner_texts().__str__())
    )


def decide(page: Page) -> None:
    page.locator("[name=kind][value=ready]").check()
    page.locator("[name=reason]").fill(
        "Past clot discussed with haematology; fit for a first talk."
    )
    page.locator("form:has([name=reason]) button").first.click()
    expect(page.locator("main")).to_contain_text("Ready to book")


def see_both_letters_sent(page: Page, code: str) -> None:
    page.goto(f"/staff/intakes/{code}/")
    for subject in ("We have received your form", "You can choose a time"):
        row = page.locator("dl > div").filter(has_text=subject)
        expect(row).to_contain_text("Sent")


def come_back_with_a_code(browser: Browser, portal: Portal, email: str, code: str) -> None:
    """On another device, with nothing but the address."""
    page = browser.new_context(viewport=PHONE, base_url=portal.url).new_page()
    page.goto("/consult/sign-in/")
    page.locator("[name=email]").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    letter = letter_to(portal, email, "Your sign-in code")
    body = letter.get_body(("plain",))
    assert body is not None
    typed = re.search(r"Your code is: (\S+)", body.get_content())
    assert typed, "the letter holds a code"
    page.locator("[name=code]").fill(typed.group(1))
    page.locator("main form button").first.click()
    page.goto("/consult/status/")
    expect(page.locator("main")).to_contain_text(code)
    expect(page.locator("main")).to_contain_text("A clinician has read it")
