"""The front desk's calendar on a phone, by keyboard alone: who came, a blocked hour, a new time."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from consult.models import Appointment, Role, TimeBlock
from consult.rules import clock
from tests import factories
from tests.browser.journey import PHONE, free_time
from tests.browser.test_every_state import at_ten, page_of
from tests.browser.test_form import ENOUGH, FOCUSED, press, wrong_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY = "/staff/calendar/?day="
CLINIC = ZoneInfo("America/Tijuana")


def begun() -> datetime:
    """A quarter of an hour ago, on the quarter."""
    now = timezone.now().replace(second=0, microsecond=0)
    return now - timedelta(minutes=now.minute % 15 + 15)


def visit(doctor: Any, full_name: str, starts_at: datetime, kind: Any) -> Appointment:
    email = f"{full_name.split()[0].lower()}@example.org"
    intake = factories.ready(now=timezone.now(), by=doctor, email=email, full_name=full_name)
    return factories.appointment(intake, clinician=doctor, visit_type=kind, starts_at=starts_at)


def write(page: Page, name: str, words: str) -> None:
    for _ in range(ENOUGH):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED)["name"] == name:
            page.keyboard.type(words)
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def test_a_morning_at_the_front_desk(browser: Browser, live_server: Any) -> None:
    doctor = factories.clinician(full_name="Dr Luisa Ortega")
    factories.opened(doctor, ("08:00", "18:00"), weekdays="0123456")
    kind, tomorrow = factories.VisitTypeFactory(), at_ten(days=1)
    came = visit(doctor, "Ana Torres", begun(), kind)
    moved = visit(doctor, "Bea Lund", tomorrow, kind)
    desk = factories.staff(Role.FRONT_DESK)
    page = page_of(browser, desk, live_server.url, viewport=PHONE)
    heading, wrong = page.get_by_role("heading", level=1), []

    def reached(words: str) -> None:
        expect(heading).to_have_text(words)
        wrong.extend(wrong_with(page))

    page.goto(f"{DAY}{came.starts_at.astimezone(CLINIC):%Y-%m-%d}")
    reached(clock.day_in_words(came.starts_at, CLINIC))
    press(page, "Came: Ana Torres")
    expect(page.locator(f"#visit-{came.code}")).to_contain_text("Attended")
    came.refresh_from_db()
    assert came.status == "attended"

    press(page, "Today")
    press(page, "Day after")
    reached(clock.day_in_words(tomorrow, CLINIC))
    press(page, "Block a time")
    reached("Block a time")
    write(page, "words", "Meeting")
    press(page, "Block this time")
    reached(clock.day_in_words(tomorrow, CLINIC))
    expect(page.locator(".stretch-block")).to_contain_text("Meeting")
    kept = TimeBlock.objects.get()
    hour = timedelta(hours=1)
    assert (kept.starts_at, kept.ends_at, kept.words) == (tomorrow - hour, tomorrow, "Meeting")

    press(page, "Move: Bea Lund")
    reached("Choose a new time")
    press(page, free_time(page, 3))
    reached("Move your appointment?")
    press(page, "Move my appointment")
    expect(heading).not_to_have_text("Move your appointment?")
    moved.refresh_from_db()
    assert moved.starts_at != tomorrow
    page.goto(f"{DAY}{moved.starts_at.astimezone(CLINIC):%Y-%m-%d}")
    expect(page.locator(f"#visit-{moved.code}")).to_contain_text("Bea Lund")
    assert wrong + wrong_with(page) == []
    page.context.close()
