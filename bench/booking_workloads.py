"""Booking, W4 and W5: the free times of a month, many who want one time, everybody their own."""

from dataclasses import dataclass
from itertools import product
from statistics import median, quantiles
from typing import Any

from bench.shots import WARM_UP, Row, Target, get, play, post
from bench.workloads import Run, short_of

TOKEN = "t" * 32  # the same in the cookie and in the form: what the server compares
CLINICIANS, HOURS, DAYS, MONTHS = range(20), range(9, 17), range(1, 29), range(1, 3)


def free_times(run: Run) -> list[Row]:
    """W4: the free times of a month, with nothing in it and then with 480 visits."""
    made = run.booking()
    month = get(made["path"], f"Cookie: {made['cookies']}\r\n")
    floor = get(f"/floor/times/{made['first']}/")
    rows = []
    for booked in ("none", "480"):
        counted = made["queries"] if booked == "none" else run.script("bench.booking", "booked")
        name = f"W4 month, {booked} booked"
        targets = [
            Target("W4 floor: one query", run.bare, [[floor]], 250, "1"),
            Target(name, run.portal, [[month]], 100, str(counted), 0.22, 5),
        ]
        rows += run.measured(run.bare_view(), targets)
    return rows


def distinct_times(run: Run) -> list[Row]:
    """W5b: everybody books a time of their own; then the same with 100,000 people stored."""
    made, rows = run.booking(), []
    books = [[booking(made["book_path"], one, 302)] for one in made["books"]]
    floors = floor_bookings()
    count = len(books) // 2 // run.rounds - WARM_UP
    for stored in ("", ", 100,000 people"):
        if stored:
            run.script("bench.booking", "people")
            run.script("bench.bare", "people")
        floor = Target(f"W5b floor: one insert{stored}", run.bare, floors, count, "4", once=True)
        name = f"W5b own times{stored}"
        portal = Target(name, run.portal, books, count, "", 0.4, 3, once=True)
        rows += run.measured(floor, [portal])
        floors, books = floor.journeys, portal.journeys
    kept = run.script("bench.booking", "count")["books"]
    return short_of(rows, kept, 2 * (WARM_UP + run.rounds * count))


def booking(path: str, one: dict[str, str], *expect: int) -> dict[str, Any]:
    body = f"csrfmiddlewaretoken={TOKEN}&{one['body']}"
    return post(path, body, f"Cookie: csrf={TOKEN}; {one['cookies']}\r\n", *expect)


def floor_booking(wanted: str, person: int, *expect: int) -> list[dict[str, Any]]:
    return [post("/floor/book/", wanted, f"Cookie: person=person{person}\r\n", *expect)]


def floor_bookings() -> list[list[dict[str, Any]]]:
    """As many as there are places for."""
    places = product(MONTHS, DAYS, HOURS, CLINICIANS)
    return [
        floor_booking(f"clinician={who}&starts_at=2031-{month:02}-{day:02}T{hour:02}:00Z", n % 3000)
        for n, (month, day, hour, who) in enumerate(places)
    ]


# ----------------------------------------------------------------------------------------- W5a
@dataclass
class Races:
    """The answers of each race: {"seconds", "errors", "latencies", "statuses"}."""

    floor: list[dict[str, Any]]
    portal: list[dict[str, Any]]


def one_time(run: Run) -> list[Row]:
    """W5a: many people want one time at once; how long all wait, and who won."""
    made, races = run.booking(), Races([], [])
    for number, race in enumerate(made["races"]):
        wanted = f"clinician=1&starts_at=2030-01-{number + 1:02}T10:00Z"
        floor = [floor_booking(wanted, n, 302, 409) for n in range(len(race))]
        raced = [[booking(made["book_path"], one, 302, 409)] for one in race]
        for [request] in raced:
            request["says"] = {"409": 'name="starts_at"'}  # the next times
        races.floor.append(play(run.bare, floor, len(race), len(race)))
        races.portal.append(play(run.portal, raced, len(race), len(race)))
    people = len(made["races"][0])
    rows = [
        race_row(f"W5a floor: {people} people, one time", races.floor, races.floor),
        race_row(f"W5a {people} people, one time", races.portal, races.floor),
    ]
    return short_of(rows, run.script("bench.booking", "count")["races"], len(made["races"]))


def race_row(name: str, races: list[dict[str, Any]], floor: list[dict[str, Any]]) -> Row:
    """Every race must have one winner. The ratio is of the time until all are answered."""
    latencies = [one for race in races for one in race["latencies"]]
    errors = sum(race["errors"] + (race["statuses"].get("302") != 1) for race in races)
    slower = median(
        one["seconds"] / least["seconds"] for one, least in zip(races, floor, strict=True)
    )
    return {
        "workload": name,
        "reference": "W5a floor",
        "ratio": round(1 / slower, 3),
        "goal": None if races is floor else 0.25,
        "cpu": 0.0,
        "most_cpu": None,
        "p50_ms": round(median(latencies), 2),
        "p95_ms": round(quantiles(latencies, n=20)[-1], 2),
        "errors": errors,
        "queries": "",
        "met": slower <= 4 and not errors,
    }
