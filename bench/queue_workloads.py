"""The queue of the staff, W6: what grows with the number of people, and how much."""

from typing import Any
from urllib.parse import urlencode

from bench.booking_workloads import TOKEN
from bench.shots import Row, Target, get, post
from bench.workloads import Run

SIZES = [1000, 100_000]
MILLION = 1_000_000
GOAL = 0.167  # of the floor's speed
TOKEN_FIELD = "csrfmiddlewaretoken"  # noqa: S105 - its name
GROWTH = {"first": 1.2, "deep": 1.2, "filters": 1.2, "searches": 2.0}
COUNTS = {"first": 60, "deep": 60, "filters": 60, "searches": 200}
NAMES = {"first": "first page", "deep": "deep page", "filters": "filters", "searches": "search"}


def staff_queue(run: Run) -> list[Row]:
    """W6: the queue at each size, and how much more CPU× its pages take than at the least."""
    rows: list[Row] = []
    least: dict[str, float] = {}
    for size in run.sizes:
        made = run.script("bench.queue", str(size))
        floor = run.script("bench.bare", "cases", str(size))
        for part in NAMES:
            name = f"{NAMES[part]}, {size // 1000} k"
            reference = Target(f"W6 floor: {name}", run.bare, floors(floor, part), 400, "1")
            counted = str(made["queries"][part])
            target = Target(
                f"W6 {name}", run.portal, shots(made, part), COUNTS[part], counted, GOAL
            )
            rows += run.measured(reference, [target])
            cpu = float(str(rows[-1]["cpu"]))
            if part in least:
                rows.append(growth(f"W6 {name}: growth", rows[-1], cpu / least[part], GROWTH[part]))
            least.setdefault(part, cpu)
    return rows


def shots(made: dict[str, Any], part: str) -> list[list[dict[str, Any]]]:
    if part == "searches":
        headers = f"Cookie: csrf={TOKEN}; {made['cookies']}\r\n"
        bodies = [urlencode({TOKEN_FIELD: TOKEN, "typed": words}) for words in made["searches"]]
        return [[post("/staff/search/", body, headers, 200)] for body in bodies]
    headers = f"Cookie: {made['cookies']}\r\n"
    paths = made["filters"] if part == "filters" else [made[part]]
    return [[get(path, headers)] for path in paths]


def floors(floor: dict[str, Any], part: str) -> list[list[dict[str, Any]]]:
    return [[get(path)] for path in floor[part]]


def growth(name: str, of: Row, grown: float, most: float) -> Row:
    """CPU× with so many people ÷ CPU× with the fewest: between the two lie minutes, and what else
    the computer does then slows the floor as well."""
    own = {"workload": name, "reference": "itself", "ratio": round(grown, 3), "goal": f"≤{most}"}
    return of | own | {"cpu": round(grown, 2), "most_cpu": most, "met": grown <= most}
