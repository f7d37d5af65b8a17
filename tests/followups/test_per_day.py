"""At most three letters a day that can be switched off, to one address."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.followups import desk, per_day
from consult.followups.actions import send_due
from consult.models import Intake, Message
from tests.factories import NOW, clinician, ready
from tests.followups.rows import HOUR, MINUTE, in_state, letter, now_standing, told

pytestmark = pytest.mark.django_db
ANA = "ana@example.org"
TIJUANA = ZoneInfo("America/Tijuana")
MORNING = datetime(2026, 11, 18, 9, tzinfo=TIJUANA)


@pytest.fixture
def form(mailoutbox: Any) -> Intake:
    intake = ready(email=ANA)
    Message.objects.all().delete()
    return intake


def care(form: Intake, **fields: Any) -> Message:
    """One that can be switched off, is due now and is as long of use as the plan says."""
    at = fields.get("wall_time", NOW)
    row = {"category": "care", "recipient": ANA, "intake": form, "expires_at": at + 12 * HOUR}
    return letter(**(row | fields))


def had(form: Intake, count: int, *, at: datetime = NOW - HOUR, **fields: Any) -> None:
    row = {"category": "care", "recipient": ANA, "intake": form, "sent_at": at}
    for _ in range(count):
        in_state("sent", **(row | fields))


def waits(message: Message) -> tuple[str, datetime, datetime | None]:
    message.refresh_from_db()
    return (message.last_error, message.not_before, message.expires_at)


def test_the_fourth_letter_of_a_day_waits_for_nine_in_the_morning(form: Intake) -> None:
    had(form, 2)
    third, fourth = care(form), care(form, wall_time=NOW + MINUTE)
    send_due(now=NOW + MINUTE)
    send_due(now=NOW + 2 * MINUTE)
    assert now_standing(third, fourth) == ["sent", "scheduled"]
    assert waits(fourth) == ("enough_today", MORNING, MORNING + 12 * HOUR)
    send_due(now=MORNING - MINUTE)
    assert now_standing(fourth) == ["scheduled"]
    send_due(now=MORNING)
    assert told(fourth) == ("sent", "")


def test_a_letter_on_its_way_counts_as_one_that_has_arrived(form: Intake) -> None:
    had(form, 1)
    for status in ("sending", "verify"):
        in_state(status, category="care", recipient=ANA, sent_at=None)
    fourth = care(form)
    send_due(now=NOW)
    assert waits(fourth)[0] == "enough_today"


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (datetime(2026, 11, 16, 23, 59, tzinfo=TIJUANA), "sent"),  # yesterday there
        (datetime(2026, 11, 17, 0, 1, tzinfo=TIJUANA), "scheduled"),
    ],
)
def test_the_day_is_that_of_the_persons_calendar(form: Intake, at: datetime, state: str) -> None:
    had(form, 3, at=at)
    fourth = care(form)
    send_due(now=NOW)
    assert now_standing(fourth) == [state]


def test_in_the_evening_it_is_still_the_same_day_there(form: Intake) -> None:
    evening = datetime(2026, 11, 17, 20, 30, tzinfo=TIJUANA)  # the 18th in UTC
    had(form, 3)
    fourth = care(form, wall_time=evening)
    send_due(now=evening)
    assert waits(fourth) == ("enough_today", MORNING, MORNING + 12 * HOUR)


def test_what_the_service_needs_is_neither_counted_nor_kept_waiting(form: Intake) -> None:
    had(form, 3, category="service")
    first = care(form)
    send_due(now=NOW)
    had(form, 3)
    needed = letter(intake=form, recipient=ANA, wall_time=NOW + MINUTE)
    code = letter(recipient=ANA)
    send_due(now=NOW + MINUTE)
    assert now_standing(first, needed, code) == ["sent"] * 3


def test_a_letter_that_waits_for_the_morning_holds_up_none_that_the_service_needs(
    form: Intake,
) -> None:
    had(form, 3)
    fourth = care(form)
    send_due(now=NOW)
    needed = letter(intake=form, recipient=ANA, wall_time=NOW + MINUTE)
    send_due(now=NOW + MINUTE)
    assert now_standing(fourth, needed) == ["scheduled", "sent"]


def test_letters_to_other_addresses_are_not_counted(form: Intake) -> None:
    had(form, 3, recipient="ben@example.org")
    message = care(form)
    send_due(now=NOW)
    assert now_standing(message) == ["sent"]


def test_letters_about_two_forms_to_one_address_are_counted_together(form: Intake) -> None:
    other = ready(email=ANA)
    Message.objects.all().delete()
    had(other, 3)
    message = care(form)
    send_due(now=NOW)
    assert now_standing(message) == ["scheduled"]


def test_what_would_be_worth_nothing_in_the_morning_goes_all_the_same(form: Intake) -> None:
    had(form, 3)
    ends = care(form, expires_at=MORNING)
    send_due(now=NOW)
    assert now_standing(ends) == ["sent"]


def test_what_never_comes_too_late_waits_and_still_never_does(form: Intake) -> None:
    had(form, 3)
    message = care(form, expires_at=None)
    send_due(now=NOW)
    assert waits(message) == ("enough_today", MORNING, None)


def test_what_staff_send_at_once_goes_at_once(form: Intake) -> None:
    had(form, 3)
    message = care(form)
    send_due(now=NOW)
    message.refresh_from_db()
    desk.send_now(message=message, by=clinician(), now=NOW + MINUTE)
    send_due(now=NOW + MINUTE)
    assert now_standing(message) == ["sent"]


def test_counting_costs_one_query_for_each_letter_that_can_be_switched_off(form: Intake) -> None:
    care(form, wall_time=NOW - MINUTE), letter(intake=form, recipient=ANA)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        send_due(now=NOW)
        send_due(now=NOW + MINUTE)
    counts = [one["sql"] for one in seen if "COUNT" in one["sql"] and '"sent_at" >=' in one["sql"]]
    assert len(counts) == 1


REMINDERS = ("reminder_72h", "reminder_24h", "reminder_2h", "waitlist_offer")


@pytest.mark.parametrize("event", REMINDERS)
def test_what_belongs_to_a_time_of_its_own_never_waits(form: Intake, event: str) -> None:
    had(form, 3)
    message = care(form, event=event)
    assert not per_day.put_off(message, now=NOW + timedelta(seconds=1))
