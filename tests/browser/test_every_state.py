"""Every page of the form, every state of a sent one and every page of booking, on a phone and on a
desk.

SCREENSHOTS names a folder to keep pictures of them in, by day and by night.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser

from consult.booking import actions as booking
from consult.booking import blocks
from consult.intake import actions, amending
from consult.models import Intake, User, VisitType
from consult.withdrawing import withdraw
from tests import factories
from tests.browser.journey import DESK, PHONE
from tests.browser.test_public_pages import VIEWS, serious

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("SCREENSHOTS", "")
ALL_VIEWS = [
    {"viewport": size, "color_scheme": scheme}
    for size, scheme in product((PHONE, DESK), ("light", "dark"))
]
STATUS, BOOK = "/consult/status/", "/consult/book/"
# Who looks, and at which addresses; the name is the picture's.
Looked = tuple[str, User, list[str]]


def at_ten(*, days: int, hour: int = 10) -> datetime:
    """In the morning, where the clinic is."""
    day = timezone.localtime(timezone=ZoneInfo("America/Tijuana")) + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(UTC)


def owned(name: str, persona: str = "P01", *, hours: int = 1) -> Intake:
    """A sent form of somebody's own."""
    sent_at = timezone.now() - timedelta(hours=hours)
    intake = factories.submitted(persona, now=sent_at, email=f"{name}@example.org")
    actions.claim(User.objects.get(email=f"{name}@example.org"), now=timezone.now())
    return Intake.objects.get(pk=intake.pk)


def ready(name: str, doctor: User) -> Intake:
    return factories.ready(now=timezone.now(), by=doctor, email=f"{name}@example.org")


def as_it_is(name: str, intake: Intake, *addresses: str) -> Looked:
    assert intake.owner
    return name, intake.owner, [STATUS, *addresses]


def while_filling_in() -> Iterator[Looked]:
    form = "/consult/intake/"
    parts = ["", "s1_you/", "s1_you/2/", "s6_immune/", "s2_concern/check/"]
    beside = ["contact/", "carer/", "check/"]
    for name, answers, pages in [
        ("new", {}, ["", "s1_you/"]),
        ("begun", factories.PERSONAS["P12"]["answers"], [*parts, *beside]),
        ("danger", factories.PERSONAS["P04"]["answers"], ["", "urgent/"]),
    ]:
        factories.draft(answers, now=timezone.now(), email=f"{name}@example.org")
        person = User.objects.get(email=f"{name}@example.org")
        actions.claim(person, now=timezone.now())
        yield name, person, ["/consult/", *(form + page for page in pages)]


def before_booking(doctor: User) -> Iterator[Looked]:
    now = timezone.now()
    yield as_it_is("submitted", owned("submitted"), "/consult/questions/")
    yield as_it_is("late", owned("late", "P06", hours=24 * 12))
    yield as_it_is("urgent", owned("urgent", "P04"), BOOK)
    hold = owned("hold", "P13")
    actions.decide(hold, by=doctor, kind="hold", reason="A letter is asked for.", now=now)
    yield as_it_is("hold", hold, BOOK)
    withdrawn = owned("withdrawn")
    assert withdrawn.owner
    withdraw(withdrawn, by=withdrawn.owner, now=now)
    yield as_it_is("withdrawn", withdrawn, "/consult/my-data/")
    asked = owned("asked")
    words = "Which blood thinner, and since when?"
    items: list[amending.Item] = [
        {"step": "s8_medicines_life", "question": "meds.types", "words": words}
    ]
    amending.ask_for_more(asked, items=items, by=doctor, now=now)
    amend = f"/consult/amend/{asked.code}/"
    yield as_it_is("asked", asked, amend, f"{amend}s8_medicines_life/")


def while_booking(doctor: User) -> Iterator[Looked]:
    now = timezone.now()
    talk = factories.VisitTypeFactory()
    clinic = factories.VisitTypeFactory(
        name="Visit at the clinic", mode="person", booked_by="request", length_minutes=60
    )
    chooses = ready("ready", doctor)
    by = chooses.owner
    assert by
    held = booking.hold(
        chooses, visit_type=talk, clinician=None, starts_at=at_ten(days=8), by=by, now=now
    )
    pages = [BOOK, f"{BOOK}?type={talk.pk}", f"{BOOK}?type={clinic.pk}", f"{BOOK}{held.pk}/"]
    changes = f"/consult/changes/{chooses.code}/"
    yield as_it_is("ready", chooses, *pages, "/consult/waitlist/", changes)
    yield from with_a_visit(doctor, talk, clinic)
    offer = factories.waitlist_offer(
        ready("offered", doctor),
        visit_type=talk,
        clinician=doctor,
        starts_at=at_ten(days=3),
        offered_at=now,
        expires_at=now + timedelta(hours=2),
    )
    offers = f"/consult/offers/{offer.code}/"
    yield as_it_is("offered", offer.entry.intake, "/consult/waitlist/", offers)


