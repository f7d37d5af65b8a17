"""Prepares W4, W5a and W5b in the portal: clinicians, visits, and people who want to book.

`python -m bench.booking` prints what to ask for and what it costs in queries, as JSON; `booked`
fills the month that W4 asks for; `people` adds 100,000 people; `count` prints what is stored.
"""

import json
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.test import Client
from django.utils import timezone

from bench.inside import browser, queries

# isort: split
# The models need Django, which bench.inside has set up.
from bench import people
from bench.follow import TOKEN, Form, Page
from consult.fields import blind_index
from consult.models import Appointment, Cell, Hold, Intake, User, VisitType
from consult.rules.openings import covered

VISITS, BOOKED, CLINICIANS, A_DAY = 5000, 480, 20, 24
RACES, RACERS = 20, 50
DISTINCT = 1700  # people who book a time each
MORE_PEOPLE = 100_000
STARTS = [9, 10, 11, 12, 14, 15, 16, 17]  # of a visit that takes an hour with its room
RACED = "Raced for"
FILLED = "filled-"
BOOK = "/consult/book/"


def main() -> None:
    now, command = timezone.now(), "".join(sys.argv[1:])
    if command == "booked":
        fill(days_from(first_of_the_month(now)), BOOKED, now)
        json.dump(month_queries(now), sys.stdout)
    elif command == "people":
        people.store(MORE_PEOPLE, now=now)
    elif command == "count":
        json.dump(counted(), sys.stdout)
    else:
        json.dump(prepared(now), sys.stdout)


def prepared(now: datetime) -> dict[str, Any]:
    *clinicians, raced = people.clinicians(CLINICIANS + 1)
    talk = kind("First talk", 45, 15, clinicians)
    long, short = kind(RACED, 60, 0, [raced]), kind(f"{RACED}, shorter", 30, 0, [raced])
    racing = RACES * RACERS
    intakes = people.ready(1 + racing + DISTINCT, now=now)
    asks, *jars = people.sign_in([one.owner for one in intakes if one.owner])
    fill(days_from(now - timedelta(days=400)), VISITS, now)
    form, path = confirmation(jars.pop(), talk, next(times(now)))
    return {
        "path": month_path(now),
        "first": f"{first_of_the_month(now):%Y-%m-%d}",
        "cookies": asks,
        "queries": month_queries(now),
        "book_path": path,
        "races": races(jars[:racing], long, short, form, now),
        "books": [
            {"cookies": jar, "body": filled(form, talk, starts_at, clinician)}
            for jar, (starts_at, clinician) in zip(
                jars[racing:], places(clinicians, now), strict=False
            )
        ],
    }


def kind(name: str, length: int, after: int, clinicians: list[User]) -> VisitType:
    made = VisitType.objects.create(
        name=name,
        mode=VisitType.Mode.VIDEO,
        length_minutes=length,
        after_minutes=after,
        horizon_days=120,
    )
    made.clinicians.set(clinicians)
    return made


# ------------------------------------------------------------------------------- days and places
def days_from(instant: datetime) -> Iterator[datetime]:
    """The midnights of the clinic's working days."""
    local = instant.astimezone(ZoneInfo(people.ZONE))
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        if day.weekday() < people.WORKING_DAYS:
            yield day
        day += timedelta(days=1)


def first_of_the_month(now: datetime) -> datetime:
    """Of one that lies wholly ahead, and behind all days on which W5 books."""
    local = now.astimezone(ZoneInfo(people.ZONE)) + timedelta(days=62)
    return local.replace(day=1)


def times(now: datetime) -> Iterator[datetime]:
    """When a visit of an hour can begin, from the fourth day on."""
    for day in days_from(now + timedelta(days=3)):
        for hour in STARTS:
            yield datetime.combine(day, time(hour), day.tzinfo).astimezone(UTC)


def places(clinicians: list[User], now: datetime) -> Iterator[tuple[datetime, User]]:
    return ((start, one) for start in times(now) for one in clinicians)


