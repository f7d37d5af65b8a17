"""Which reminders stand in the outbox after which change, and when they are due."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from consult.booking import actions
from consult.models import Appointment, Message
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db


def booked(intake: Any, talk: Any, starts_at: datetime, zone: str = "America/Tijuana") -> Any:
    return actions.book(
        intake,
        visit_type=talk,
        clinician=None,
        starts_at=starts_at,
        zone=zone,
        idempotency_key="k",
        by=intake.owner,
        now=NOW,
    )


def due(zone: str = "America/Tijuana") -> dict[str, str]:
    rows = Message.objects.filter(event__startswith="reminder_", status="scheduled")
    return {one.event: f"{one.not_before.astimezone(ZoneInfo(zone)):%d %H:%M}" for one in rows}


def test_a_visit_has_its_reminders(ana: Any, talk: Any) -> None:
    booked(ana, talk, at("2026-11-24T11:00"))
    assert due() == {
        "reminder_72h": "21 11:00",
        "reminder_24h": "23 11:00",
        "reminder_2h": "24 09:00",
    }


def test_only_video_visits_are_reminded_two_hours_before(ana: Any) -> None:
    phone = factories.VisitTypeFactory(mode="phone")
    booked(ana, phone, at("2026-11-24T11:00"))
    assert sorted(due()) == ["reminder_24h", "reminder_72h"]


def test_a_reminder_that_is_past_is_not_written(ana: Any, talk: Any) -> None:
    booked(ana, talk, at("2026-11-19T11:00"))
    assert sorted(due()) == ["reminder_24h", "reminder_2h"]


def test_moving_plans_reminders_anew_and_cancelling_stops_them(ana: Any, talk: Any) -> None:
    made = booked(ana, talk, at("2026-11-24T11:00"))
    moved = actions.move(
        made, clinician=None, starts_at=at("2026-11-25T15:00"), by=ana.owner, now=NOW
    )
    assert due() == {
        "reminder_72h": "22 15:00",
        "reminder_24h": "24 15:00",
        "reminder_2h": "25 13:00",
    }
    actions.cancel(moved, by=ana.owner, now=NOW)
    assert due() == {}


def test_a_reminder_named_after_the_day_never_waits_into_the_next(doctor: Any, talk: Any) -> None:
    """A quarter past nine in the evening in Berlin: the night would put it off to the day."""
    ben = factories.ready(email="ben@example.org", time_zone="Europe/Berlin")
    booked(ben, talk, at("2026-11-24T12:15"), zone="Europe/Berlin")
    assert due("Europe/Berlin") == {
        "reminder_72h": "21 20:00",
        "reminder_24h": "23 20:00",
        "reminder_2h": "24 19:15",
    }


def test_reminders_end_an_hour_before_the_visit(ana: Any, talk: Any) -> None:
    made = booked(ana, talk, at("2026-11-24T11:00"))
    ends = Message.objects.filter(event="reminder_2h").values_list("expires_at", flat=True)
    assert list(ends) == [at("2026-11-24T10:00")]
    assert Appointment.objects.get() == made


def test_offsets_in_hours_are_exact_when_the_clocks_change(ana: Any, talk: Any) -> None:
    """Summer time begins on 14 March 2027."""
    starts_at = at("2027-03-15T11:00")
    actions_now = at("2027-03-01T10:00")
    bea = factories.ready(now=actions_now, by=ana.decisions.get().by, email="bea@example.org")
    actions.book(
        bea,
        visit_type=talk,
        clinician=None,
        starts_at=starts_at,
        zone="America/Tijuana",
        idempotency_key="k",
        by=bea.owner,
        now=actions_now,
    )
    assert due()["reminder_72h"] == "12 10:00"
    assert due()["reminder_24h"] == "14 11:00"
