"""Made-up people and where they go, stored some hundreds at a time."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import Max

from consult.fields import blind_index
from consult.management.bulk import write
from consult.management.synthetic_rows import Clinic, Person, address
from consult.models import Cell, Role, User, VisitType

TOGETHER = 500  # people in one transaction; no more of them are in memory at once
CLINICIANS = 8  # made where there are none
HORIZON = 60  # days ahead that may be full of visits
STARTS = range(9, 17)


def synthesize(count: int, *, seed: int, decided: float, now: datetime) -> Iterator[int]:
    """Store the seed's first `count` people; yields how many are there by now.

    Whoever is there already stays as they are, so what was interrupted can be gone on with.
    `decided` is the share of forms older than three days that somebody has decided about.
    """
    place = clinic(decided=decided, now=now)
    for first in range(0, count, TOGETHER):
        last = min(first + TOGETHER, count)
        people = (Person(seed, number, place) for number in new(seed, range(first, last)))
        write(row for one in people for row in one.everything())
        yield last


def new(seed: int, numbers: range) -> list[int]:
    """Those of the numbers whose people are not there yet."""
    indexes = {blind_index("email", address(seed, one)): one for one in numbers}
    known = User.objects.filter(email_index__in=indexes).values_list("email_index", flat=True)
    return sorted(set(indexes.values()) - {indexes[bytes(one)] for one in known})


def clinic(*, decided: float, now: datetime) -> Clinic:
    group, _ = Group.objects.get_or_create(name=Role.CLINICIAN.value)
    people = [
        one for one in User.objects.filter(groups__isnull=False).distinct() if one.is_clinical
    ]
    if not people:
        people = User.objects.bulk_create(
            User(email=f"s-clinician{n}@synthetic.example", full_name=f"Dr Synthetic {n}")
            for n in range(CLINICIANS)
        )
        group.user_set.add(*people)
    people = sorted(people, key=str)
    kind = VisitType.objects.filter(purpose=VisitType.Purpose.CONSULTATION).first()
    kind = kind or VisitType.objects.create(name="First talk", mode="video", length_minutes=30)
    return Clinic(people, kind, now, free_times(people, now), decided)


def free_times(people: list[User], now: datetime) -> Iterator[tuple[User, datetime]]:
    """Whole hours of working days, after every time that is taken already."""
    zone, taken = (
        ZoneInfo(settings.TIME_ZONE),
        Cell.objects.aggregate(last=Max("starts_at"))["last"],
    )
    today = now.astimezone(zone).date()
    for ahead in range(1, HORIZON + 1):
        day = today + timedelta(days=ahead)
        for hour in STARTS if day.weekday() < 5 else ():
            at = datetime.combine(day, time(hour), zone)
            yield from ((one, at) for one in people if taken is None or at > taken)
