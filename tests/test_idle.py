"""Who is not at work is signed out, and finds the way back (A9)."""

import random
import string
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from consult.intake.drafts import AUTOSAVE, DRAFT
from consult.models import Message, User
from tests.factories import CONTACT, NOW, clinician, draft, submitted
from tests.intake.test_coming_back import entered

pytestmark = pytest.mark.django_db
QUEUE, STATUS, TASKS = "/staff/", "/consult/status/", "/consult/intake/"
SIGNED_IN = "_auth_user_id"


def after(minutes: int, seconds: int = 0) -> datetime:
    return NOW + timedelta(minutes=minutes, seconds=seconds)


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def doctor(clock: Any) -> Client:
    client = Client()
    client.force_login(clinician())
    return client


@pytest.fixture
def ana(clock: Any) -> Client:
    """The owner of a form that was sent."""
    intake, client = submitted(), Client()
    intake.owner = User.objects.get(email=intake.contact_email)
    intake.save()
    client.force_login(intake.owner)
    return client


def way_of(response: Any) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(response.url)
    return parts.path, parse_qs(parts.query)


def test_staff_are_signed_out_after_fifteen_minutes(doctor: Client, clock: Any) -> None:
    clock.move_to(after(14, 59), tick=False)
    assert doctor.get(QUEUE).status_code == 200
    clock.move_to(after(14, 59) + timedelta(minutes=15, seconds=2), tick=False)
    response = doctor.get(f"{QUEUE}?level=urgent")
    way = {"next": [f"{QUEUE}?level=urgent"], "why": ["idle"]}
    assert way_of(response) == (reverse("account_login"), way)
    assert SIGNED_IN not in doctor.session


def test_a_second_over_fifteen_minutes_is_over(doctor: Client, clock: Any) -> None:
    clock.move_to(after(15, 1), tick=False)
    assert doctor.get(QUEUE).status_code == 302


def test_patients_have_half_an_hour(ana: Client, clock: Any) -> None:
    clock.move_to(after(29, 59), tick=False)
    assert SIGNED_IN in ana.session
    assert ana.get(STATUS).status_code == 200
    clock.move_to(after(60), tick=False)
    path, query = way_of(ana.get(STATUS))
    assert (path, query["why"]) == (reverse("consult:sign_in"), ["idle"])
    assert SIGNED_IN not in ana.session


def test_work_goes_on_for_twelve_hours_and_no_longer(doctor: Client, clock: Any) -> None:
    for quarter in range(1, 12 * 6 + 1):
        clock.move_to(after(10 * quarter), tick=False)
        assert doctor.get(QUEUE).status_code == 200
    clock.move_to(after(12 * 60, 1), tick=False)
    assert doctor.get(QUEUE).status_code == 302


def names(count: int) -> list[str]:
    rng = random.Random(9)
    known = [AUTOSAVE, "shown", "after", "next", "skip_timeout_reset", "keep", "refresh", "why"]
    return known + ["".join(rng.choices(string.ascii_lowercase, k=6)) for _ in range(count)]


def test_a_page_that_asks_by_itself_keeps_nothing_going(doctor: Client, clock: Any) -> None:
    for number, name in enumerate(names(200)):
        clock.move_to(after(0, 4 * number), tick=False)
        assert doctor.get("/staff/rows/", {name: "1"}).status_code == 200
    clock.move_to(after(15, 1), tick=False)
    assert doctor.get("/staff/rows/").status_code == 302


def test_no_parameter_keeps_a_session_from_ending(doctor: Client, clock: Any) -> None:
    clock.move_to(after(15, 1), tick=False)
    for name in names(50):
        doctor.force_login(clinician())
        clock.shift(timedelta(minutes=15, seconds=1))
        assert doctor.get(QUEUE, {name: "1"}).status_code == 302


