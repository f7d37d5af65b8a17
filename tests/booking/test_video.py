"""The way into a visit by video: on the person's page while it is of use, and nowhere else."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from consult.booking import actions
from consult.followups.appointments import calendar_of
from consult.followups.letters import make
from consult.models import Appointment, AuditEvent, Message, Role, VisitType
from tests import factories
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
ROOM, OWN_ROOM = "https://video.example.org/room-a7", "https://video.example.org/own-b8?pwd=c&d=1"
STARTS = at("2026-11-24T10:00")
ENDS = STARTS + timedelta(minutes=45)
JOIN = "Join by video"
LATER = "The button to join by video will be here from Monday 23 November 2026, 10:00, Tijuana time"
NO_LINK = "We will give you the way to join here or by phone."
TEST_BEFORE = "Please test sound and camera before."


@pytest.fixture
def visit(ana: Any, talk: Any, doctor: Any) -> Appointment:
    given(talk, ROOM)
    return factories.appointment(ana, starts_at=STARTS, visit_type=talk, clinician=doctor)


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(factories.staff(Role.FRONT_DESK))
    return client


def given(row: Any, link: str | None) -> None:
    row.video_link = link
    row.save()


def seen(client: Client, visit: Appointment) -> str:
    page = client.get(f"/consult/appointments/{visit.code}/")
    assert page.status_code == 200
    return page.text


def go_to(when: Any, time_machine: Any, client: Client, visit: Appointment) -> None:
    time_machine.move_to(when, tick=False)
    client.force_login(visit.intake.owner)  # the session of before is over


def post(client: Client, visit: Appointment, link: str) -> Any:
    return client.post(f"/staff/appointments/{visit.code}/video/", {"video-link": link})


def link_of(visit: Appointment) -> str | None:
    return Appointment.objects.get(pk=visit.pk).video_link


# ---------------------------------------------------------------------------- the person's page
@pytest.mark.parametrize(
    ("when", "says"),
    [
        (NOW, LATER),
        (STARTS - timedelta(days=1, seconds=1), LATER),
        (STARTS - timedelta(days=1), JOIN),
        (STARTS, JOIN),
        (ENDS + timedelta(hours=2), JOIN),
        (ENDS + timedelta(hours=2, seconds=1), None),
    ],
    ids=str,
)
def test_the_button_is_there_from_a_day_before_until_two_hours_after(
    visit: Any, patient: Any, time_machine: Any, when: Any, says: str | None
) -> None:
    go_to(when, time_machine, patient, visit)
    page = seen(patient, visit)
    assert [one for one in (LATER, JOIN, NO_LINK) if one in page] == ([says] if says else [])
    assert (ROOM in page, TEST_BEFORE in page) == (says == JOIN, says is not None)


def test_the_button_is_a_plain_link_that_tells_the_room_nothing(
    visit: Any, patient: Any, time_machine: Any
) -> None:
    go_to(STARTS, time_machine, patient, visit)
    (tag,) = re.findall(rf'<a [^>]*href="{ROOM}"[^>]*>', seen(patient, visit))
    assert 'rel="noreferrer noopener"' in tag
    assert 'target="_blank"' in tag
    policy = patient.get(f"/consult/appointments/{visit.code}/")["Content-Security-Policy"]
    assert "navigate-to" not in policy
    assert "sandbox" not in policy


def test_without_a_link_the_person_is_told_that_it_will_come(visit: Any, patient: Any) -> None:
    given(visit.visit_type, None)
    assert NO_LINK in seen(patient, visit)


def test_a_room_of_its_own_comes_first(visit: Any, patient: Any, time_machine: Any) -> None:
    go_to(STARTS, time_machine, patient, visit)
    given(visit, OWN_ROOM)
    page = seen(patient, visit)
    assert (OWN_ROOM.replace("&", "&amp;") in page, ROOM in page) == (True, False)


@pytest.mark.parametrize(
    ("fields", "mode", "shown"),
    [
        ({}, "video", True),
        ({"status": "attended"}, "video", True),
        ({"status": "requested"}, "video", False),
        ({"status": "missed"}, "video", False),
        ({"status": "cancelled", "cancelled_at": NOW}, "video", False),
        ({}, "phone", False),
        ({}, "person", False),
    ],
    ids=str,
)
def test_only_a_booked_visit_by_video_has_it(
    visit: Any, patient: Any, time_machine: Any, fields: Any, mode: str, shown: bool
) -> None:
    go_to(STARTS, time_machine, patient, visit)
    Appointment.objects.update(**fields)
    VisitType.objects.update(mode=mode)
    page = seen(patient, visit)
    assert (ROOM in page, JOIN in page, NO_LINK in page) == (shown, shown, False)


def test_nobody_else_finds_it(visit: Any, time_machine: Any) -> None:
    time_machine.move_to(STARTS, tick=False)
    ben, stranger = factories.ready(email="ben@example.org").owner, Client()
    stranger.force_login(ben)
    answer = stranger.get(f"/consult/appointments/{visit.code}/")
    assert (answer.status_code, ROOM in answer.text) == (404, False)
    assert ROOM not in Client().get(f"/consult/appointments/{visit.code}/", follow=True).text


def test_it_is_in_no_letter_no_calendar_and_no_dump(ana: Any, talk: Any, doctor: Any) -> None:
    given(talk, ROOM)
    booked = actions.book(
        ana, visit_type=talk, clinician=doctor, starts_at=STARTS, zone="America/Tijuana",
        idempotency_key="k", by=ana.owner, now=NOW,
    )  # fmt: skip
    given(booked, OWN_ROOM)
    letters = [
        make(one).message().as_string() for one in Message.objects.filter(status="scheduled")
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT video_link FROM consult_visittype")
        ((kind,),) = cursor.fetchall()
        cursor.execute("SELECT video_link FROM consult_appointment")
        ((own,),) = cursor.fetchall()
    kept = [*letters, calendar_of(booked).decode(), str(bytes(kind)), str(bytes(own))]
    assert len(letters) > 1
    assert [one for one in kept if "video.example" in one] == []


# ------------------------------------------------------------------------------ staff set it
def test_staff_give_one_visit_its_room_and_take_it_back(visit: Any, desk: Any) -> None:
    assert 'name="video-link"' in seen(desk, visit)
    assert post(desk, visit, OWN_ROOM).status_code == 302
    assert link_of(visit) == OWN_ROOM
    assert OWN_ROOM.replace("&", "&amp;") in seen(desk, visit)  # in the form, to be changed
    assert post(desk, visit, " ").status_code == 302
    assert link_of(visit) is None
    events = AuditEvent.objects.about(visit).order_by("pk")
    assert [one.did for one in events] == [
        "set the link of a visit",
        "removed the link of a visit",
    ]
    assert json.dumps(list(events.values("details", "did", "to_id"))).count("example") == 0


def test_the_person_has_no_form_and_cannot_post_it(visit: Any, patient: Any) -> None:
    assert 'name="video-link"' not in seen(patient, visit)
    assert post(patient, visit, OWN_ROOM).status_code == 404
    assert link_of(visit) is None


BAD = [
    "http://video.example.org/a", "javascript:alert(1)", "data:text/html,x", "//", "a b",
    "https://", "https://[", "ftp://example.org/", "https://example.org/\x00", "x" * 1000,
    "https://example.org/" + "a" * 281, "https://exa mple.org/", "https://example.org/\nX: y",
]  # fmt: skip


@pytest.mark.parametrize("link", BAD)
def test_what_is_no_safe_address_is_refused_and_kept(visit: Any, desk: Any, link: str) -> None:
    answer = post(desk, visit, link)
    assert (answer.status_code, "There is a problem" in answer.text) == (422, True)
    assert 'name="video-link"' in answer.text
    assert link_of(visit) is None


def test_the_longest_address_is_taken(visit: Any, desk: Any) -> None:
    longest = "https://example.org/" + "a" * 280
    assert (len(longest), post(desk, visit, longest).status_code) == (300, 302)
    assert link_of(visit) == longest


@pytest.mark.parametrize(
    ("fields", "mode"),
    [
        ({"status": "cancelled", "cancelled_at": NOW}, "video"),
        ({"starts_at": NOW - timedelta(hours=2), "ends_at": NOW - timedelta(hours=1)}, "video"),
        ({}, "phone"),
    ],
    ids=str,
)
def test_what_is_over_or_not_by_video_takes_no_link(
    visit: Any, desk: Any, fields: Any, mode: str
) -> None:
    Appointment.objects.update(**fields)
    VisitType.objects.update(mode=mode)
    assert 'name="video-link"' not in seen(desk, visit)
    answer = desk.post(
        f"/staff/appointments/{visit.code}/video/", {"video-link": OWN_ROOM}, follow=True
    )
    assert "Only a visit by video that is still ahead" in answer.text
    assert link_of(visit) is None


# -------------------------------------------------------------------------- kinds of visit
KIND = {
    "name": "First talk", "booked_by": "patient", "length_minutes": "30", "before_minutes": "0",
    "after_minutes": "10", "notice_hours": "24", "horizon_days": "60", "cutoff_hours": "24",
    "position": "0", "is_active": "on", "purpose": "consultation", "from_rank": "1",
    "to_rank": "4",
}  # fmt: skip


@pytest.mark.parametrize(("mode", "asked"), [("video", True), ("phone", False), ("person", False)])
def test_a_kind_of_visit_is_asked_for_a_link_if_it_is_by_video(
    talk: Any, desk: Any, mode: str, asked: bool
) -> None:
    VisitType.objects.update(mode=mode)
    page = desk.get(f"/staff/visit-types/{talk.pk}/").text
    assert ('name="video_link"' in page) is asked


def test_a_kind_of_visit_keeps_its_link_and_loses_it(talk: Any, desk: Any) -> None:
    page = f"/staff/visit-types/{talk.pk}/"
    assert desk.post(page, KIND | {"mode": "video", "video_link": ROOM}).status_code == 302
    assert VisitType.objects.get().video_link == ROOM
    assert desk.post(page, KIND | {"mode": "phone"}).status_code == 302
    assert VisitType.objects.get().video_link is None
    details = str(list(AuditEvent.objects.about(talk).values()))
    assert (details.count("changed visit type"), ROOM in details) == (2, False)


@pytest.mark.parametrize("mode_and_link", [("phone", ROOM), ("", ROOM), ("video", BAD[0])], ids=str)
def test_a_kind_of_visit_with_a_link_that_cannot_be_is_refused(
    talk: Any, desk: Any, mode_and_link: Any
) -> None:
    mode, link = mode_and_link
    fields = KIND | {"mode": mode, "video_link": link}
    answer = desk.post(f"/staff/visit-types/{talk.pk}/", fields)
    assert (answer.status_code, f'value="{link}"' in answer.text) == (422, True)
    assert VisitType.objects.get().video_link is None


# -------------------------------------------------------------------------- getting ready
@pytest.mark.parametrize(("purpose", "leads"), [("consultation", True), ("treatment", False)])
def test_before_a_consultation_the_page_leads_to_questions_to_ask(
    visit: Any, patient: Any, purpose: str, leads: bool
) -> None:
    VisitType.objects.update(purpose=purpose)
    page = seen(patient, visit)
    assert ('href="/choosing/questions-to-ask/">Questions to ask any clinic' in page) is leads