def with_a_visit(doctor: User, talk: VisitType, clinic: VisitType) -> Iterator[Looked]:
    shared: dict[str, Any] = {"clinician": doctor, "booked_at": timezone.now()}
    booked = factories.appointment(
        ready("booked", doctor), visit_type=talk, starts_at=at_ten(days=7), **shared
    )
    own = f"/consult/appointments/{booked.code}/"
    pages = [own, f"{own}move/", f"{own}cancel/", "/consult/waitlist/"]
    yield as_it_is("booked", booked.intake, *pages)
    request = factories.appointment(
        ready("requested", doctor),
        visit_type=clinic,
        starts_at=at_ten(days=7, hour=14),
        status="requested",
        **shared,
    )
    own = f"/consult/appointments/{request.code}/"
    yield as_it_is("requested", request.intake, own, f"{own}cancel/")
    until = at_ten(days=7, hour=17)
    start = until - timedelta(hours=1)
    blocks.block(
        doctor, starts_at=start, ends_at=until, words="Meeting", by=doctor, now=timezone.now()
    )
    on = f"{at_ten(days=7):%Y-%m-%d}"
    calendar = "/staff/calendar/"
    yield (
        "calendar",
        doctor,
        [
            *(f"{calendar}{page}?day={on}" for page in ("", "week/", "print/")),
            f"{calendar}block/",
            f"/staff/intakes/{request.intake.code}/request/",
            f"/staff/appointments/{request.code}/confirm/",
            f"/staff/appointments/{request.code}/decline/",
            f"/staff/appointments/{booked.code}/cancel/",
            "/staff/hours/",
            "/staff/visit-types/new/",
        ],
    )


def page_of(browser: Browser, person: User, url: str, **view: Any) -> Any:
    client = Client()
    client.force_login(person)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    # axe is put into the page from outside, which the pages' own policy rightly refuses.
    context = browser.new_context(base_url=url, bypass_csp=True, **view)
    signed_in = {"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}
    context.add_cookies([signed_in])  # type: ignore[list-item]
    return context.new_page()


def faults(browser: Browser, url: str, looked: Iterable[tuple[User, list[str]]]) -> list[Any]:
    """What axe says against these pages, and which are wider than their window."""
    wrong: list[Any] = []
    for person, addresses in looked:
        for view in VIEWS:
            page = page_of(browser, person, url, **view)
            for address in addresses:
                assert page.goto(address).status == 200, address
                wrong += [(address, *violation) for violation in serious(page)]
                width = page.evaluate("document.documentElement.scrollWidth")
                wrong += [(address, "too wide", width)] * (width > view["viewport"]["width"])
            page.context.close()
    return wrong


def picture(page: Any, name: str, number: int, view: dict[str, Any]) -> None:
    size, scheme = view["viewport"]["width"], view["color_scheme"]
    page.screenshot(path=Path(SHOTS) / f"{name}-{number}-{size}-{scheme}.png", full_page=True)


def test_every_page_is_accessible_and_fits_its_window(browser: Browser, live_server: Any) -> None:
    doctor = factories.opened(factories.clinician(full_name="Dr Luisa Ortega"))
    wrong = []
    everything = [*while_filling_in(), *before_booking(doctor), *while_booking(doctor)]
    for name, person, addresses in everything:
        for view in ALL_VIEWS if SHOTS else VIEWS:
            page = page_of(browser, person, live_server.url, **view)
            for number, address in enumerate(addresses):
                answer = page.goto(address)
                assert answer.status == 200, (name, address, answer.status)
                wrong += [(name, address, *violation) for violation in serious(page)]
                width = page.evaluate("document.documentElement.scrollWidth")
                too_wide = width > view["viewport"]["width"] and "print" not in address
                wrong += [(name, address, "too wide", width)] * too_wide
                if SHOTS:
                    picture(page, name, number, view)
            page.context.close()
    assert wrong == []
