"""People who all want one time, for the race over HTTP, and what the race has left.

Run with the environment of the portal that is raced for: `python -m tests.booking.contenders 50
200` makes 50 races of 200 people and prints what each of them posts; `left` prints what there is
then.
"""

import json
import sys
from collections import Counter
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.utils import timezone

import bench.inside  # noqa: F401 - sets Django up

# isort: split
# The models need Django.
from bench import people
from bench.booking import confirmation, filled, kind, times
from consult.models import Appointment, Cell, Hold, Message, VisitType
from consult.rules.openings import covered

# One length and one start; then visits that all need the last quarter of that hour.
ALIKE = [("First talk", 0)]
OVERLAPPING = [("Long", 0), ("Short", 30), ("First talk", 15), ("With room", 45), ("Long", 30)]


def main() -> None:
    if sys.argv[1] == "left":
        json.dump(left(), sys.stdout)
    else:
        json.dump(prepared(int(sys.argv[1]), int(sys.argv[2]), timezone.now()), sys.stdout)


def prepared(races: int, racers: int, now: datetime) -> dict[str, Any]:
    [doctor] = people.clinicians(1)
    kinds = {
        name: kind(name, length, after, [doctor])
        for name, length, after in [
            ("First talk", 45, 15),
            ("Long", 60, 0),
            ("Short", 30, 0),
            ("With room", 15, 0),
        ]
    }
    VisitType.objects.filter(name="With room").update(before_minutes=15)
    intakes = people.ready(races * racers + 1, now=now)
    *jars, twice = people.sign_in([one.owner for one in intakes if one.owner])
    days = list(islice(first_of_each_day(now), races + 1))
    form, path = confirmation(twice, kinds["First talk"], days[-1])
    Hold.objects.all().delete()

    def post(jar: str, name: str, starts_at: datetime) -> dict[str, str]:
        return {"cookies": jar, "body": filled(form, kinds[name], starts_at, doctor)}

    return {
        "path": path,
        "races": [
            [
                post(jar, name, day + timedelta(minutes=later))
                for n, jar in enumerate(jars[number * racers :][:racers])
                for name, later in [wants(number, n)]
            ]
            for number, day in enumerate(days[:-1])
        ],
        "twice": post(twice, "First talk", days[-1]),
    }


def wants(race: int, person: int) -> tuple[str, int]:
    kinds = OVERLAPPING if race % 2 else ALIKE
    return kinds[person % len(kinds)]


def first_of_each_day(now: datetime) -> Any:
    seen = set()
    for starts_at in times(now):
        if starts_at.date() not in seen:
            seen.add(starts_at.date())
            yield starts_at


def left() -> dict[str, Any]:
    """How many visits stand on each day and how many letters went to each person who has one, and
    whether the cells are those of the visits."""
    visits = list(Appointment.objects.select_related("visit_type"))
    letters = Counter(Message.objects.filter(event="booking_confirmed").values_list("intake_id"))
    expected = [
        (one.clinician_id, cell)
        for one in visits
        for cell in covered(one.starts_at, one.visit_type.visit())
    ]
    kept = Cell.objects.values_list("clinician_id", "starts_at")
    return {
        "visits": list(Counter(one.starts_at.date() for one in visits).values()),
        "letters": list(letters.values()),
        "letters_fit": {key for (key,) in letters} == {one.intake_id for one in visits},
        "cells_fit": sorted(kept) == sorted(expected),
    }


if __name__ == "__main__":
    main()
