"""The mail desk in Chromium: readable for all, and a letter's frame that does nothing."""

from itertools import product
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser

from consult.models import Message, Role, User
from tests import factories
from tests.browser.journey import DESK, PHONE
from tests.browser.test_public_pages import serious

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
VIEWS = [
    {"viewport": size, "color_scheme": scheme}
    for size, scheme in product((PHONE, DESK), ("light", "dark"))
]


def page_of(browser: Browser, person: User, url: str, **options: Any) -> Any:
    client = Client()
    client.force_login(person)
    cookie = {"name": portal_settings.SESSION_COOKIE_NAME, "url": url}
    context = browser.new_context(base_url=url, **options)
    context.add_cookies([cookie | {"value": client.cookies[cookie["name"]].value}])
    return context.new_page()


def test_the_pages_of_letters_are_accessible_and_fit_their_window(
    browser: Browser, live_server: Any
) -> None:
    intake = factories.ready(now=timezone.now())
    letter = Message.objects.filter(intake=intake).first()
    assert letter
    one = f"/staff/messages/{letter.pk}/"
    addresses = ["/staff/messages/", "/staff/messages/?state=held&colour=red", one]
    addresses += [f"{one}?ask=cancel", f"{one}?ask=stop", f"/staff/intakes/{intake.code}/letters/"]
    addresses += ["/staff/letters/", "/staff/letters/reminder_24h/"]
    lead, wrong = factories.staff(Role.LEAD_CLINICIAN), []
    for view in VIEWS:
        # axe is put into the page from outside, which the pages' own policy rightly refuses.
        page = page_of(browser, lead, live_server.url, bypass_csp=True, **view)
        for address in addresses:
            answer = page.goto(address)
            assert answer.status == 200, address
            wrong += [(address, *violation) for violation in serious(page)]
            width = page.evaluate("document.documentElement.scrollWidth")
            wrong += [(address, "too wide", width)] * (width > view["viewport"]["width"])
        page.context.close()
    assert wrong == []


def test_a_letters_frame_looks_as_in_a_mail_program_and_leads_nowhere(
    browser: Browser, live_server: Any, settings: Any
) -> None:
    settings.SITE_URL = live_server.url  # the letter's button leads to a page of ours
    letter = factories.submitted(now=timezone.now()).messages.get()
    person = factories.staff(Role.FRONT_DESK)
    page = page_of(browser, person, live_server.url)
    page.goto(f"/staff/messages/{letter.pk}/")
    button = page.frame_locator("iframe").get_by_text("See what happens next")
    page.locator("iframe").scroll_into_view_if_needed()
    assert button.evaluate("e => getComputedStyle(e).display") == "inline-block"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    button.click()
    page.wait_for_timeout(500)
    assert asked == []
    page.context.close()
