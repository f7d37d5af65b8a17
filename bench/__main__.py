"""`make bench`: shots at the portal, each between two at the bare view; ratios as a table."""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

from bench import servers
from bench.servers import Server

ROUNDS = 5
CONNECTIONS = 8  # as many as the workers have threads
RESULTS = Path(__file__).parent / "results"


@dataclass
class Target:
    """One thing to ask for; `goal` and `most_cpu` are the ratios to the bare view to be met."""

    name: str
    server: Server
    path: str
    count: int
    queries: str
    headers: str = ""
    expect: int = 200
    goal: float = 0.0
    most_cpu: float = 0.0
    ratios: list[float] = field(default_factory=list)
    cpu: float = 0.0
    asked: int = 0
    errors: int = 0
    latencies: list[float] = field(default_factory=list)

    def shoot(self) -> float:
        """Asks `count` times and returns how many were answered in a second."""
        request = f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\n"
        order = {
            "host": "127.0.0.1",
            "port": self.server.port,
            "request": f"{request}{self.headers}\r\n",
            "count": self.count,
            "connections": CONNECTIONS,
            "expect": self.expect,
        }
        before = self.server.cpu()
        shot = subprocess.run(
            [sys.executable, "-m", "bench.load"],
            input=json.dumps(order).encode(),
            capture_output=True,
            check=True,
            cwd=servers.ROOT,
        )
        answer = json.loads(shot.stdout)
        self.cpu += self.server.cpu() - before
        self.asked += self.count
        self.errors += answer["errors"]
        self.latencies += answer["latencies"]
        return self.count / float(answer["seconds"])

    def row(self, bare: "Target") -> dict[str, object]:
        cpu = (self.cpu / self.asked) / (bare.cpu / bare.asked)
        ratio = median(self.ratios) if self.ratios else 1.0
        met = ratio >= self.goal and (not self.most_cpu or cpu <= self.most_cpu)
        return {
            "workload": self.name,
            "ratio": round(ratio, 3),
            "goal": self.goal or None,
            "cpu": round(cpu, 2),
            "most_cpu": self.most_cpu or None,
            "p50_ms": round(median(self.latencies), 2),
            "p95_ms": round(quantiles(self.latencies, n=20)[-1], 2),
            "errors": self.errors,
            "queries": self.queries,
            "met": met and not self.errors,
        }


def main() -> int:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        var = Path(folder)
        with servers.environment(var) as values:
            say("making the database, the pages and the floor")
            page = json.loads(servers.prepare(values))
            port = urlsplit(values["SITE_URL"]).port or 0
            with (
                servers.serving(
                    "bench.bare", servers.production.free_port(), values, "/bare/"
                ) as bare,
                servers.serving("portal.wsgi", port, values, page["path"]) as portal,
            ):
                rows = measure(bare, portal, page)
            database = values["BENCH_DATABASE_URL"].partition(":")[0]
    show(rows, database)
    keep(rows, database)
    say(f"{time.monotonic() - started:.0f} s")
    return 0 if not any(row["errors"] for row in rows) else 1


def measure(bare: Server, portal: Server, page: dict[str, object]) -> list[dict[str, object]]:
    first = Target("bare view", bare, "/bare/", 1500, "0")
    targets = workloads(bare, portal, page)
    for target in [first, *targets]:  # warms up, and says what a wrong target would hide
        Target(**{**vars(target), "count": 64, "ratios": [], "latencies": []}).shoot()
    say(f"{ROUNDS} rounds")
    for _ in range(ROUNDS):
        before = first.shoot()
        for target in targets:
            speed = target.shoot()
            after = first.shoot()
            target.ratios.append(2 * speed / (before + after))
            before = after
    return [target.row(first) for target in [first, *targets]]


def workloads(bare: Server, portal: Server, page: dict[str, object]) -> list[Target]:
    path, queries = str(page["path"]), page["queries"]
    with urllib.request.urlopen(f"http://127.0.0.1:{portal.port}{path}") as answer:
        has_it = f"If-None-Match: {answer.headers['ETag']}\r\n"
    cold, kept = str(queries["cold"]), f"{queries['kept']}*"
    return [
        Target("W1 floor: one row, one template", bare, "/floor/page/", 800, "1"),
        # Whatever has a query string is never kept: each answer is made anew.
        Target("W1 public page, made anew", portal, f"{path}?cold", 120, cold, "", 200, 0.05, 20),
        Target("W1c the same page, kept", portal, path, 1500, kept, "", 200, 0.8),
        Target("W1c the same page, 304", portal, path, 1500, kept, has_it, 304, 0.8),
    ]


def show(rows: Sequence[dict[str, object]], database: str) -> None:
    say(
        f"\ngunicorn gthread 2 × 4, {database}, {CONNECTIONS} connections, median of {ROUNDS} shots"
    )
    say(f"{'':34} ratio   goal    CPU×  goal   p50 ms  p95 ms  errors  queries")
    for row in rows:
        goal, most = row["goal"] or "", row["most_cpu"] or ""
        say(
            f"{row['workload']:34} {row['ratio']:5.3f}  {goal!s:>5}  {row['cpu']:6.2f}  {most!s:>4}"
            f"  {row['p50_ms']:7.2f} {row['p95_ms']:7.2f}  {row['errors']:6}  {row['queries']:>6}"
            f"{'' if row['met'] else '   below its goal'}"
        )
    say("* and at most two small ones a second and process, for the version of the pages")


def keep(rows: Sequence[dict[str, object]], database: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    at = datetime.now(UTC)
    result = {"at": at.isoformat(), "database": database, "rounds": ROUNDS, "rows": rows}
    (RESULTS / f"{at:%Y-%m-%dT%H%M%SZ}.json").write_text(json.dumps(result, indent=1) + "\n")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
