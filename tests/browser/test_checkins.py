"""The questions after a treatment, on a phone and on a desk, by keyboard and without JavaScript.

SCREENSHOTS names a folder to keep pictures of them in, by day and by night.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from consult.followups import checkin_answers
from consult.models import CheckIn, StaffTask, Treatment, User
from tests import factories
from tests.browser.journey import DESK, PHONE
from tests.browser.test_public_pages import serious
from tests.followups.answering import PLAN, WELL

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SCREENSHOTS", "")
VIEWS = [
    {"viewport": size, "color_scheme": scheme}
    for size, scheme in product((PHONE, DESK), ("light", "dark"))
]


def treated(name: str, doctor: User, *, days: int) -> Treatment:
    """Somebody treated so many days ago."""
    now, given = timezone.now(), timezone.now() - timedelta(days=days)
    intake = factories.ready(now=given, by=doctor, email=f"{name}@example.org")
    on = {"given_on": given.date(), "zone": "UTC", "clinician": doctor}
    assert now > given
    return factories.treated(intake, now=given, **on)


def told(treatment: Treatment, day: int, **said: Any) -> CheckIn:
    row = treatment.checkins.get(day=day)
    asked = {one.id for one in PLAN.questions if day in one.days}
    answers = {key: one for key, one in WELL.items() if key in asked}
    answers |= {f"ck.{key}": one for key, one in said.items()}
    now = max(row.due_at, timezone.now() - timedelta(hours=1)) if "breath" in said else row.due_at
    owner = treatment.intake.owner
    assert owner
    return checkin_answers.answer(row, said=answers, by=owner, now=now)


def address(row: CheckIn) -> str:
    return f"/consult/check-in/{row.code}/"


def walk(doctor: User) -> Iterator[tuple[str, User, list[str]]]:
    """Who looks, and at which addresses; the name is the picture's."""
    opened = treated("open", doctor, days=8)
    rows = {one.day: one for one in opened.checkins.all()}
    owner = opened.intake.owner
    assert owner
    yield "open", owner, ["/consult/status/", address(rows[7]), address(rows[30])]
    alarmed = treated("alarm", doctor, days=4)
    urgent = told(alarmed, 3, breath=["chest_pain"], fever="f38", site=["hot"], pain=8)
    assert alarmed.intake.owner
    yield "alarm", alarmed.intake.owner, [address(urgent)]
    course = treated("course", doctor, days=100)
    for day, pain, goal in [(1, 7, None), (3, 6, None), (7, 6, None), (30, 3, 4)]:
        told(course, day, pain=pain, **({"goal": goal} if goal is not None else {}))
    last = told(course, 90, pain=0, goal=6, fever="felt_hot")
    assert course.intake.owner
    yield "course", course.intake.owner, [address(last), "/consult/status/"]
    case = f"/staff/intakes/{course.intake.code}/"
    event = f"/staff/treatments/{alarmed.pk}/events/new/?checkin={urgent.code}"
    yield "staff", doctor, [case, f"/staff/intakes/{alarmed.intake.code}/", event]


def page_of(browser: Any, live_server: Any, person: User, **view: Any) -> Any:
    client = Client()
    client.force_login(person)
    context = browser.new_context(base_url=live_server.url, bypass_csp=True, **view)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    signed_in = {"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}
    context.add_cookies([signed_in])
    return context.new_page()


def test_every_page_is_accessible_and_fits_its_window(browser: Any, live_server: Any) -> None:
    wrong: list[Any] = []
    for name, person, addresses in walk(factories.clinician()):
        for view in VIEWS:
            page = page_of(browser, live_server, person, **view)
            for number, path in enumerate(addresses):
                assert page.goto(path).status == 200, path
                wrong += [(path, *violation) for violation in serious(page)]
                width = page.evaluate("document.documentElement.scrollWidth")
                wrong += [(path, "too wide", width)] * (width > view["viewport"]["width"])
                keep(page, f"{name}-{number}", view)
            page.context.close()
    assert wrong == []


def keep(page: Any, name: str, view: dict[str, Any]) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        file = f"{name}-{view['viewport']['width']}-{view['color_scheme']}.png"
        page.screenshot(path=Path(SHOTS) / file, full_page=True)


def test_the_questions_are_answered_by_keyboard_alone_and_without_javascript(
    browser: Any, live_server: Any
) -> None:
    treatment = treated("keys", factories.clinician(), days=3)
    row = treatment.checkins.get(day=3)
    owner = treatment.intake.owner
    assert owner
    page = page_of(browser, live_server, owner, viewport=PHONE, java_script_enabled=False)
    page.goto(address(row))
    page.locator('[name="ck.overall"]').first.focus()
    for key in ["Space", "Tab"]:  # “Better”, and on to the pain
        page.keyboard.press(key)
    page.keyboard.type("4")
    for code in ("ck.site", "ck.limb", "ck.breath", "ck.nerve", "ck.allergy", "ck.flu"):
        page.locator(f'[name="{code}"][value="none"]').focus()
        page.keyboard.press("Space")
    for code, value in {"ck.fever": "none", "ck.care": "no_care", "ck.meds": "no_change"}.items():
        page.locator(f'[name="{code}"][value="{value}"]').focus()
        page.keyboard.press("Space")
    page.locator('[name="ck.call"][value="yes"]').focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Send my answers").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you for your answers").wait_for()
    assert "We will call you within 24 hours." in page.content()
    assert list(StaffTask.objects.values_list("event", flat=True)) == ["checkin_alert"]
    page.context.close()
