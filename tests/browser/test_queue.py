"""A nurse's morning at the queue, by keyboard, in a real browser."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from consult.models import Intake, Note, Role, User
from tests.browser.test_form import serious
from tests.factories import staff, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


def opened_by(browser: Browser, user: User, url: str, **options: Any) -> Page:
    client = Client()
    client.force_login(user)
    session = client.session
    record = {"method": "password", "at": timezone.now().timestamp()}
    session["account_authentication_methods"] = [record]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    context = browser.new_context(base_url=url, **options)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": url}
    context.add_cookies([cookie])
    return context.new_page()


def three_forms() -> list[Intake]:
    now = timezone.now()
    personas = {"P09": "ana@example.org", "P04": "bea@example.org", "P01": "cleo@example.org"}
    hours = enumerate(personas.items())
    return [submitted(key, email=to, now=now - timedelta(hours=n)) for n, (key, to) in hours]


def ask_again(page: Page) -> None:
    """What the page does by itself twice a minute."""
    page.evaluate("htmx.trigger('#queue-rows', 'refresh')")


def test_a_nurses_morning_by_keyboard(browser: Any, live_server: Any) -> None:
    three_forms()
    nurse = staff(Role.CLINICIAN, full_name="Nia Brown")
    page = opened_by(browser, nurse, live_server.url, viewport=DESK)
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text))
    page.goto("/staff/")
    order = page.locator(".row-card .reference").all_inner_texts()
    press = page.keyboard.press
    press("j")
    press("j")
    expect(page.locator(f"#open-{order[1]}")).to_be_focused()
    press("k")
    press("a")
    expect(page.locator(f"#row-{order[0]}")).to_contain_text("You have it")
    expect(page.locator(f"#open-{order[0]}")).to_be_focused()
    press("n")
    expect(page.get_by_role("textbox", name="Note")).to_be_focused()
    page.keyboard.type("jaxon rings at noon")  # letters that are keys elsewhere
    press("Tab")
    press("Enter")
    expect(page.locator(f"#row-{order[0]}")).to_contain_text("jaxon rings at noon")
    expect(page.locator(f"#open-{order[0]}")).to_be_focused()
    press("?")
    expect(page.get_by_text("Use these keys on this computer")).to_be_visible()
    page.locator(f"#open-{order[0]}").focus()
    press("o")
    expect(page.get_by_role("heading", level=1)).to_contain_text(order[0])
    assert Note.objects.get().words == "jaxon rings at noon"
    assert said == []
    page.context.close()


def test_the_queue_looks_again_without_losing_ones_place(browser: Any, live_server: Any) -> None:
    three_forms()
    page = opened_by(
        browser, staff(Role.CLINICIAN), live_server.url, viewport=PHONE, reduced_motion="reduce"
    )
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text))
    page.goto("/staff/")
    last = page.locator(".row-card .reference").last
    last.focus()
    code = last.inner_text()
    top = last.bounding_box()["y"]
    new = submitted("P09", email="new@example.org", now=timezone.now())
    ask_again(page)
    expect(page.locator(f"#row-{new.code}")).to_have_count(1)
    expect(page.locator(f"#open-{code}")).to_be_focused()
    expect(page.locator("#queue-news")).to_have_text("One form is new in this list.")
    assert abs(page.locator(f"#open-{code}").bounding_box()["y"] - top) < 2
    assert said == []
    page.context.close()


def test_who_was_signed_out_meanwhile_is_told_and_keeps_the_page(
    browser: Any, live_server: Any
) -> None:
    forms = three_forms()
    page = opened_by(browser, staff(Role.CLINICIAN), live_server.url, viewport=DESK)
    page.goto("/staff/")
    page.context.clear_cookies()
    ask_again(page)
    expect(page.get_by_text("The queue could not look again.")).to_be_visible()
    expect(page.locator(".row-card")).to_have_count(len(forms))
    page.context.close()


def test_keys_can_be_switched_off(browser: Any, live_server: Any) -> None:
    three_forms()
    page = opened_by(browser, staff(Role.CLINICIAN), live_server.url, viewport=DESK)
    page.goto("/staff/")
    page.keyboard.press("?")
    page.get_by_label("Use these keys on this computer").uncheck()
    page.locator("h1").click()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('.row-card')") is None
    page.context.close()


def test_it_works_without_javascript(browser: Any, live_server: Any) -> None:
    three_forms()
    nurse = staff(Role.CLINICIAN)
    page = opened_by(browser, nurse, live_server.url, viewport=PHONE, java_script_enabled=False)
    page.goto("/staff/")
    page.get_by_role("button", name="Assign to me").first.click()
    expect(page.locator(".row-card").first).to_contain_text("You have it")
    page.get_by_text("Filters").click()
    page.get_by_label("Assigned to").select_option("Me")
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_text("The filters hide 2 forms of this list.")).to_be_visible()
    page.get_by_role("link", name="Save as a view").click()
    page.get_by_label("Name of the view").fill("Mine")
    page.get_by_role("button", name="Save the view").click()
    expect(page.get_by_role("link", name="Mine", exact=True)).to_be_visible()
    page.context.close()


def wrong_at(page: Page, size: dict[str, int]) -> list[Any]:
    too_wide = page.evaluate("document.documentElement.scrollWidth") > size["width"]
    return [(page.url, *one) for one in serious(page)] + [(page.url, "too wide")] * too_wide


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_pages_are_accessible(browser: Any, live_server: Any, size: Any) -> None:
    call_command("make_pages")
    first, second, _ = three_forms()
    lead = staff(Role.LEAD_CLINICIAN)
    page = opened_by(browser, lead, live_server.url, viewport=size, bypass_csp=True)
    wrong = []
    for address in (
        "/staff/?country=mexico&level=nothing",
        "/staff/views/?assignee=me",
        "/staff/search/",
        "/staff/export/?assignee=me",
        f"/staff/intakes/{first.code}/merge/{second.code}/",
        f"/staff/intakes/{first.code}/note/",
        f"/staff/intakes/{first.code}/assign/",
    ):
        page.goto(address)
        wrong += wrong_at(page, size)
    page.goto("/staff/search/")
    page.get_by_label("Reference").fill("ana")
    page.get_by_role("button", name="Search", exact=True).last.click()
    expect(page.locator("#found")).to_be_visible()
    wrong += wrong_at(page, size)
    assert wrong == []
    page.context.close()
