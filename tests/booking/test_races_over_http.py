"""The same race as in test_races.py, over real connections: gunicorn, PostgreSQL, 200 at once.

RACES=50 runs as many of them as the portal is judged by; the suite runs two. In every second one
the visits are of many lengths, and all of them need the same quarter of an hour.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pytest

from bench import servers
from bench.booking_workloads import booking
from bench.shots import play

pytestmark = pytest.mark.services
RACES, RACERS, DOUBLES = int(os.environ.get("RACES", "2")), 200, 20
SCRIPT = "tests.booking.contenders"


@dataclass
class Portal:
    server: servers.Server
    values: dict[str, str]
    made: dict[str, Any]

    def race(self, wanted: list[dict[str, str]]) -> dict[str, Any]:
        """All at once, each on a connection of its own. Who loses is shown the next times."""
        journeys = [[booking(self.made["path"], one, 302, 409)] for one in wanted]
        for [request] in journeys:
            request["says"] = {"409": 'name="starts_at"'}
        return play(self.server, journeys, len(journeys), len(journeys))

    def left(self) -> Any:
        return servers.script(SCRIPT, self.values, "left")


@pytest.fixture
def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    database = os.environ.get("DATABASE_URL", "")
    if not database.startswith("postgres"):
        pytest.skip("PostgreSQL is not named in DATABASE_URL")
    monkeypatch.setenv("DATABASE_URL", f"{database}_race")
    with ExitStack() as stack:
        values = stack.enter_context(servers.environment(tmp_path))
        servers.prepare(values)
        made = servers.script(SCRIPT, values, str(RACES), str(RACERS))
        port = servers.production.free_port()
        serving = servers.serving("portal.wsgi", port, values, "/healthz")
        yield Portal(stack.enter_context(serving), values, made)


def one_visit_a_day(days: int) -> dict[str, Any]:
    """Each race is for a day of its own."""
    return {"visits": [1] * days, "letters": [1] * days, "letters_fit": True, "cells_fit": True}


def test_one_time_has_one_winner_and_a_double_click_books_once(portal: Portal) -> None:
    began = time.monotonic()
    shots = [portal.race(wanted) for wanted in portal.made["races"]]
    seconds = time.monotonic() - began
    after_races = portal.left()
    assert [one["errors"] for one in shots] == [0] * RACES
    assert [one["statuses"] for one in shots] == [{"302": 1, "409": RACERS - 1}] * RACES
    assert after_races == one_visit_a_day(RACES)

    doubled = portal.race([portal.made["twice"]] * DOUBLES)
    assert doubled["statuses"] == {"302": DOUBLES}
    assert portal.left() == one_visit_a_day(RACES + 1)
    waited = [one for shot in shots for one in shot["latencies"]]
    sys.stderr.write(  # `-s` shows it
        f"{RACES} races of {RACERS} in {seconds:.0f} s, one winner each; "
        f"answered after {median(waited):.0f} ms, 95 of 100 within "
        f"{quantiles(waited, n=20)[-1]:.0f} ms; {DOUBLES} double clicks: one visit, one letter\n"
    )
