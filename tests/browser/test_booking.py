"""Choosing, booking, moving and cancelling a time on a phone, by keyboard alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from consult.booking import blocks
from consult.models import Appointment, WaitlistEntry
from tests import factories
from tests.browser.journey import PHONE, free_time
from tests.browser.test_every_state import at_ten, page_of, ready
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
    press(page, free_time(page, 5))
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


def test_an_offered_time_is_taken(browser: Browser, live_server: Any) -> None:
    doctor = factories.opened(factories.clinician(full_name="Dr Luisa Ortega"))
    now, waits = timezone.now(), ready("ana", doctor)
    assert waits.owner
    offer = factories.waitlist_offer(
        waits,
        visit_type=factories.VisitTypeFactory(),
        clinician=doctor,
        starts_at=at_ten(days=3),
        offered_at=now,
        expires_at=now + timedelta(hours=2),
    )
    page = page_of(browser, waits.owner, live_server.url, viewport=PHONE)
    heading = page.get_by_role("heading", level=1)
    page.goto("/consult/waitlist/")
    press(page, "See this time")
    expect(heading).to_have_text("A time is free for you")
    wrong = wrong_with(page)
    press(page, "Take this time")
    expect(heading).to_have_text("Your appointment")
    made = Appointment.objects.get()
    assert (made.starts_at, made.clinician) == (offer.starts_at, doctor)
    assert wrong + wrong_with(page) == []
    page.context.close()


def test_the_list_is_joined_where_nothing_is_free(browser: Browser, live_server: Any) -> None:
    doctor = factories.opened(factories.clinician(full_name="Dr Luisa Ortega"))
    factories.VisitTypeFactory()
    waits = ready("ana", doctor)
    assert waits.owner
    away = {"starts_at": at_ten(days=0, hour=0), "ends_at": at_ten(days=70, hour=0)}
    blocks.block(doctor, **away, words="Away", by=doctor, now=timezone.now())
    page = page_of(browser, waits.owner, live_server.url, viewport=PHONE)
    page.goto("/consult/waitlist/")
    day = at_ten(days=5)
    for name in ("first_on", "last_on"):
        for part, value in (("day", day.day), ("month", day.month), ("year", day.year)):
            page.locator(f"[name='{name}.{part}']").fill(str(value))
    press(page, "Put me on the list")
    expect(page.get_by_text("You are on the list for")).to_be_visible()
    assert (WaitlistEntry.objects.waiting().count(), wrong_with(page)) == (1, [])
    page.context.close()
