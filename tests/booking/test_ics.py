"""An appointment's calendar file, read back by a parser that did not write it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vobject

from consult.booking import actions
from consult.followups.appointments import calendar_of
from consult.models import Appointment
from tests import factories
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]


@pytest.fixture
def visit(ana: Any, talk: Any, doctor: Any) -> Appointment:
    return actions.book(
        ana,
        visit_type=talk,
        clinician=doctor,
        starts_at=at("2026-11-24T10:00"),
        zone="America/Tijuana",
        idempotency_key="k",
        note="I have a fever",
        phone="+52 664 123 4567",
        by=ana.owner,
        now=NOW,
    )


def read(visit: Appointment) -> Any:
    return vobject.readOne(calendar_of(visit).decode())


def test_it_says_when_and_leads_back_and_says_nothing_else(visit: Appointment) -> None:
    calendar = read(visit)

    found = {name: rows[0].value for name, rows in calendar.vevent.contents.items()}
    link = found["url"]
    assert link.endswith(f"/consult/appointments/{visit.code}/")
    assert found | {"organizer": "", "attendee": ""} == {
        "uid": str(visit.uid),
        "sequence": "0",
        "dtstamp": NOW,
        "dtstart": at("2026-11-24T10:00"),
        "dtend": at("2026-11-24T10:45"),
        "summary": "Appointment",
        "description": f"To see, move or cancel it: {link}",
        "url": link,
        "status": "CONFIRMED",
        "class": "PRIVATE",
        "organizer": "",
        "attendee": "",
    }
    assert calendar.method.value == "REQUEST"
    assert set(calendar.contents) == {"version", "prodid", "method", "vevent", "vtimezone"}
    text = calendar_of(visit).decode()
    for hidden in ("fever", "664 123", "First talk", "Ortega", "Ana"):
        assert hidden not in text


def test_it_keeps_its_uid_and_counts_its_changes(visit: Appointment, doctor: Any) -> None:
    def known() -> tuple[Any, ...]:
        calendar = read(Appointment.objects.get(pk=visit.pk))
        event = calendar.vevent
        shown = (calendar.method.value, event.status.value, int(event.sequence.value))
        return event.uid.value, *shown, event.dtstart.value

    uid, ten, two = str(visit.uid), at("2026-11-24T10:00"), at("2026-11-25T14:00")
    assert known() == (uid, "REQUEST", "CONFIRMED", 0, ten)
    moved = actions.move(visit, clinician=doctor, starts_at=two, by=doctor, now=NOW)
    assert known() == (uid, "REQUEST", "CONFIRMED", 1, two)
    actions.move(moved, clinician=doctor, starts_at=ten, by=doctor, now=NOW)
    assert known() == (uid, "REQUEST", "CONFIRMED", 2, ten)
    actions.cancel(visit, by=doctor, now=NOW)
    assert known() == (uid, "CANCEL", "CANCELLED", 3, ten)


def test_two_appointments_of_one_person_are_two_entries(visit: Appointment, doctor: Any) -> None:
    actions.cancel(visit, by=doctor, now=NOW)
    again = factories.appointment(visit.intake, visit_type=visit.visit_type, clinician=doctor)
    assert read(again).vevent.uid.value != read(visit).vevent.uid.value


# Wall times and offsets written out by hand, of days on which the clocks change and beside them.
CHANGES = [
    ("America/Tijuana", "2026-11-01T00:30", -7),
    ("America/Tijuana", "2026-11-01T10:00", -8),
    ("America/Tijuana", "2027-03-14T01:30", -8),
    ("America/Tijuana", "2027-03-14T10:00", -7),
    ("America/New_York", "2026-11-01T10:00", -5),
    ("America/New_York", "2027-03-14T10:00", -4),
    ("America/Mexico_City", "2026-07-01T10:00", -6),  # no summer time since 2022
    ("America/Mexico_City", "2026-12-01T10:00", -6),
    ("America/Cancun", "2026-07-01T10:00", -5),
    ("Europe/Berlin", "2026-10-25T10:00", 1),
    ("Europe/Berlin", "2027-03-28T10:00", 2),
]


@pytest.mark.parametrize(("zone", "wall", "hours"), CHANGES)
def test_the_zones_rules_stand_in_the_file_and_are_right(
    ana: Any, talk: Any, zone: str, wall: str, hours: int
) -> None:
    naive = datetime.fromisoformat(wall)
    instant = at(wall, "UTC") - timedelta(hours=hours)
    made = factories.appointment(ana, starts_at=instant, visit_type=talk, zone=zone)
    starts, ends = read(made).vevent.dtstart, read(made).vevent.dtend
    # The parser knows no zones but the VTIMEZONE beside the entry.
    assert starts.params.get("X-VOBJ-ORIGINAL-TZID") == [zone]
    assert starts.value.replace(tzinfo=None) == naive
    assert starts.value.utcoffset() == timedelta(hours=hours)
    assert [one.value.astimezone(UTC) for one in (starts, ends)] == [made.starts_at, made.ends_at]


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        # 01:15 comes twice on 1 November 2026 in Tijuana: at 08:15 and at 09:15 UTC.
        ("2026-11-01T08:15", "DTSTART;TZID=America/Tijuana:20261101T011500"),
        ("2026-11-01T09:15", "DTSTART:20261101T091500Z"),
        ("2026-11-01T10:15", "DTSTART;TZID=America/Tijuana:20261101T021500"),
    ],
)
def test_of_a_time_that_comes_twice_the_file_means_the_right_one(
    ana: Any, talk: Any, instant: str, written: str
) -> None:
    made = factories.appointment(ana, starts_at=at(instant, "UTC"), visit_type=talk)
    assert written in calendar_of(made).decode().splitlines()
    assert read(made).vevent.dtstart.value.astimezone(UTC) == made.starts_at


def test_a_visit_at_the_clinic_is_on_the_clinics_clock(ana: Any) -> None:
    here = factories.VisitTypeFactory(mode="person")
    made = factories.appointment(
        ana, starts_at=at("2026-11-24T10:00"), visit_type=here, zone="Europe/Berlin"
    )
    starts = read(made).vevent.dtstart
    assert starts.params.get("X-VOBJ-ORIGINAL-TZID") == ["America/Tijuana"]
    assert starts.value.replace(tzinfo=None) == datetime(2026, 11, 24, 10)  # noqa: DTZ001
