"""Letters, W7 and W7k: so many that are due to a mail server here, and one that is far away."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench import servers
from bench.shots import Row
from bench.workloads import Run

LETTERS = int(os.environ.get("BENCH_LETTERS", "2000"))
SLOW_LETTERS = 400  # a letter takes four round trips, and only ratios matter
ROUND_TRIP = 5.0  # milliseconds, of the slow link
PATIENCE = 300  # seconds
SLOW_LINK = {"OUTBOX_CONNECTIONS": "8"}  # what docs/operations.md advises for a server far away
QUICK = {"EMAIL_TIMEOUT": "2", "OUTBOX_LEASE_SECONDS": "30", "OUTBOX_SETTLE_SECONDS": "4"}


@dataclass
class Sink:
    """A mail server of this shot's own, in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    said: dict[str, Any] = field(default_factory=dict)

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout  # noqa: S101 - for the type checker
        self.said = json.loads(self.process.stdout.readline())
        return self.said

    def end(self) -> dict[str, int]:
        self.process.terminate()
        lines = self.process.communicate()[0].splitlines()
        return dict(json.loads(lines[-1])) if lines else self.said


@contextmanager
def sink(milliseconds: float) -> Iterator[Sink]:
    port = servers.production.free_port()
    command = [sys.executable, "-m", "bench.mail_sink", str(port), str(milliseconds)]
    process = subprocess.Popen(command, cwd=servers.ROOT, stdout=subprocess.PIPE, text=True)
    made = Sink(process, port)
    made.hear()
    try:
        yield made
    finally:
        process.kill()
        process.wait()


@dataclass
class Sent:
    """What a shot took."""

    seconds: float
    cpu: float
    queries: int = 0
    lost: int = 0
    doubled: int = 0


def reference(count: int, milliseconds: float) -> Sent:
    with sink(milliseconds) as mail:
        command = [sys.executable, "-m", "bench.one_connection", str(mail.port), str(count)]
        out = subprocess.run(command, cwd=servers.ROOT, check=True, stdout=subprocess.PIPE).stdout
        done = json.loads(out)
    return Sent(done["seconds"], done["cpu"])


def worker(run: Run, port: int, **values: str) -> subprocess.Popen[str]:
    """One that has said that it is ready, and waits."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.letters", "work"],
        cwd=servers.ROOT,
        env=run.values | values | {"EMAIL_URL": f"smtp://127.0.0.1:{port}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout  # noqa: S101 - for the type checker
    if process.stdout.readline().strip() != "ready":
        sys.exit("A worker did not start.")
    return process


def outbox(run: Run, count: int, milliseconds: float, workers: int) -> Sent:
    run.script("bench.letters", "make", str(count))
    with sink(milliseconds) as mail:
        link = SLOW_LINK if milliseconds else {}
        crew = [worker(run, mail.port, **link) for _ in range(workers)]
        for one in crew:
            assert one.stdin  # noqa: S101 - for the type checker
            one.stdin.write("go\n")
            one.stdin.flush()
        done = [json.loads(one.communicate(timeout=PATIENCE)[0]) for one in crew]
        took = judged(mail.end(), count)
    took.seconds = max(one["seconds"] for one in done)
    took.cpu = sum(one["cpu"] for one in done)
    took.queries = sum(one["queries"] for one in done)
    return took


def judged(kept: dict[str, int], count: int) -> Sent:
    doubled = kept["accepted"] - kept["letters"]
    return Sent(0.0, 0.0, lost=count - kept["letters"], doubled=doubled)


def due_letters(run: Run) -> list[Row]:
    """W7: one worker, two, and one with a slow link, each between two shots at the reference."""
    count = LETTERS
    rows = []
    for name, many, link, workers, goal in (
        ("W7 one worker", count, 0.0, 1, 1.0),
        ("W7 two workers", count, 0.0, 2, 1.3),
        ("W7 slow link, one worker", min(count, SLOW_LETTERS), ROUND_TRIP, 1, 8.0),
        ("W7 slow link, four workers", min(count, SLOW_LETTERS), ROUND_TRIP, 4, 8.0),
    ):
        ratios, shots = [], []
        before = reference(many, link)
        for _ in range(run.rounds):
            shots.append(outbox(run, many, link, workers))
            after = reference(many, link)
            ratios.append((before.seconds + after.seconds) / 2 / shots[-1].seconds)
            before = after
        rows.append(row(f"{name}, {many} letters", ratios, shots, before, many, goal))
    return rows


def row(
    name: str, ratios: list[float], shots: list[Sent], base: Sent, many: int, goal: float
) -> Row:
    each = [1000 * shot.seconds / many for shot in shots]
    errors = sum(shot.lost + shot.doubled for shot in shots)
    return {
        "workload": name,
        "reference": "smtplib on one connection",
        "ratio": round(median(ratios), 3),
        "goal": goal,
        "cpu": round(median(shot.cpu for shot in shots) / base.cpu, 2),
        "most_cpu": None,
        "p50_ms": round(median(each), 2),
        "p95_ms": round(max(each), 2),
        "errors": errors,
        "queries": f"{median(shot.queries for shot in shots) / many:.1f}",
        "met": median(ratios) >= goal and not errors,
    }


def killed(run: Run) -> list[Row]:
    """W7k: the worker is killed half way; another one goes on by itself. In the columns: ratio is
    the share that arrived, errors what was lost, queries what came twice."""
    count = LETTERS
    run.script("bench.letters", "make", str(count))
    with sink(0.0) as mail:
        first = worker(run, mail.port, **QUICK)
        assert first.stdin  # noqa: S101 - for the type checker
        first.stdin.write("go\n")
        first.stdin.flush()
        while mail.hear()["accepted"] < count // 2:
            pass
        first.kill()
        first.wait()
        began = time.monotonic()
        second = worker(run, mail.port, **QUICK)
        second.communicate("go\n", timeout=PATIENCE)
        seconds = time.monotonic() - began
        kept = judged(mail.end(), count)
    return [
        {
            "workload": f"W7k killed half way, {count} letters",
            "reference": "",
            "ratio": round((count - kept.lost) / count, 3),
            "goal": 1.0,
            "cpu": 0.0,
            "most_cpu": None,
            "p50_ms": round(1000 * seconds, 2),
            "p95_ms": round(1000 * seconds, 2),
            "errors": kept.lost,
            "queries": f"{kept.doubled} twice",
            "met": not kept.lost and kept.doubled <= 1,
        }
    ]
