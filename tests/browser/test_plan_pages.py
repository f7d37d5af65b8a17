"""Confirming a visit, the summary of a talk, and the calls to whoever is silent, on a phone and on
a desk.

SCREENSHOTS names a folder to keep pictures of them in, by day and by night.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from consult.dashboard import calling
from consult.followups import summaries
from consult.followups.appointments import anchor_of
from consult.followups.coming_links import link_of
from consult.models import Appointment, CheckIn, StaffTask, User
from tests import factories
from tests.browser.test_checkins import told, treated
from tests.browser.test_every_state import (
    ALL_VIEWS,
    SHOTS,
    STATUS,
    Looked,
    faults,
    page_of,
    picture,
    ready,
)
from tests.followups.rows import letter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORDS = (
    "You came because your knee hurts when you climb stairs.\n\n"
    "What is known: a few small studies, none of them long enough to say whether it helps. "
    "What can go wrong: pain and swelling for some days, an infection in a few.\n\n"
    "What else there is: exercises with a physiotherapist, and a visit to your own doctor "
    "about the tablets. You wanted to think it over. We do nothing unless you call."
)
NAMED = {"named_name": "Rosa Vega", "named_phone": "+52 664 999 0000", "named_relation": "child"}


def coming(doctor: User) -> Iterator[Looked]:
    now = timezone.now()
    visit = factories.appointment(
        ready("coming", doctor),
        starts_at=now + timedelta(hours=30),
        clinician=doctor,
        booked_at=now,
    )
    key = f"reminder_24h:{visit.intake_id}:{anchor_of(visit)}"
    row = letter(event="reminder_24h", intake=visit.intake, idem_key=key)
    page = link_of(row).partition("127.0.0.1:8000")[2]
    own = f"/consult/appointments/{visit.code}/"
    assert visit.intake.owner
    yield "coming", visit.intake.owner, [own, page, "/letters/coming/old/"]
    yield "case", doctor, [f"/staff/intakes/{visit.intake.code}/"]


def summarised(doctor: User) -> Iterator[Looked]:
    now = timezone.now()
    visit = talk("told", doctor)
    summaries.write(visit, words=WORDS, seen=None, by=doctor, now=now)
    assert visit.intake.owner
    page = f"/consult/appointments/{visit.code}/summary/"
    yield "told", visit.intake.owner, [STATUS, page, "/consult/my-data/"]
    staff = f"/staff/appointments/{visit.code}/summary/"
    blank = f"/staff/appointments/{talk('untold', doctor).code}/summary/"
    yield "writes", doctor, [staff, blank, f"/staff/intakes/{visit.intake.code}/"]


def talk(name: str, doctor: User) -> Appointment:
    now = timezone.now()
    return factories.appointment(
        ready(name, doctor),
        starts_at=now - timedelta(hours=2),
        clinician=doctor,
        status="attended",
        booked_at=now,
        changed_at=now,
    )


def silent(doctor: User) -> Iterator[Looked]:
    now = timezone.now()
    intake = treated("silent", doctor, days=5).intake
    intake.contact = intake.contact | NAMED
    intake.save()
    CheckIn.objects.filter(treatment__intake=intake, day=1).update(silence_at=now)
    made = {"intake": intake, "made_at": now, "due_at": now + timedelta(hours=20)}
    task = StaffTask.objects.create(event="checkin_no_answer", **made)
    calling.note_try(task, whom="person", seen=0, by=doctor, now=now)
    calling.note_try(task, whom="contact", seen=1, by=doctor, now=now)
    pages = [f"/staff/tasks/{task.pk}/{one}/" for one in ("calls", "done")]
    yield "silent", doctor, [*pages, "/staff/tasks/"]
    assert intake.owner
    yield "reach", intake.owner, [f"/consult/my-data/forms/{intake.code}/reach/"]


def years(doctor: User) -> Iterator[Looked]:
    course = treated("years", doctor, days=740)
    for day, pain in {7: 6, 30: 5, 90: 3, 180: 4}.items():
        told(course, day, pain=pain, function=pain + 1)
    told(course, 365, pain=2, function=3, yearly=True)
    owner = course.intake.owner
    assert owner
    pages = [f"/consult/check-in/{course.checkins.get(day=day).code}/" for day in (365, 730)]
    yield "years", owner, pages
    yield "course", doctor, [f"/staff/intakes/{course.intake.code}/"]


def test_the_pages_are_accessible_and_fit_their_windows(browser: Browser, live_server: Any) -> None:
    doctor = factories.opened(factories.clinician(full_name="Dr Luisa Ortega"))
    walks = (coming, summarised, silent, years)
    looked = [one for walk in walks for one in walk(doctor)]
    if SHOTS:
        for view in ALL_VIEWS:
            for name, person, addresses in looked:
                page = page_of(browser, person, live_server.url, **view)
                for number, address in enumerate(addresses):
                    page.goto(address)
                    picture(page, name, number, view)
                page.context.close()
    found = [(person, [one for one in pages if "old" not in one]) for _, person, pages in looked]
    assert faults(browser, live_server.url, found) == []


def test_one_tap_by_keyboard_and_without_a_script(browser: Browser, live_server: Any) -> None:
    doctor = factories.opened(factories.clinician(full_name="Dr Luisa Ortega"))
    _, _, [_, page, _] = next(coming(doctor))
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    tab = context.new_page()
    tab.goto(page)
    tab.keyboard.press("Tab")
    tab.get_by_role("button", name="I will be there").press("Enter")
    assert "We have noted that you will be there." in tab.content()
    assert Appointment.objects.get().confirmed_at is not None
    context.close()