def fill(days: Iterator[datetime], count: int, now: datetime) -> None:
    """Visits as they stand after booking, with their cells; every day some with everybody."""
    visit_type = VisitType.objects.get(name="First talk")
    clinicians = list(visit_type.clinicians.order_by("pk"))
    [intake] = people.ready(1, now=now, name=f"visits{count}")
    rows = [
        Appointment(
            intake=intake,
            clinician=clinicians[n % CLINICIANS],
            visit_type=visit_type,
            starts_at=starts_at,
            ends_at=starts_at + visit_type.visit().length,
            zone=people.ZONE,
            idempotency_key=f"{FILLED}{uuid.uuid4().hex}",
            booked_at=now,
            changed_at=now,
        )
        for day in islice(days, count // A_DAY + 1)
        for n in range(A_DAY)
        for starts_at in [datetime.combine(day, time(STARTS[n % len(STARTS)]), day.tzinfo)]
    ][:count]
    Appointment.objects.bulk_create(rows, batch_size=2000)
    cells = (
        Cell(clinician_id=row.clinician_id, starts_at=cell, appointment=row)
        for row in rows
        for cell in covered(row.starts_at, visit_type.visit())
    )
    Cell.objects.bulk_create(cells, batch_size=5000)


# ------------------------------------------------------------------------------- what is asked for
def month_path(now: datetime) -> str:
    visit_type = VisitType.objects.get(name="First talk")
    return f"{BOOK}?type={visit_type.pk}&month={first_of_the_month(now):%Y-%m}"


def signed_in(cookies: str) -> Client:
    client = browser()
    name, _, value = cookies.partition("=")
    client.cookies[name] = value
    return client


def month_queries(now: datetime) -> int:
    """By somebody who has a form that is ready, and no appointment."""
    somebody = Intake.objects.get(contact_index=blind_index("email", "patient.0@example.org"))
    client = browser()
    client.force_login(somebody.owner)
    return queries(client, month_path(now))


def confirmation(cookies: str, visit_type: VisitType, starts_at: datetime) -> tuple[Form, str]:
    """The form that books, as its page shows it, and where it posts to."""
    client = signed_in(cookies)
    held = client.post(f"{BOOK}?type={visit_type.pk}", {"starts_at": instant(starts_at)})
    page = Page(client.get(held.headers["Location"]).content.decode())
    form = next(one for one in page.forms if "key" in one.boxes)
    Hold.objects.all().delete()
    return form, held.headers["Location"]


def filled(form: Form, visit_type: VisitType, starts_at: datetime, clinician: User) -> str:
    chosen = {
        "starts_at": instant(starts_at),
        "type": visit_type.pk,
        "clinician": clinician.pk,
        "key": uuid.uuid4(),
    }
    entered = dict(form.filled({})) | chosen
    return urlencode({name: value for name, value in entered.items() if name != TOKEN})


def instant(starts_at: datetime) -> str:
    return f"{starts_at:%Y-%m-%dT%H:%MZ}"


def races(
    jars: list[str], long: VisitType, short: VisitType, form: Form, now: datetime
) -> list[list[dict[str, str]]]:
    """In each race all want one time; in every second one half of them the end of it only."""
    raced = long.clinicians.get()
    return [
        [
            {"cookies": jar, "body": filled(form, *wanted[(n + number) % 2], raced)}
            for n, jar in enumerate(jars[number * RACERS :][:RACERS])
        ]
        for number, starts_at in zip(range(RACES), times(now), strict=False)
        for late in [(short, starts_at + timedelta(minutes=30))]
        for wanted in [((long, starts_at), late if number % 2 else (long, starts_at))]
    ]


def counted() -> dict[str, int]:
    """Visits that were booked in races and otherwise; those that `fill` made are not counted."""
    booked = Appointment.objects.exclude(idempotency_key__startswith=FILLED)
    raced = booked.filter(visit_type__name__startswith=RACED).count()
    return {"races": raced, "books": booked.count() - raced}


if __name__ == "__main__":
    main()
