"""`make bench`: shots at the portal, each between two at what it is compared with; a table.

`make bench ARGS="W2 W3"` runs only these workloads, `ARGS="--rounds 5 W2"` with more shots. Each
row is printed as soon as it is measured.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bench import servers
from bench.booking_workloads import distinct_times, free_times, one_time
from bench.shots import CONNECTIONS, Row
from bench.workloads import Run, form_step, public_page, whole_form

ROUNDS = 3
RESULTS = Path(__file__).parent / "results"
WORKLOADS = {
    "W1": public_page,
    "W2": form_step,
    "W3": whole_form,
    "W4": free_times,
    "W5a": one_time,
    "W5b": distinct_times,  # last: it stores 100,000 people
}

NOTES = """\
W1, W2, W4: ratios to the bare view; W3: to bare posts; W5: to its floor, W5a in time.
Queries of W3 are for a request, on average.
* and at most two small ones a second and process, for the version of the pages"""


def main(given: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(prog="make bench")
    asked.add_argument("workloads", nargs="*", metavar="W", help=" ".join(WORKLOADS))
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    wanted, rounds = asked.parse_args(given).workloads or WORKLOADS, asked.parse_args(given).rounds
    if unknown := set(wanted) - WORKLOADS.keys():
        asked.error(f"{', '.join(sorted(unknown))}: there are {', '.join(WORKLOADS)}")
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="portal-bench-") as folder,
        servers.environment(Path(folder)) as values,
    ):
        say("making the database, the pages and the floors")
        servers.prepare(values)
        database = values["BENCH_DATABASE_URL"].partition(":")[0]
        say(heading(database, rounds))
        rows = measure(values, [name for name in WORKLOADS if name in wanted], rounds)
    say(NOTES)
    keep(rows, database, rounds)
    say(f"{time.monotonic() - started:.0f} s")
    return 0 if not any(row["errors"] for row in rows) else 1


def measure(values: dict[str, str], names: Sequence[str], rounds: int) -> list[Row]:
    rows: list[Row] = []
    port, other = urlsplit(values["SITE_URL"]).port or 0, servers.production.free_port()
    with (
        servers.serving("bench.bare", other, values, "/bare/") as bare,
        servers.serving("portal.wsgi", port, values, "/consult/") as portal,
    ):
        run = Run(bare, portal, values, rounds)
        for name in names:
            measured = WORKLOADS[name](run)
            say("\n".join(line(row) for row in measured))
            rows += measured
    return rows


def heading(database: str, rounds: int) -> str:
    return (
        f"\ngunicorn gthread 2 × 4, {database}, {CONNECTIONS} connections, median of {rounds} shots"
        f"\n{'':40} ratio   goal    CPU×  goal   p50 ms  p95 ms  errors  queries"
    )


def line(row: Row) -> str:
    goal, most = row["goal"] or "", row["most_cpu"] or ""
    return (
        f"{row['workload']:40} {row['ratio']:5.3f}  {goal!s:>5}  {row['cpu']:6.2f}  {most!s:>4}"
        f"  {row['p50_ms']:7.2f} {row['p95_ms']:7.2f}  {row['errors']:6}  {row['queries']:>8}"
        f"{'' if row['met'] else '   below its goal'}"
    )


def keep(rows: Sequence[Row], database: str, rounds: int) -> None:
    RESULTS.mkdir(exist_ok=True)
    at = datetime.now(UTC)
    result = {"at": at.isoformat(), "database": database, "rounds": rounds, "rows": rows}
    (RESULTS / f"{at:%Y-%m-%dT%H%M%SZ}.json").write_text(json.dumps(result, indent=1) + "\n")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
