"""Letters that are meant for a time of day keep it, whatever becomes of the rules of a zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.followups import actions, desk, moving, retiming
from consult.followups.returning import bring_back
from consult.followups.times import times
from consult.models import AuditEvent, Message
from consult.rules.followups import at_wall_time, days_later
from tests.factories import NOW, clinician, draft, submitted
from tests.followups.rows import HOUR, letter

pytestmark = pytest.mark.django_db
TIJUANA, MEXICO, BERLIN = "America/Tijuana", "America/Mexico_City", "Europe/Berlin"
HALF_A_DAY = timedelta(hours=12)
# Nine in the morning of 5 April 2027 in Mexico City. Until 2022 the clocks went forward in April.
NINE = "2027-04-05T09:00:00"
AS_WAS_THOUGHT = datetime(2027, 4, 5, 14, tzinfo=UTC)
AS_IT_IS = datetime(2027, 4, 5, 15, tzinfo=UTC)


def meant_for_nine(**fields):
    """Written when the rules were the old ones."""
    old = {"wall_time": AS_WAS_THOUGHT, "not_before": AS_WAS_THOUGHT, "wall_clock": NINE}
    return letter(zone=MEXICO, intake=submitted(), **(old | fields))


def times_of(message):
    fields = ("wall_time", "not_before", "expires_at")
    return Message.objects.values_list(*fields).get(pk=message.pk)


# ---------------------------------------------------------------------------- what a row says
def test_a_letter_for_a_day_says_the_time_on_the_wall():
    at = days_later(NOW.date(), 180, ZoneInfo(BERLIN))
    intake = submitted(time_zone=BERLIN)
    row = actions.schedule("checkin_day_180", intake=intake, at=at, now=NOW)
    day = NOW.date() + timedelta(days=180)
    assert (row.wall_clock, row.zone, row.wall_time) == (f"{day}T09:00:00", BERLIN, at)


def test_a_letter_that_waits_for_the_morning_says_so():
    night = datetime(2026, 11, 17, 23, 30, tzinfo=ZoneInfo(TIJUANA))
    row = actions.schedule("booking_invite", intake=draft({}), now=night)
    assert row.wall_clock == "2026-11-18T08:00:00"


def test_a_letter_hours_before_a_visit_is_meant_for_an_instant():
    row = actions.schedule("recheck_24h", intake=draft({}), at=NOW + HOUR, now=NOW)
    assert (row.wall_clock, row.wall_time) == (None, NOW + HOUR)


def test_a_letter_for_now_is_meant_for_an_instant():
    rows = [
        actions.schedule("intake_received", intake=draft({}), now=NOW),
        actions.send_account_letter("sign_in_code", to="a@example.org", values={}, now=NOW),
    ]
    assert [(row.wall_clock, row.wall_time) for row in rows] == [(None, NOW)] * 2


def test_a_letter_that_staff_send_now_is_meant_for_an_instant():
    row = meant_for_nine()
    assert desk.send_now(message=row, by=clinician(), now=NOW)
    assert Message.objects.get(pk=row.pk).wall_clock is None
    assert retiming.retime(now=NOW) == 0


# ------------------------------------------------------------------------------------ new rules
def test_nine_in_the_morning_stays_nine_when_summer_time_is_dropped():
    row = meant_for_nine(expires_at=AS_WAS_THOUGHT + HALF_A_DAY)
    assert retiming.retime(now=NOW) == 1
    assert times_of(row) == (AS_IT_IS, AS_IT_IS, AS_IT_IS + HALF_A_DAY)
    assert retiming.retime(now=NOW) == 0
    told = AuditEvent.objects.get(did="moved letters")
    assert (told.by, told.details) == (None, {"letters": 1, "zones": [MEXICO]})


def test_a_held_letter_moves_and_a_failed_one_keeps_its_next_try():
    held = meant_for_nine(status="held")
    tried = meant_for_nine(status="failed", attempts=1, not_before=AS_WAS_THOUGHT + 3 * HOUR)
    assert retiming.retime(now=NOW) == 2
    assert times_of(held) == (AS_IT_IS, AS_IT_IS, None)
    assert times_of(tried) == (AS_IT_IS, AS_WAS_THOUGHT + 3 * HOUR, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"wall_clock": None},
        {"status": "sent"},
        {"status": "cancelled"},
        {"status": "claimed", "claim_token": "0" * 32, "lease_expires_at": NOW},
        {"expires_at": AS_IT_IS},  # an end of its own, as that of a reminder before a visit
    ],
    ids=["an exact instant", "sent", "stopped", "in a worker's hands", "too late then"],
)
def test_what_is_not_moved(fields):
    row = meant_for_nine(**fields)
    before = times_of(row)
    assert retiming.retime(now=NOW) == 0
    assert times_of(row) == before


def test_what_was_due_already_stays():
    row = meant_for_nine()
    assert retiming.retime(now=AS_WAS_THOUGHT + HOUR) == 0
    assert times_of(row)[0] == AS_WAS_THOUGHT


@pytest.mark.parametrize(
    ("wall_clock", "thought", "found"),
    [
        # a time that does not exist moves forward by the gap; of one that comes twice, the first
        ("2027-03-14T02:30:00", "2027-03-14T09:30", "2027-03-14T10:30"),
        ("2027-11-07T01:30:00", "2027-11-07T10:30", "2027-11-07T08:30"),
    ],
)
def test_the_days_on_which_clocks_change(wall_clock, thought, found):
    thought, found = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (thought, found))
    row = letter(wall_time=thought, not_before=thought, wall_clock=wall_clock, zone=TIJUANA)
    assert retiming.retime(now=NOW) == 1
    assert times_of(row) == (found, found, None)
    assert retiming.retime(now=NOW) == 0


def test_many_letters_for_one_morning_cost_as_much_as_one():
    meant_for_nine()
    with CaptureQueriesContext(connection) as one:
        assert retiming.retime(now=NOW) == 1
    for _ in range(30):
        letter(wall_time=AS_WAS_THOUGHT, not_before=AS_WAS_THOUGHT, wall_clock=NINE, zone=MEXICO)
    with CaptureQueriesContext(connection) as many:
        assert retiming.retime(now=NOW) == 30
    assert len(many) == len(one)


def test_where_nothing_has_changed_one_query_says_so(django_assert_num_queries):
    for days in range(10):
        at = at_wall_time(NOW.date() + timedelta(days=days + 1), datetime.min.time(), UTC)
        letter(**times(at, TIJUANA, by_wall=True))
    with django_assert_num_queries(1):
        assert retiming.retime(now=NOW) == 0


def test_the_command_says_how_many(capsys):
    meant_for_nine(wall_time=datetime(2099, 4, 5, 14, tzinfo=UTC))
    call_command("outbox", "retime")
    assert capsys.readouterr().out == "1 letters are moved.\n"


# --------------------------------------------------------------------- who moves, and who returns
def moved_to(zone, intake):
    before = dict(intake.contact)
    intake.contact = before | {"time_zone": zone}
    intake.save()
    moving.after_contact_changed(intake, before=before, now=NOW)


def test_nine_in_the_morning_is_nine_where_the_person_is_now():
    row = meant_for_nine(event="checkin_day_180")
    moved_to(BERLIN, row.intake)
    row.refresh_from_db()
    nine = datetime(2027, 4, 5, 9, tzinfo=ZoneInfo(BERLIN))
    assert (row.zone, row.wall_clock, row.wall_time) == (BERLIN, NINE, nine)


def test_whoever_moves_takes_no_wall_of_another_zone_along():
    """What is no letter for a day stays the same instant, which is in the day there."""
    row = meant_for_nine()
    moved_to(BERLIN, row.intake)
    row.refresh_from_db()
    assert (row.zone, row.wall_clock, row.wall_time) == (BERLIN, None, AS_WAS_THOUGHT)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "failed", "attempts": 1},
        {"event": "time_to_decide", "expires_at": datetime(2027, 4, 5, 6, tzinfo=UTC)},
    ],
    ids=["between two tries", "too late where they are now"],
)
def test_what_cannot_follow_its_person_keeps_its_instant_and_no_wall(fields):
    row = meant_for_nine(**fields)
    moved_to(BERLIN, row.intake)
    row.refresh_from_db()
    assert (row.zone, row.wall_clock, row.wall_time) == (BERLIN, None, AS_WAS_THOUGHT)


def test_what_comes_back_comes_by_the_rules_of_today():
    row = meant_for_nine(status="cancelled", last_error="suppressed")
    assert bring_back(Message.objects.filter(pk=row.pk), now=NOW) == 1
    again = Message.objects.get(idem_key=f"{row.idem_key}~2")
    assert (again.wall_clock, again.wall_time, again.not_before) == (NINE, AS_IT_IS, AS_IT_IS)
