"""A clinician's busy times at a secret address: what it shows, to whom, and until when."""

import hashlib
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
import vobject
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import resolve

from consult.booking import actions, blocks
from consult.models import AuditEvent, CalendarFeed, Role
from portal.gunicorn import accesslog
from tests import factories
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
PAGE = "/staff/calendar/feed/"


@pytest.fixture
def luisa(doctor: Any) -> Client:
    client = Client()
    client.force_login(doctor)
    return client


def address_on(page: Any) -> str:
    found = re.search(r"https?://[^/]+(/calendar/[\w-]{43}\.ics)", page.text)
    assert found
    return found[1]


@pytest.fixture
def address(luisa: Client) -> str:
    return address_on(luisa.post(PAGE, {"do": "make"}))


def entries(body: Any) -> list[Any]:
    return vobject.readOne(body.text).contents.get("vevent", [])


def told(entry: Any) -> tuple[Any, Any, str]:
    return entry.dtstart.value, entry.dtend.value, entry.summary.value


def test_the_address_is_shown_once_and_only_its_digest_is_kept(luisa: Client) -> None:
    assert "You have no address yet" in luisa.get(PAGE).text
    path = address_on(luisa.post(PAGE, {"do": "make"}))
    secret = path.removeprefix("/calendar/").removesuffix(".ics")
    row = CalendarFeed.objects.get()
    assert row.secret_sha256 == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in luisa.get(PAGE).text
    assert secret not in str(list(AuditEvent.objects.values()))
    assert AuditEvent.objects.about(row).get().did == "made a calendar feed"


def test_visits_and_blocks_are_busy_and_say_nothing_else(
    client: Client, address: str, ana: Any, talk: Any, doctor: Any
) -> None:
    visit = factories.appointment(
        ana, starts_at=at("2026-11-24T10:00"), visit_type=talk, clinician=doctor
    )
    starts_at, ends_at = at("2026-11-25T15:00"), at("2026-11-25T16:00")
    blocks.block(doctor, starts_at=starts_at, ends_at=ends_at, words="Nap", by=doctor, now=NOW)
    other = factories.ready(email="ben@example.org", by=doctor)
    factories.appointment(other, visit_type=talk)  # with somebody else
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert [told(one) for one in entries(answer)] == [
        (at("2026-11-24T10:00"), at("2026-11-24T10:45"), "Busy"),
        (starts_at, ends_at, "Busy"),
    ]
    for hidden in ("Ana", "Torres", visit.code, str(visit.uid), ana.code, "First talk", "Nap"):
        assert hidden not in answer.text
    assert {name for one in entries(answer) for name in one.contents} == {
        *("uid", "sequence", "dtstamp", "dtstart", "dtend", "summary", "class", "transp")
    }


def test_an_entry_is_the_same_one_for_life(
    client: Client, address: str, ana: Any, talk: Any, doctor: Any
) -> None:
    visit = factories.appointment(
        ana, starts_at=at("2026-11-24T10:00"), visit_type=talk, clinician=doctor
    )
    (before,) = entries(client.get(address))
    later = at("2026-11-25T10:00")
    actions.move(visit, clinician=doctor, starts_at=later, by=doctor, now=NOW)
    (after,) = entries(client.get(address))
    assert (after.uid.value, after.dtstart.value) == (before.uid.value, later)
    assert int(after.sequence.value) == int(before.sequence.value) + 1
    actions.cancel(visit, by=doctor, now=NOW)
    assert entries(client.get(address)) == []


@pytest.mark.parametrize(
    ("days", "is_there"), [(-31, False), (-29, True), (0, True), (89, True), (91, False)]
)
def test_a_month_back_and_three_ahead(
    client: Client, address: str, ana: Any, talk: Any, doctor: Any, days: int, is_there: bool
) -> None:
    starts_at = NOW + timedelta(days=days)
    factories.appointment(ana, starts_at=starts_at, visit_type=talk, clinician=doctor)
    assert bool(entries(client.get(address))) is is_there


def test_what_has_not_changed_is_not_sent_again(
    client: Client, address: str, ana: Any, talk: Any, doctor: Any
) -> None:
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    factories.appointment(ana, visit_type=talk, clinician=doctor)
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200
    assert {"no-store" in one["Cache-Control"] for one in (first, again)} == {True}
    assert first["Referrer-Policy"] == "no-referrer"
    assert "default-src" in first["Content-Security-Policy"]
    assert not first.cookies


def test_reading_it_is_noted_once_an_hour(client: Client, address: str, time_machine: Any) -> None:
    client.get(address)
    assert CalendarFeed.objects.get().read_at == NOW
    time_machine.move_to(NOW + timedelta(minutes=59), tick=False)
    client.get(address)
    assert CalendarFeed.objects.get().read_at == NOW
    time_machine.move_to(NOW + timedelta(minutes=61), tick=False)
    client.get(address)
    assert CalendarFeed.objects.get().read_at == NOW + timedelta(minutes=61)


def test_an_address_that_ended_is_not_there(client: Client, luisa: Client, address: str) -> None:
    nowhere = client.get(f"/calendar/{'x' * 43}.ics")
    renewed = address_on(luisa.post(PAGE, {"do": "make"}))
    assert (client.get(address).status_code, client.get(renewed).status_code) == (404, 200)
    luisa.post(PAGE, {"do": "end"})
    gone = client.get(renewed)
    assert (gone.status_code, gone.content) == (nowhere.status_code, nowhere.content)
    assert nowhere.status_code == 404
    assert CalendarFeed.objects.count() == 0


def test_whoever_leaves_the_team_shows_nothing_any_more(
    client: Client, address: str, doctor: Any
) -> None:
    doctor.groups.clear()
    assert client.get(address).status_code == 404
    doctor.groups.add(Group.objects.get(name=Role.CLINICIAN.value))
    assert client.get(address).status_code == 200
    doctor.is_active = False
    doctor.save()
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("secret", ["", "a", "%00", "é" * 20, "x" * 3000, "..%2f..%2fstaff"])
def test_odd_secrets_are_not_there(client: Client, db: None, secret: str) -> None:
    assert client.get(f"/calendar/{secret}.ics").status_code == 404


def test_no_log_holds_the_secret(
    client: Client, address: str, caplog: Any, capfd: Any, monkeypatch: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = address.removeprefix("/calendar/").removesuffix(".ics")
    client.get(address)
    client.get(address.replace(secret, secret[::-1]))
    client.raise_request_exception = False

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError(secret)

    monkeypatch.setattr("consult.booking.feed.busy_times", broken)
    assert client.get(address).status_code == 500
    written = caplog.text + "".join(capfd.readouterr())
    assert "calendar/<str:secret>.ics" in written  # the route, so that the failure can be found
    assert secret not in written
    assert secret[::-1] not in written
    assert accesslog is None  # its lines would hold paths
    assert resolve(address).view_name == "consult:calendar_feed"
