"""People who wait for a free time: told in order, few at once."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from consult import tasks
from consult.booking import actions, waitlist
from consult.booking.waitlist_look import look
from consult.models import (
    Appointment,
    AuditEvent,
    HoursChange,
    Intake,
    Message,
    WaitlistOffer,
)
from tests import factories
from tests.booking.waiting import HOUR, TEN, free_up, letters, others, outcomes, waiting
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]


def test_a_freed_time_is_offered_with_its_letter(
    ana: Any, talk: Any, doctor: Any, full: None
) -> None:
    waiting(ana, talk)
    assert look(now=NOW) == 0
    free_up(doctor)
    assert (look(now=NOW), look(now=NOW)) == (1, 0)
    offer = WaitlistOffer.objects.get()
    assert (offer.starts_at, offer.clinician, offer.expires_at) == (TEN, doctor, NOW + 4 * HOUR)
    letter = Message.objects.get(event="waitlist_offer")
    assert (letter.intake, letter.expires_at, letter.not_before) == (ana, NOW + 4 * HOUR, NOW)
    assert AuditEvent.objects.about(offer).get().did == "offered a freed time"


@pytest.mark.parametrize("way", ["cancelled", "moved away", "unblocked", "hours added"])
def test_a_time_counts_however_it_became_free(
    ana: Any, talk: Any, doctor: Any, full: None, way: str
) -> None:
    ben = factories.ready(by=doctor, email="ben@example.org")
    if way in {"cancelled", "moved away"}:
        free_up(doctor)
        visit = factories.appointment(ben, starts_at=TEN, visit_type=talk, clinician=doctor)
    waiting(ana, talk)
    assert look(now=NOW) == 0
    match way:
        case "cancelled":
            actions.cancel(visit, by=ben.owner, now=NOW)
        case "moved away":
            later = at("2026-12-01T10:00")
            actions.move(visit, clinician=None, starts_at=later, by=ben.owner, now=NOW)
        case "unblocked":
            free_up(doctor)
        case "hours added":
            HoursChange.objects.create(
                clinician=doctor, first_on="2026-11-24", last_on="2026-11-24", is_open=True,
                starts="19:00", ends="20:00", zone="America/Tijuana",
            )  # fmt: skip
    assert look(now=NOW) == 1
    assert WaitlistOffer.objects.get().entry.intake == ana


def test_three_are_told_and_the_next_when_one_says_no(talk: Any, doctor: Any, full: None) -> None:
    people = others(doctor, 5)
    for n, one in enumerate(people):
        waiting(one, talk, now=NOW + timedelta(minutes=n))
    free_up(doctor)
    assert look(now=NOW) == 3
    assert outcomes() == [(f"p{n}@example.org", "open") for n in range(3)]
    waitlist.decline(WaitlistOffer.objects.first(), by=people[0].owner, now=NOW)
    assert (look(now=NOW), look(now=NOW)) == (1, 0)
    assert Counter(one for _, one in outcomes()) == {"open": 3, "declined": 1}


def test_who_does_not_answer_makes_room_and_is_not_asked_again(
    talk: Any, doctor: Any, full: None
) -> None:
    people = others(doctor, 4)
    for n, one in enumerate(people):
        waiting(one, talk, now=NOW + timedelta(minutes=n))
    free_up(doctor)
    look(now=NOW)
    look(now=NOW + 4 * HOUR - timedelta(seconds=1))
    assert Counter(one for _, one in outcomes()) == {"open": 3}
    look(now=NOW + 4 * HOUR)
    assert outcomes() == [
        *((f"p{n}@example.org", "expired") for n in range(3)),
        ("p3@example.org", "open"),
    ]
    look(now=NOW + 8 * HOUR)
    assert Counter(one for _, one in outcomes()) == {"expired": 4}
    assert look(now=NOW + 24 * HOUR) == 0


def test_what_is_offered_at_night_waits_for_the_morning(
    ana: Any, talk: Any, doctor: Any, full: None
) -> None:
    night = at("2026-11-17T22:30")
    waiting(ana, talk)
    free_up(doctor)
    look(now=night)
    offer, letter = WaitlistOffer.objects.get(), Message.objects.get(event="waitlist_offer")
    assert offer.expires_at == at("2026-11-18T12:00")
    assert letter.not_before == at("2026-11-18T08:00")


def test_nothing_is_offered_inside_the_notice_or_of_other_days(
    ana: Any, talk: Any, doctor: Any, full: None
) -> None:
    waiting(ana, talk, first_on=date(2026, 11, 25), day_part="morning")
    free_up(doctor)  # the 24th
    free_up(doctor, at("2026-11-25T15:00"))  # an afternoon
    assert look(now=NOW) == 0
    free_up(doctor, at("2026-11-25T11:00"))
    assert look(now=at("2026-11-24T11:00")) == 0  # a day before it
    assert look(now=at("2026-11-24T10:00")) == 1


def test_only_what_is_earlier_is_news_to_who_has_an_appointment(
    ana: Any, talk: Any, doctor: Any, full: None
) -> None:
    starts_at = at("2026-12-01T10:00")
    visit = factories.appointment(ana, starts_at=starts_at, visit_type=talk, clinician=doctor)
    waiting(ana, talk, last_on=date(2026, 12, 4))
    assert look(now=NOW) == 1  # on the 30th
    earlier = WaitlistOffer.objects.get().starts_at
    assert earlier < starts_at
    WaitlistOffer.objects.all().delete()
    Appointment.objects.update(starts_at=TEN, ends_at=TEN + HOUR)
    assert look(now=NOW) == 0
    Appointment.objects.update(starts_at=starts_at, ends_at=starts_at + HOUR, status="requested")
    assert look(now=NOW) == 0  # staff have not confirmed it: it cannot be moved
    Appointment.objects.update(status="booked")
    assert look(now=visit.changeable_until()) == 0  # nor can it any more


@pytest.mark.parametrize("why", ["state", "days"])
def test_who_cannot_have_a_time_any_more_is_off_the_list(
    ana: Any, talk: Any, doctor: Any, full: None, why: str
) -> None:
    entry = waiting(ana, talk)
    free_up(doctor)
    look(now=NOW)
    if why == "state":
        Intake.objects.update(state="on_hold")
    later = NOW + timedelta(minutes=1) if why == "state" else at("2026-11-28T00:00")
    look(now=later)
    entry.refresh_from_db()
    assert entry.ended_at == later
    assert WaitlistOffer.objects.open(NOW).count() == 0
    assert letters() == {"cancelled": 1}


def test_a_look_costs_no_more_for_many(
    talk: Any, doctor: Any, full: None, django_assert_max_num_queries: Any
) -> None:
    for one in others(doctor, 6):
        waiting(one, talk)
    with django_assert_max_num_queries(13):
        look(now=NOW)


def test_the_task_looks(ana: Any, talk: Any, doctor: Any, full: None) -> None:
    waiting(ana, talk)
    free_up(doctor)
    tasks.offer_freed_times()
    assert WaitlistOffer.objects.count() == 1
