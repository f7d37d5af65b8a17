"""What a person would receive, and when. Whole lists are compared."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consult.rules import simulation
from consult.rules.simulation import Visit, Wishes, foresee

TIJUANA, BERLIN = ZoneInfo("America/Tijuana"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 17, 18, 0, tzinfo=UTC)  # a Tuesday, ten in the morning in Tijuana
CHECKINS = frozenset(f"checkin_day_{day}" for day in (1, 3, 7, 30, 90, 180, 365))


def visit(text, *, zone=TIJUANA, mode="person", is_treatment=False):
    starts_at = datetime.fromisoformat(text).replace(tzinfo=zone)
    return Visit(starts_at, starts_at + timedelta(minutes=45), zone, mode, is_treatment)


def told(found, zone=TIJUANA):
    """Each letter as its name, when it comes by the person's clock, and why it does not."""
    return [(one.event, f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}", one.not_sent) for one in found]


def test_a_visit_in_person():
    found = foresee(Wishes(TIJUANA), now=NOW, talk=visit("2026-11-27T10:30"))
    assert told(found) == [
        ("booking_confirmed", "2026-11-17 10:00", ""),
        ("reminder_72h", "2026-11-24 10:30", ""),
        ("reminder_24h", "2026-11-26 10:30", ""),
        ("after_consultation", "2026-11-27 14:15", ""),
        ("time_to_decide", "2026-12-04 11:15", ""),
    ]
    assert [one.why for one in found] == [
        "at once, when it is booked",
        "3 days before the visit",
        "1 day before the visit",
        simulation.WHEN_WRITTEN,
        "7 days after the talk, if nothing is decided",
    ]


def test_a_video_visit_far_away_keeps_the_persons_night():
    talk = visit("2026-11-27T07:00", zone=BERLIN, mode="video")
    found = foresee(Wishes(BERLIN), now=NOW, talk=talk)
    assert told(found, BERLIN) == [
        ("booking_confirmed", "2026-11-17 19:00", ""),
        ("reminder_72h", "2026-11-24 08:00", ""),
        ("reminder_24h", "2026-11-26 08:00", ""),
        ("reminder_2h", "2026-11-27 08:00", simulation.PAST),
        ("after_consultation", "2026-11-27 10:45", ""),
        ("time_to_decide", "2026-12-04 08:00", ""),
    ]
    assert found[1].why == "3 days before the visit; it waits until the morning"


def test_a_late_visit_is_reminded_of_in_the_evening_before_its_night():
    found = foresee(Wishes(TIJUANA), now=NOW, talk=visit("2026-11-27T22:30"))
    assert told(found)[1:3] == [
        ("reminder_72h", "2026-11-24 20:00", ""),
        ("reminder_24h", "2026-11-26 20:00", ""),
    ]


def test_what_is_over_already_is_said():
    found = foresee(Wishes(TIJUANA), now=NOW, talk=visit("2026-11-18T09:00"))
    assert told(found)[:3] == [
        ("reminder_72h", "2026-11-15 09:00", simulation.PAST),
        ("reminder_24h", "2026-11-17 09:00", simulation.PAST),
        ("booking_confirmed", "2026-11-17 10:00", ""),
    ]


def test_a_treatment():
    found = foresee(
        Wishes(TIJUANA), now=NOW, treatment=visit("2026-12-01T10:00", is_treatment=True)
    )
    assert told(found) == [
        ("booking_confirmed", "2026-11-17 10:00", ""),
        ("recheck_72h", "2026-11-28 10:00", ""),
        ("reminder_72h", "2026-11-28 10:00", ""),
        ("recheck_24h", "2026-11-30 10:00", ""),
        ("reminder_24h", "2026-11-30 10:00", ""),
        ("checkin_day_1", "2026-12-02 09:00", ""),
        ("checkin_reminder", "2026-12-03 09:00", ""),
        ("checkin_day_3", "2026-12-04 09:00", ""),
        ("checkin_reminder", "2026-12-05 09:00", ""),
        ("checkin_day_7", "2026-12-08 09:00", ""),
        ("checkin_reminder", "2026-12-09 09:00", ""),
        ("checkin_day_30", "2026-12-31 09:00", ""),
        ("checkin_reminder", "2027-01-03 09:00", ""),
        ("checkin_day_90", "2027-03-01 09:00", ""),
        ("checkin_reminder", "2027-03-04 09:00", ""),
        # the clocks have changed meanwhile; nine in the morning stays
        ("checkin_day_180", "2027-05-30 09:00", ""),
        ("checkin_reminder", "2027-06-02 09:00", ""),
        ("checkin_day_365", "2027-12-01 09:00", ""),
        ("checkin_reminder", "2027-12-04 09:00", ""),
    ]


def test_whoever_did_not_agree_to_e_mail_gets_what_the_service_needs_and_is_phoned():
    wishes = Wishes(TIJUANA, agrees=False)
    found = foresee(
        wishes,
        now=NOW,
        talk=visit("2026-11-27T10:30"),
        treatment=visit("2026-12-01T10:00", is_treatment=True),
    )
    not_sent = {one.event: one.not_sent for one in found}
    phoned = simulation.NOT_AGREED + simulation.PHONED
    assert not_sent == {
        "booking_confirmed": "",
        "after_consultation": "",
        "recheck_72h": "",
        "recheck_24h": "",
        "reminder_72h": simulation.NOT_AGREED,
        "reminder_24h": simulation.NOT_AGREED,
        "checkin_reminder": simulation.NOT_AGREED,
        **dict.fromkeys(CHECKINS, phoned),
    }


@pytest.mark.parametrize(
    ("wishes", "reminder", "confirmed"),
    [
        ({"has_address": False}, simulation.NO_ADDRESS, simulation.NO_ADDRESS),
        ({"stopped": True}, simulation.STOPPED, simulation.STOPPED),
        ({"stopped_care": True}, simulation.STOPPED, ""),
        ({"off": frozenset({"reminder_24h"})}, simulation.SWITCHED_OFF, ""),
        ({"paused_until": NOW + timedelta(days=30)}, "", ""),
    ],
)
def test_what_speaks_against_a_letter_is_said(wishes, reminder, confirmed):
    found = foresee(Wishes(TIJUANA, **wishes), now=NOW, talk=visit("2026-11-27T10:30"))
    said = {one.event: one.not_sent for one in found}
    assert (said["reminder_24h"], said["booking_confirmed"]) == (reminder, confirmed)


def test_a_pause_ends():
    wishes = Wishes(TIJUANA, pausing=CHECKINS, paused_until=datetime(2026, 12, 5, tzinfo=UTC))
    treatment = visit("2026-12-01T10:00", is_treatment=True)
    found = foresee(wishes, now=NOW, treatment=treatment)
    paused = [one.event for one in found if one.not_sent]
    assert paused == ["checkin_day_1", "checkin_day_3"]


def test_without_quiet_hours_nothing_waits():
    talk = visit("2026-11-27T07:00", zone=BERLIN)
    found = foresee(Wishes(BERLIN, quiet_hours=False), now=NOW, talk=talk)
    assert told(found, BERLIN)[1] == ("reminder_72h", "2026-11-24 07:00", "")


def test_nothing_asked_nothing_foreseen():
    assert foresee(Wishes(TIJUANA), now=NOW) == []
