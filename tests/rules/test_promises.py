from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from consult.rules.promises import due_after, review_due
from consult.rules.rulesets import ReviewWithin

TIJUANA = ZoneInfo("America/Tijuana")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TIJUANA)


# 2026-11-20 is a Friday.
ONE_WORKING_HOUR = {
    "in the middle of a day": ("2026-11-18 10:30", "2026-11-18 11:30"),
    "before opening": ("2026-11-18 06:00", "2026-11-18 10:00"),
    "near closing": ("2026-11-18 16:30", "2026-11-19 09:30"),
    "at closing": ("2026-11-18 17:00", "2026-11-19 10:00"),
    "in the night": ("2026-11-18 23:59", "2026-11-19 10:00"),
    "on a Friday evening": ("2026-11-20 20:00", "2026-11-23 10:00"),
    "near closing on a Friday": ("2026-11-20 16:45", "2026-11-23 09:45"),
    "on a Sunday": ("2026-11-22 12:00", "2026-11-23 10:00"),
}


@pytest.mark.parametrize(("came", "due"), ONE_WORKING_HOUR.values(), ids=ONE_WORKING_HOUR)
def test_an_hour_runs_during_working_hours_only(came: str, due: str) -> None:
    assert review_due("urgent", submitted_at=at(came), zone=TIJUANA) == at(due)


DAYS = {
    "contraindicated_until_reviewed": "2026-11-20 17:00",
    "high": "2026-11-23 17:00",
    "moderate": "2026-11-26 17:00",
}


@pytest.mark.parametrize(("level", "due"), DAYS.items(), ids=DAYS)
def test_a_promise_in_days_ends_with_the_last_working_day(level: str, due: str) -> None:
    assert review_due(level, submitted_at=at("2026-11-19 11:00"), zone=TIJUANA) == at(due)


@pytest.mark.parametrize("level", ["info", "routine"])
def test_no_time_is_promised_where_forms_are_read_in_turn(level: str) -> None:
    assert review_due(level, submitted_at=at("2026-11-19 11:00"), zone=TIJUANA) is None


def test_a_published_version_can_be_asked_for_by_number() -> None:
    came = at("2026-11-18 10:30")
    due = review_due("urgent", submitted_at=came, zone=TIJUANA, ruleset="0.1.0")
    assert due == at("2026-11-18 11:30")


def test_more_hours_than_a_day_has_run_over_several_days() -> None:
    promise = ReviewWithin(18, "working_hours")
    assert due_after(promise, start=at("2026-11-19 15:00")) == at("2026-11-23 17:00")
