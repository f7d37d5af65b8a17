"""`make test`: the suite on SQLite, then the same suite on PostgreSQL and Redis where they answer.

DATABASE_URL and REDIS_URL name the servers; without them this computer is asked. With
REQUIRE_SERVICES=1 a missing second lane fails, with REQUIRE_BROWSER=1 a missing Chromium does, with
REQUIRE_COVERAGE=1 lines that no test runs do. Arguments go to pytest: make test ARGS="-k booking"
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

LOCAL_REDIS = "redis://127.0.0.1:6379/"
ROOT = Path(__file__).resolve().parent.parent
CLOSING_LINE = re.compile(r"^=* ?((?:no tests|\d+ \w+).* in [\d.]+s.*?) ?=*$")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Lane:
    name: str
    environment: dict[str, str] = field(default_factory=dict)
    deselected: list[str] = field(default_factory=list)
    measured: bool = False
    passed: bool = False
    closing: str = ""


def main() -> int:
    browser = any(shutil.which(name) for name in BROWSERS)
    without = [] if browser else ["browser"]
    measured = bool(os.environ.get("REQUIRE_COVERAGE"))
    lanes = [Lane("SQLite", deselected=["services", *without], measured=measured)]
    services = find_services()
    if services:
        lanes.append(Lane("PostgreSQL and Redis", services, without))
    try:
        for lane in lanes:
            run(lane)
    finally:
        leave_empty(services)
    covered = coverage() if measured else True
    return report(lanes, browser=browser, covered=covered)


def coverage() -> bool:
    """Enough of the code (pyproject.toml says how much), and all of the clinic's rules, was run."""
    print("\n——— Coverage ———", flush=True)
    command = [sys.executable, "-m", "coverage"]
    rules = ["--include", "consult/rules/*", "--fail-under", "100"]
    steps = [["combine", "--quiet"], ["report"], ["report", *rules]]
    done = [subprocess.run([*command, *step], cwd=ROOT, check=False) for step in steps]
    return all(step.returncode == 0 for step in done)


def find_services() -> dict[str, str]:
    """The addresses of a PostgreSQL that lets us create databases and of a Redis, or nothing."""
    database = os.environ.get("DATABASE_URL") or local_database()
    broker = os.environ.get("REDIS_URL") or local_redis()
    return {"DATABASE_URL": database, "REDIS_URL": broker} if database and broker else {}


def local_database() -> str:
    name = f"portal_{os.getpid()}"  # Django puts test_ before it
    may_create = "select rolcreatedb or rolsuper from pg_roles where rolname = current_user"
    for url in (
        f"postgres:////var/run/postgresql/{name}",
        f"postgres://postgres@127.0.0.1:5432/{name}",
    ):
        host = "/var/run/postgresql" if "//var" in url else "127.0.0.1"
        user = None if "//var" in url else "postgres"
        try:
            with psycopg.connect(
                host=host, user=user, dbname="postgres", connect_timeout=3
            ) as server:
                if server.execute(may_create).fetchone() == (True,):
                    return url
        except psycopg.Error:
            continue
    return ""


def local_redis() -> str:
    """Empty databases of a local Redis, four in a row: one for each process of the suite."""
    for first in (15, 11, 7):
        try:
            if not any(size for _, size in each_redis(first, redis.Redis.dbsize)):
                return f"{LOCAL_REDIS}{first}"
        except redis.RedisError:
            return ""
    return redis_of_our_own()


def redis_of_our_own() -> str:
    """Every database of the local one holds something of somebody's: a server for this run."""
    program = shutil.which("redis-server")
    if not program:
        print("Redis answers, but none of its databases 4 to 15 is free for the tests.")
        return ""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [
        program,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        tempfile.gettempdir(),
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    atexit.register(server.terminate)
    asked = redis.Redis(port=port, retry=Retry(ConstantBackoff(0.1), 50))
    return f"redis://127.0.0.1:{port}/15" if asked.ping() else ""


def each_redis(first: int, ask: Callable[[redis.Redis], Any]) -> Iterator[tuple[int, Any]]:
    for number in range(first, first - 4, -1):
        with redis.Redis(db=number, socket_connect_timeout=1) as server:
            yield number, ask(server)


def leave_empty(services: dict[str, str]) -> None:
    """What was empty before is empty after; servers that were named to us are left alone."""
    if services and services["REDIS_URL"].startswith(LOCAL_REDIS) and "REDIS_URL" not in os.environ:
        first = int(services["REDIS_URL"].rpartition("/")[2])
        list(each_redis(first, redis.Redis.flushdb))


def run(lane: Lane) -> None:
    print(f"\n——— {lane.name} ———", flush=True)
    with tempfile.TemporaryDirectory(prefix="portal-test-") as var:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "PORTAL_MODE", "SITE_URL"}
        }
        environment |= {"VAR_DIR": var, "PYTHONUNBUFFERED": "1", **lane.environment}
        with subprocess.Popen(
            pytest_command(lane), cwd=ROOT, env=environment, stdout=subprocess.PIPE
        ) as suite:
            text = repeat(suite)
    lane.passed = suite.returncode == 0
    lines = [CLOSING_LINE.match(line.strip()) for line in text.splitlines()]
    lane.closing = next((line[1] for line in reversed(lines) if line), "pytest did not finish")


def pytest_command(lane: Lane) -> list[str]:
    marks = " and ".join(f"not {mark}" for mark in lane.deselected)
    processes = str(min(os.cpu_count() or 1, 4))
    measured = ["coverage", "run", "-m"] if lane.measured else []
    command = [
        sys.executable,
        "-m",
        *measured,
        "pytest",
        "-q",
        "-n",
        processes,
        "--dist",
        "loadfile",
    ]
    command += ["-p", "tests.own_redis", "-m", marks]
    if sys.stdout.isatty():
        command.append("--color=yes")
    return [*command, *sys.argv[1:]]


def repeat(suite: subprocess.Popen[bytes]) -> str:
    """Shows what the suite prints as it prints it, and keeps it."""
    kept = b""
    while suite.stdout and (chunk := os.read(suite.stdout.fileno(), 4096)):
        kept += chunk
        sys.stdout.buffer.write(chunk)
        sys.stdout.flush()
    return re.sub(r"\x1b\[[\d;]*m", "", kept.decode(errors="replace"))


def report(lanes: list[Lane], *, browser: bool, covered: bool) -> int:
    failures = [] if covered else ["coverage"]
    print()
    for lane in lanes:
        print(f"{lane.name}: {'passed' if lane.passed else 'FAILED'} — {lane.closing}")
        failures += [] if lane.passed else [lane.name]
    if len(lanes) == 1:
        print(
            "PostgreSQL and Redis: did not run; they do not answer here. "
            "Start them, or name them in DATABASE_URL and REDIS_URL."
        )
        failures += ["PostgreSQL and Redis"] if os.environ.get("REQUIRE_SERVICES") else []
    if not browser:
        print("Browser tests: did not run; Chromium is not installed.")
        failures += ["browser"] if os.environ.get("REQUIRE_BROWSER") else []
    if failures:
        print(f"FAILED: {', '.join(failures)}")
    return 1 if failures else 0


if __name__ == "__main__":
    started = time.monotonic()
    try:
        status = main()
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(status)