@pytest.mark.parametrize(("how", "lasts"), [({AUTOSAVE: "1"}, False), ({}, True)])
def test_what_saves_itself_is_no_work(clock: Any, how: dict[str, str], lasts: bool) -> None:
    intake, client = draft(), Client()
    intake.owner = User.objects.get(email=CONTACT["email"])
    intake.save()
    client.force_login(intake.owner)
    clock.move_to(after(20), tick=False)
    client.post(f"{TASKS}s8_medicines_life/", {"meds.list": "Paracetamol"} | how)
    clock.move_to(after(40), tick=False)
    client.get(TASKS)
    assert (SIGNED_IN in client.session) is lasts


def test_an_anonymous_draft_has_a_life_of_its_own(clock: Any) -> None:
    intake, client = draft(), Client()
    session = client.session
    session[DRAFT] = str(intake.pk)
    session.save()
    clock.move_to(after(11 * 60), tick=False)
    assert client.get(TASKS).status_code == 200


def test_a_draft_of_nobody_outlives_the_sign_in_beside_it(ana: Client, clock: Any) -> None:
    other = draft(email="somebody.else@example.org")
    session = ana.session
    session[DRAFT] = str(other.pk)
    session.save()
    clock.move_to(after(31), tick=False)
    assert ana.get(TASKS).status_code == 200
    assert (SIGNED_IN in ana.session, ana.session[DRAFT]) == (False, str(other.pk))


def test_ones_own_draft_does_not_stay_in_the_browser(ana: Client, clock: Any) -> None:
    own = draft()
    own.owner = User.objects.get(email=CONTACT["email"])
    own.save()
    session = ana.session
    session[DRAFT] = str(own.pk)
    session.save()
    clock.move_to(after(31), tick=False)
    assert ana.get(TASKS).status_code == 302
    assert dict(ana.session) == {}


def test_the_way_back_says_why_and_leads_where_the_patient_was(ana: Client, clock: Any) -> None:
    clock.move_to(after(31), tick=False)
    response = ana.get("/consult/my-data/")
    assert "nothing happened for 30 minutes" in ana.get(response.url).text
    onward = ana.post(response.url, {"email": CONTACT["email"]}).url
    code = Message.objects.get(event="sign_in_code").values["code"]
    back = ana.post(onward, {"code": code})
    assert ana.get(back.url).url == "/consult/my-data/"
    assert ana.get("/consult/my-data/").status_code == 200


def test_the_way_back_leads_nowhere_else(ana: Client) -> None:
    for given in ("//evil.example/consult/", "https://evil.example/consult/", "/staff/"):
        response = ana.get("/consult/after-sign-in/", {"next": given})
        assert response.url == STATUS


def test_what_staff_typed_stays_on_the_page(doctor: Client, clock: Any) -> None:
    intake, words = submitted(), "A long note, nearly done."
    address = f"/staff/intakes/{intake.code}/note/"
    clock.move_to(after(15, 1), tick=False)
    page = doctor.post(address, {"words": words})
    assert (page.status_code, intake.notes.count()) == (409, 0)
    assert "Sign in again in a new tab" in page.text
    doctor.force_login(clinician())
    doctor.post(address, entered(page))
    assert intake.notes.get().words == words


def test_staying_signed_in_writes_once_a_minute(
    doctor: Client, clock: Any, django_assert_num_queries: Any
) -> None:
    written = Session.objects.get().session_data
    for second in (1, 30, 59):
        clock.move_to(after(0, second), tick=False)
        doctor.get(QUEUE)
    assert Session.objects.get().session_data == written
    clock.move_to(after(1), tick=False)
    doctor.get(QUEUE)
    assert Session.objects.get().session_data != written


def test_what_a_patient_typed_stays_on_the_page(clock: Any) -> None:
    intake, client = draft(), Client()
    intake.owner = User.objects.get(email=CONTACT["email"])
    intake.save()
    client.force_login(intake.owner)
    clock.move_to(after(31), tick=False)
    page = client.post(f"{TASKS}s8_medicines_life/", {"meds.list": "Just typed."})
    assert (page.status_code, SIGNED_IN in client.session) == (409, False)
    assert entered(page)["meds.list"] == ["Just typed."]
