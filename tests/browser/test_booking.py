"""Choosing, booking, moving and cancelling a time on a phone, by keyboard alone."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from consult.models import Appointment, WaitlistEntry
from tests import factories
from tests.browser.journey import PHONE
from tests.browser.test_every_state import page_of, ready
from tests.browser.test_form import press, wrong_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_from_the_kinds_of_visits_to_the_cancelled_one(browser: Browser, live_server: Any) -> None:
    doctor = factories.opened(factories.clinician(full_name="Dr Luisa Ortega"))
    factories.VisitTypeFactory()
    factories.VisitTypeFactory(name="First talk by phone", mode="phone")
    intake = ready("ana", doctor)
    assert intake.owner
    page = page_of(browser, intake.owner, live_server.url, viewport=PHONE)
    heading, wrong = page.get_by_role("heading", level=1), []

    def reached(words: str) -> None:
        expect(heading).to_have_text(words)
        wrong.extend(wrong_with(page))

    page.goto("/consult/book/")
    reached("How would you like to talk with us?")
    press(page, "First talk")
    reached("Choose a time")
    first = page.locator("button.time").first
    chosen = first.get_attribute("value")
    press(page, first.inner_text())
    reached("Is this right?")
    press(page, "Book this time")
    reached("Your appointment")
    made = Appointment.objects.get()
    assert f"{made.starts_at:%Y-%m-%dT%H:%MZ}" == chosen

    press(page, "Move it")
    reached("Choose a new time")
    press(page, page.locator("button.time").nth(5).inner_text())
    reached("Move your appointment?")
    press(page, "Move my appointment")
    reached("Your appointment")
    made.refresh_from_db()
    assert f"{made.starts_at:%Y-%m-%dT%H:%MZ}" != chosen

    press(page, "Tell me if an earlier time")
    reached("Tell me if an earlier time becomes free")
    press(page, "Put me on the list")
    reached("Tell me if an earlier time becomes free")
    press(page, "Back to your appointment")
    press(page, "Cancel it")
    reached("Cancel this appointment?")
    press(page, "Cancel my appointment")
    reached("This appointment is cancelled")
    made.refresh_from_db()
    assert (made.status, WaitlistEntry.objects.count()) == ("cancelled", 0)
    assert wrong == []
    page.context.close()
