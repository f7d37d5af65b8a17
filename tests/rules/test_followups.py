from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from consult.rules.followups import (
    at_wall_time,
    days_later,
    delay,
    event,
    late_after,
    out_of_quiet_hours,
)
from consult.rules.published import load_checkins, load_followups

TIJUANA = ZoneInfo("America/Tijuana")
BERLIN = ZoneInfo("Europe/Berlin")
NAIVE = datetime(2026, 11, 15, 12)  # noqa: DTZ001, the very thing that is refused


def local(day, clock, zone=TIJUANA):
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), zone)


def test_plan_has_the_published_events():
    assert len(load_followups("0.1.0").events) == 29
    reminder = event("reminder_72h")
    assert (reminder.channel, reminder.offset, reminder.needs, reminder.staff_if_no_email) == (
        "email",
        "-72h",
        "email_consent",
        False,
    )
    assert reminder.subject == "Your appointment in 3 days"
    with pytest.raises(KeyError):
        event("birthday_greeting")


@pytest.mark.parametrize(
    ("at", "sent"),
    [
        ("2026-11-15 08:00", "2026-11-15 08:00"),
        ("2026-11-15 20:59", "2026-11-15 20:59"),
        ("2026-11-15 21:00", "2026-11-16 08:00"),
        ("2026-11-15 23:30", "2026-11-16 08:00"),
        ("2026-11-16 00:00", "2026-11-16 08:00"),
        ("2026-11-16 07:59", "2026-11-16 08:00"),
        ("2026-10-31 23:00", "2026-11-01 08:00"),  # the clocks go back in that night
        ("2026-03-07 23:00", "2026-03-08 08:00"),  # and forward in this one
    ],
)
def test_letter_waits_for_the_end_of_quiet_hours(at, sent):
    found = out_of_quiet_hours(local(*at.split()).astimezone(UTC), TIJUANA, event("reminder_24h"))
    assert (found, found.tzinfo) == (local(*sent.split()), UTC)


@pytest.mark.parametrize("id", ["booking_confirmed", "booking_changed", "checkin_alert"])
def test_what_somebody_waits_for_goes_at_once(id):
    at = local("2026-11-15", "23:30")
    assert out_of_quiet_hours(at, TIJUANA, event(id)) == at


def test_time_that_does_not_exist_moves_forward_by_the_gap():
    assert at_wall_time(date(2026, 3, 8), time(2, 30), TIJUANA) == local("2026-03-08", "03:30")


def test_time_that_comes_twice_is_the_first():
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert at_wall_time(date(2026, 10, 25), time(2, 30, fold=1), BERLIN) == first


def test_day_is_counted_on_the_calendar_not_in_hours():
    assert days_later(date(2026, 10, 31), 1, TIJUANA) == local("2026-11-01", "09:00")
    assert days_later(date(2026, 11, 1), -1, TIJUANA) == local("2026-10-31", "09:00")


@pytest.mark.parametrize("id", ["reminder_24h", "booking_confirmed", "checkin_reminder"])
def test_message_is_dropped_when_it_is_twelve_hours_late(id):
    due_at = local("2026-11-15", "09:00")
    assert late_after(event(id), due_at) == local("2026-11-15", "21:00")


@pytest.mark.parametrize("id", ["checkin_day_30", "checkin_alert"])
def test_no_checkin_and_no_task_is_dropped(id):
    assert late_after(event(id), local("2026-11-15", "09:00")) is None


@pytest.mark.parametrize(
    ("id", "day", "after"),
    [
        ("intake_nudge_1", None, timedelta(hours=24)),
        ("reminder_2h", None, timedelta(hours=-2)),
        ("intake_nudge_3", None, timedelta(days=7)),
        ("message_waiting", None, timedelta(0)),
        ("checkin_day_90", None, timedelta(days=90)),
        ("checkin_reminder", 3, timedelta(hours=24)),
        ("checkin_reminder", 180, timedelta(hours=72)),
        ("checkin_no_answer", 3, timedelta(hours=24)),
        ("checkin_no_answer", 7, timedelta(hours=48)),
        ("checkin_no_answer", 365, timedelta(days=7)),
    ],
)
def test_offset_is_read_for_the_day_of_the_checkin(id, day, after):
    assert delay(event(id), day) == after


def test_every_event_has_a_delay_for_every_checkin():
    plan = load_checkins()
    for one in load_followups().events:
        for day in (*plan.days, *plan.yearly_days):
            assert isinstance(delay(one, day), timedelta)


def test_each_day_of_the_check_ins_has_its_event_and_a_subject_of_its_own():
    plan, events = load_checkins(), load_followups().by_id
    days = (*plan.days, *plan.yearly_days)
    own = [events[f"checkin_day_{day}"] for day in days]
    assert [(one.offset, one.is_checkin) for one in own] == [(f"day_{day}", True) for day in days]
    assert len({one.subject for one in own}) == len(own)


def test_a_new_version_says_what_is_other_than_before():
    assert load_followups("0.2.0").notes == ()
    notes = " ".join(load_followups("0.3.0").notes)
    for id in ("reminder_72h", "reminder_24h", "after_consultation", "checkin_no_answer"):
        assert f"{id}:" in notes
    assert "upload" not in event("reminder_72h").purpose


def test_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        out_of_quiet_hours(NAIVE, TIJUANA, event("reminder_24h"))
    with pytest.raises(ValueError, match="without a zone"):
        late_after(event("reminder_24h"), NAIVE)
