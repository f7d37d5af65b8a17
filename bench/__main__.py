"""`make bench`: shots at the portal, each between two at what it is compared with; a table.

`make bench ARGS="W2 W3"` runs only these workloads, `ARGS="--rounds 5 W2"` with more shots,
`ARGS="--million W6"` with a million people too, which takes about an hour more. Each row is printed
as soon as it is measured.
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
from bench.letter_workloads import due_letters, killed
from bench.queue_workloads import MILLION, SIZES, staff_queue
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
    "W7": due_letters,
    "W7k": killed,
    "W5b": distinct_times,  # last: it stores 100,000 people
    "W6": staff_queue,
}
OWN_DATABASE = {"W6"}  # because it counts the people

NOTES = """\
W1, W2, W4: ratios to the bare view; W3: to bare posts; W5, W6: to its floor, W5a in time.
W6, growth: CPU× ÷ the same with the fewest people.
W7: to smtplib on one connection, with letters that are written already; CPU is the workers’, p50
and queries are for a letter. BENCH_LETTERS=10000 sends more. W7k: ratio is the share that arrived,
errors are lost letters, p50 is until all had left again.
Queries of W3 are for a request, on average.
* and at most two small ones a second and process, for the version of the pages"""


def main(given: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(prog="make bench")
    asked.add_argument("workloads", nargs="*", metavar="W", help=" ".join(WORKLOADS))
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    asked.add_argument("--million", action="store_true", help="W6 with a million people too")
    options = asked.parse_args(given)
    wanted, sizes = (
        options.workloads or WORKLOADS,
        [*SIZES, *([MILLION] if options.million else [])],
    )
    if unknown := set(wanted) - WORKLOADS.keys():
        asked.error(f"{', '.join(sorted(unknown))}: there are {', '.join(WORKLOADS)}")
    started, database = time.monotonic(), ""
    rows: list[Row] = []
    for alone in (False, True):
        names = [one for one in WORKLOADS if one in wanted and (one in OWN_DATABASE) is alone]
        if names:
            database, measured = in_a_database(names, options.rounds, sizes)
            rows += measured
    say(NOTES)
    keep(rows, database, options.rounds)
    say(f"{time.monotonic() - started:.0f} s")
    return 0 if not any(row["errors"] for row in rows) else 1


def in_a_database(names: Sequence[str], rounds: int, sizes: list[int]) -> tuple[str, list[Row]]:
    """Measures in a database of its own; which one it is."""
    with (
        tempfile.TemporaryDirectory(prefix="portal-bench-") as folder,
        servers.environment(Path(folder)) as values,
    ):
        say("making the database, the pages and the floors")
        servers.prepare(values)
        database = values["BENCH_DATABASE_URL"].partition(":")[0]
        say(heading(database, rounds))
        return database, measure(values, names, rounds, sizes)


def measure(
    values: dict[str, str], names: Sequence[str], rounds: int, sizes: list[int]
) -> list[Row]:
    rows: list[Row] = []
    port, other = urlsplit(values["SITE_URL"]).port or 0, servers.production.free_port()
    with (
        servers.serving("bench.bare", other, values, "/bare/") as bare,
        servers.serving("portal.wsgi", port, values, "/consult/") as portal,
    ):
        run = Run(bare, portal, values, rounds, sizes)
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
