"""Where letters go and which come, as their person sees it: on a phone and on a desk, by day and by
night, and without JavaScript. SCREENSHOTS names a folder to keep pictures of the pages in."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from consult.followups import actions as followups
from consult.followups import suppression
from consult.followups.stop_links import token_of
from consult.models import Intake, Message
from tests import factories
from tests.browser.journey import PHONE
from tests.browser.test_checkins import VIEWS, keep
from tests.browser.test_public_pages import serious
from tests.confirming import codes, new_code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ANA, NEW = "ana@example.org", "new@example.org"


def signed_in(address: str) -> Client:
    """By a code, as people do: a sign-in of a moment ago."""
    client = Client()
    client.post(reverse("consult:sign_in"), {"email": address})
    code = Message.objects.get(event="sign_in_code", status="scheduled").values["code"]
    Message.objects.filter(event="sign_in_code").delete()
    client.post(reverse("account_confirm_login_code"), {"code": code})
    return client


def page_of(browser: Browser, live_server: Any, client: Client, **view: Any) -> Any:
    context = browser.new_context(base_url=live_server.url, bypass_csp=True, **view)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    own = {"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}
    context.add_cookies([own])
    return context.new_page()


def own_page(form: Intake, name: str) -> str:
    return f"/consult/my-data/forms/{form.code}/{name}/"


def people() -> list[tuple[str, Client, list[str]]]:
    """Who looks at which pages; the name is the picture's."""
    now = timezone.now()
    form = factories.ready(now=now, email=ANA)
    ana = signed_in(ANA)
    ana.post(own_page(form, "reach"), {**factories.CONTACT, "email": NEW})
    ana.post("/consult/my-data/sign-in/", {"email": "third@example.org"})
    names = ["reach", "reach/code", "letters", "reminders"]
    own = [*(own_page(form, one) for one in names), "/consult/my-data/"]
    signing_in = ["/consult/my-data/sign-in/", "/consult/my-data/sign-in/code/"]
    letter = followups.schedule("time_to_decide", intake=form, now=now)
    assert letter
    begun = factories.draft({"consent.data": True, "consent.email": True}, now=now, email="b@x.org")
    visitor = Client()
    session = visitor.session
    session["draft"] = str(begun.pk)
    session.save()
    visitor.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    drafts = ["/consult/intake/", own_page(begun, "reach/code"), own_page(begun, "letters")]
    stopped = factories.ready(now=now, email="stopped@example.org")
    for scope, reason in (("care", "unsubscribed"), ("all", "complained")):
        index = bytes(stopped.contact_index)
        suppression.stop(index, scope=scope, reason=reason, by=None, now=now)
    owner = Client()
    owner.force_login(stopped.owner)
    return [
        ("own", ana, [*own, *signing_in, f"/letters/stop/{token_of(letter)}/"]),
        ("draft", visitor, [*drafts, "/consult/my-data/"]),
        ("stopped", owner, [own_page(stopped, "letters"), "/consult/my-data/sign-in/"]),
    ]


def test_every_page_is_accessible_and_fits_its_window(browser: Browser, live_server: Any) -> None:
    wrong: list[Any] = []
    for name, client, addresses in people():
        for view in VIEWS:
            page = page_of(browser, live_server, client, **view)
            for number, path in enumerate(addresses):
                answer = page.goto(path)
                assert (answer.status, page.url) == (200, f"{live_server.url}{path}")
                wrong += [(path, *violation) for violation in serious(page)]
                width = page.evaluate("document.documentElement.scrollWidth")
                wrong += [(path, "too wide", width)] * (width > view["viewport"]["width"])
                keep(page, f"letters-{name}-{number}", view)
            page.context.close()
    assert wrong == []


def test_both_addresses_are_changed_without_javascript(browser: Browser, live_server: Any) -> None:
    form = factories.ready(now=timezone.now(), email=ANA)
    view = {"viewport": PHONE, "java_script_enabled": False}
    page = page_of(browser, live_server, signed_in(ANA), **view)
    page.goto(own_page(form, "reach"))
    before = codes()
    page.get_by_label("What is your e-mail address?").fill(NEW)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Confirm your address")).to_be_visible()
    page.get_by_label("The code from the letter").fill("BCDF-GHJK")
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("This is not the code.")
    keep(page, "letters-wrong-code", {"viewport": PHONE, "color_scheme": "light"})
    page.get_by_label("The code from the letter").fill(new_code(before))
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_text("Thank you. The address is confirmed.")).to_be_visible()
    page.get_by_role("link", name="Change the address to sign in with").click()
    before = codes()
    page.get_by_label("With which address do you want to sign in?").fill("third@example.org")
    page.get_by_role("button", name="Send a code to the new address").click()
    page.get_by_label("The code from the letter").fill(new_code(before))
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_text("From now on you sign in with third@example.org")).to_be_visible()
    form.refresh_from_db()
    assert (form.contact_email, form.owner.email) == (NEW, "third@example.org")
    page.context.close()
