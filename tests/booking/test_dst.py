"""Days on which the clocks change, zones that do not change theirs, people who move.

What is expected was written out by hand from the zones' rules: Tijuana and New York change on 1
November 2026 and 14 March 2027, Berlin on 25 October 2026 and 28 March 2027; Mexico City has had no
summer time since 2022, Cancún none since 2015.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import vobject
from django.test import Client

from consult.booking import actions
from consult.booking.month import Asked
from consult.followups.appointments import calendar_of
from consult.followups.letters import make
from consult.models import Appointment, Message, WeeklyHours
from consult.rules import clock
from tests import factories
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db]
FEBRUARY = datetime(2027, 2, 20, 18, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 15, 18, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opened(zone: str, starts: str, ends: str) -> Any:
    """A clinician with these hours every day, and quarter-hour visits without notice."""
    doctor = factories.opened(factories.clinician(), (starts, ends), zone=zone, weekdays="0123456")
    quarter = factories.VisitTypeFactory(length_minutes=15, after_minutes=0, notice_hours=0)
    return factories.ready(by=doctor), quarter


# From midnight to six on the clock is five, seven or six hours long.
NIGHTS = [
    ("America/Tijuana", "2026-11-01", "2026-11-01T07:00", "2026-11-01T14:00", 28),
    ("America/Tijuana", "2027-03-14", "2027-03-14T08:00", "2027-03-14T13:00", 20),
    ("America/New_York", "2026-11-01", "2026-11-01T04:00", "2026-11-01T11:00", 28),
    ("America/New_York", "2027-03-14", "2027-03-14T05:00", "2027-03-14T10:00", 20),
    ("America/Mexico_City", "2026-10-25", "2026-10-25T06:00", "2026-10-25T12:00", 24),
    ("America/Mexico_City", "2027-04-04", "2027-04-04T06:00", "2027-04-04T12:00", 24),
    ("America/Cancun", "2026-11-01", "2026-11-01T05:00", "2026-11-01T11:00", 24),
    ("America/Cancun", "2027-03-14", "2027-03-14T05:00", "2027-03-14T11:00", 24),
    ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", "2026-10-25T05:00", 28),
    ("Europe/Berlin", "2027-03-28", "2027-03-27T23:00", "2027-03-28T04:00", 20),
]


@pytest.mark.parametrize(("zone", "day", "first", "end", "count"), NIGHTS)
def test_a_night_has_the_openings_that_its_hours_have(
    zone: str, day: str, first: str, end: str, count: int
) -> None:
    form, quarter = opened(zone, "00:00", "06:00")
    now = OCTOBER if day < "2027" else FEBRUARY
    found = Asked(quarter, form).free(utc(first) - timedelta(hours=3), utc(end), now=now)
    assert found == [utc(first) + timedelta(minutes=15) * n for n in range(count)]


@pytest.mark.parametrize(
    ("zone", "day", "starts", "ends", "expected"),
    [
        # 02:30 is skipped: open from 03:30 on the new clock.
        ("America/Tijuana", "2027-03-14", "02:30", "04:00", ["10:30", "10:45"]),
        ("America/New_York", "2027-03-14", "02:30", "04:00", ["07:30", "07:45"]),
        ("Europe/Berlin", "2027-03-28", "02:30", "04:00", ["01:30", "01:45"]),
        # What would end in the skipped hour ends when the clocks jump.
        ("America/Tijuana", "2027-03-14", "01:30", "02:30", ["09:30", "09:45"]),
        ("Europe/Berlin", "2027-03-28", "01:30", "02:30", ["00:30", "00:45"]),
        # What lies in the skipped hour is not there.
        ("America/Tijuana", "2027-03-14", "02:00", "02:45", []),
        # Of an hour that comes twice, hours mean the first.
        ("America/Tijuana", "2026-11-01", "01:30", "01:45", ["08:30"]),
        ("Europe/Berlin", "2026-10-25", "02:30", "02:45", ["00:30"]),
        # Where nothing changes, it is there as on every day.
        ("America/Mexico_City", "2027-04-04", "02:30", "02:45", ["08:30"]),
        ("America/Cancun", "2027-03-14", "02:30", "02:45", ["07:30"]),
    ],
)
def test_openings_at_times_that_are_skipped_or_come_twice(
    zone: str, day: str, starts: str, ends: str, expected: list[str]
) -> None:
    form, quarter = opened(zone, starts, ends)
    now = OCTOBER if day < "2027" else FEBRUARY
    found = Asked(quarter, form).free(utc(f"{day}T00:00"), utc(f"{day}T14:00"), now=now)
    assert [f"{one:%H:%M}" for one in found] == expected


@pytest.mark.parametrize(
    ("zone", "instant", "words"),
    [
        ("America/Tijuana", "2026-11-01T08:30", "01:30 (UTC-7)"),
        ("America/Tijuana", "2026-11-01T09:30", "01:30 (UTC-8)"),
        ("America/Tijuana", "2026-11-01T10:30", "02:30"),
        ("America/New_York", "2026-11-01T05:30", "01:30 (UTC-4)"),
        ("America/New_York", "2026-11-01T06:30", "01:30 (UTC-5)"),
        ("America/Mexico_City", "2026-11-01T07:30", "01:30"),
        ("America/Cancun", "2026-11-01T06:30", "01:30"),
        ("Europe/Berlin", "2026-10-25T00:30", "02:30 (UTC+2)"),
        ("Europe/Berlin", "2026-10-25T01:30", "02:30 (UTC+1)"),
        ("America/Tijuana", "2027-03-14T09:45", "01:45"),
        ("America/Tijuana", "2027-03-14T10:00", "03:00"),
    ],
)
def test_a_time_that_comes_twice_says_which(zone: str, instant: str, words: str) -> None:
    assert clock.time_in_words(utc(instant), clock.zone_or(zone, "UTC")) == words


def test_a_visit_across_the_change_keeps_its_length(time_machine: Any) -> None:
    time_machine.move_to(OCTOBER, tick=False)
    doctor = factories.opened(factories.clinician(), ("00:00", "06:00"), weekdays="0123456")
    hour = factories.VisitTypeFactory(length_minutes=60, after_minutes=0)
    form = factories.ready(by=doctor, now=OCTOBER)
    visit = actions.book(
        form, visit_type=hour, clinician=doctor, starts_at=utc("2026-11-01T08:30"),
        zone="America/Tijuana", idempotency_key="k", by=form.owner, now=OCTOBER,
    )  # fmt: skip
    assert visit.ends_at == utc("2026-11-01T09:30")
    cells = [f"{one:%H:%M}" for one in visit.cells.values_list("starts_at", flat=True)]
    assert sorted(cells) == ["08:30", "08:45", "09:00", "09:15"]
    staff = Client()
    staff.force_login(doctor)
    page = staff.get("/staff/calendar/?day=2026-11-01").text
    assert "01:30 (UTC-7) to 01:30 (UTC-8)" in page
    moved = actions.move(
        visit, clinician=doctor, starts_at=utc("2026-11-02T08:30"), by=doctor, now=OCTOBER
    )
    assert moved.ends_at - moved.starts_at == timedelta(hours=1)


@pytest.mark.parametrize(("day", "hours"), [("2026-11-01", 25), ("2026-11-02", 24)])
def test_the_staffs_day_is_as_long_as_it_is(time_machine: Any, day: str, hours: int) -> None:
    time_machine.move_to(OCTOBER, tick=False)
    doctor = factories.opened(factories.clinician(), ("00:00", "23:45"), weekdays="0123456")
    staff = Client()
    staff.force_login(doctor)
    page = staff.get(f"/staff/calendar/?day={day}").text
    found = [one.split("</span>")[0] for one in page.split('<span class="visit-when">')[1:]]
    assert found == ["00:00 to 12:00", "12:00 to 17:00", "17:00 to 23:45"]
    since, until = at(f"{day}T00:00"), at((date.fromisoformat(day) + timedelta(1)).isoformat())
    assert until - since == timedelta(hours=hours)


# Reminders are so many exact hours before the visit (followups.yaml, time rules); on a day of 25
# hours the wall shows an hour more than the visit's, on one of 23 an hour less.
REMINDERS = [
    ("America/Tijuana", "2026-11-03T10:00", "2026-10-31T11:00", "2026-11-02T10:00"),
    ("America/Tijuana", "2026-11-05T10:00", "2026-11-02T10:00", "2026-11-04T10:00"),
    ("America/New_York", "2026-11-01T10:00", "2026-10-29T11:00", "2026-10-31T11:00"),
    ("America/Mexico_City", "2026-11-01T10:00", "2026-10-29T10:00", "2026-10-31T10:00"),
    ("America/Cancun", "2026-11-01T10:00", "2026-10-29T10:00", "2026-10-31T10:00"),
    ("Europe/Berlin", "2026-10-25T17:00", "2026-10-22T18:00", "2026-10-24T18:00"),
    ("America/Tijuana", "2027-03-15T10:00", "2027-03-12T09:00", "2027-03-14T10:00"),
    ("Europe/Berlin", "2027-03-28T17:00", "2027-03-25T16:00", "2027-03-27T16:00"),
]


@pytest.mark.parametrize(("zone", "wall", "three_days", "one_day"), REMINDERS)
def test_reminders_are_so_many_hours_before(
    zone: str, wall: str, three_days: str, one_day: str
) -> None:
    now = OCTOBER if wall < "2027" else FEBRUARY
    doctor = factories.opened(
        factories.clinician(), ("00:00", "23:45"), zone=zone, weekdays="0123456"
    )
    form = factories.ready(by=doctor, now=now, time_zone=zone)
    actions.book(
        form, visit_type=factories.VisitTypeFactory(mode="phone"), clinician=doctor,
        starts_at=at(wall, zone), zone=zone, idempotency_key="k", by=form.owner, now=now,
    )  # fmt: skip
    rows = dict(Message.objects.values_list("event", "wall_time"))
    assert rows["reminder_72h"] == at(three_days, zone)
    assert rows["reminder_24h"] == at(one_day, zone)


@pytest.mark.parametrize("mode", ["video", "person"])
def test_who_changes_zone_after_booking_reads_the_same_everywhere(mode: str) -> None:
    """The time stays on the clock on which it was chosen, on the page, in the letter, in the file,
    until it is moved; then it is on the new one."""
    doctor = factories.opened(factories.clinician())
    form = factories.ready(by=doctor)
    kind = factories.VisitTypeFactory(mode=mode)
    visit = actions.book(
        form, visit_type=kind, clinician=doctor, starts_at=at("2026-11-24T10:00"),
        zone="America/Tijuana", idempotency_key="k", by=form.owner, now=NOW,
    )  # fmt: skip
    form.refresh_from_db()
    form.contact = form.contact | {"time_zone": "Europe/Berlin"}
    form.save()
    chosen = "Tuesday 24 November 2026, 10:00, Tijuana time"
    assert told_everywhere(visit, form.owner) == (
        *(chosen, "", "America/Tijuana", "20261124T100000"),
    )
    moved = actions.move(
        visit, clinician=doctor, starts_at=at("2026-11-25T10:00"), zone="Europe/Berlin",
        by=form.owner, now=NOW,
    )  # fmt: skip
    clinics = "Wednesday 25 November 2026, 10:00, Tijuana time"
    theirs = "Wednesday 25 November 2026, 19:00, Berlin time"
    if mode == "person":
        expected = (clinics, theirs, "America/Tijuana", "20261125T100000")
    else:
        expected = (theirs, clinics, "Europe/Berlin", "20261125T190000")
    assert told_everywhere(moved, form.owner) == expected


def told_everywhere(visit: Appointment, owner: Any) -> tuple[str, str, str, str]:
    """What page, letter and calendar file say of a visit, which has to be one thing."""
    client = Client()
    client.force_login(owner)
    page = client.get(f"/consult/appointments/{visit.code}/").text
    about_it = {"booking_confirmed", "booking_changed"}
    letters = Message.objects.filter(intake=visit.intake, event__in=about_it)
    letter = str(make(letters.order_by("created_at", "pk").exclude(status="cancelled").get()).body)
    event = vobject.readOne(calendar_of(visit).decode()).vevent.dtstart
    zone = event.params["X-VOBJ-ORIGINAL-TZID"][0]
    when = clock.in_words(visit.starts_at, clock.zone_or(zone, "UTC"))
    other_zone = visit.zone if zone == "America/Tijuana" else "America/Tijuana"
    other = clock.in_words(visit.starts_at, clock.zone_or(other_zone, "UTC"))
    other = "" if other == when else other
    assert (when in page, other in page) == (True, True)
    assert (when in letter, other in letter) == (True, True)
    return when, other, zone, f"{event.value:%Y%m%dT%H%M%S}"


def test_hours_stay_where_the_clinician_is(time_machine: Any) -> None:
    """Nine o’clock in Cancún is nine there all year, and another hour in Tijuana."""
    time_machine.move_to(OCTOBER, tick=False)
    doctor = factories.opened(factories.clinician(), ("09:00", "09:15"), zone="America/Cancun")
    quarter = factories.VisitTypeFactory(length_minutes=15, after_minutes=0, notice_hours=0)
    form = factories.ready(by=doctor, now=OCTOBER)
    assert {one.zone for one in WeeklyHours.objects.all()} == {"America/Cancun"}
    found = Asked(quarter, form).free(utc("2026-10-30T00:00"), utc("2026-11-03T00:00"), now=OCTOBER)
    assert found == [utc("2026-10-30T14:00"), utc("2026-11-02T14:00")]
    tijuana = clock.zone_or("America/Tijuana", "UTC")
    assert [clock.time_in_words(one, tijuana) for one in found] == ["07:00", "06:00"]
