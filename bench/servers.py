"""The portal and the bare project, each on gunicorn as in production; and the CPU that they use."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / ".ci"))

import lanes  # noqa: E402 - scripts that are run by path
import production  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
GUNICORN = [str(Path(sys.executable).parent / "gunicorn"), "--config", "portal/gunicorn.py"]
GUNICORN += ["--max-requests", "0"]  # no worker is renewed between two shots
MANAGE = [sys.executable, "manage.py"]
# As in docker-compose.yml; for the portal and the floors alike.
PGOPTIONS = "-c jit=off -c max_parallel_workers_per_gather=0 -c random_page_cost=1.1"


@dataclass
class Server:
    port: int
    process: subprocess.Popen[bytes]
    database: str = ""

    def cpu(self) -> float:
        """Seconds of CPU so far: of the server's processes and of its database's."""
        workers = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        pids = [self.process.pid, *map(int, workers.split()), *backends(self.database)]
        return sum(map(cpu_of, pids))


def cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def backends(database: str) -> list[int]:
    """PostgreSQL's processes behind a database on this computer; SQLite's work is the server's."""
    if not database.startswith("postgres"):
        return []
    name = database.rpartition("/")[2]
    with psycopg.connect(**address_of(database), dbname="postgres") as server:
        rows = server.execute("select pid from pg_stat_activity where datname = %s", [name])
        return [pid for (pid,) in rows]


def address_of(database: str) -> dict[str, str]:
    if "//var" in database:
        return {"host": "/var/run/postgresql"}
    return {"conninfo": database.rpartition("/")[0] + "/postgres"}


@contextmanager
def environment(var: Path) -> Iterator[dict[str, str]]:
    """Production on this computer's PostgreSQL and Redis, or the embedded default on SQLite."""
    services = lanes.find_services()
    with ExitStack() as stack:
        if services:
            stack.enter_context(production.own_database(services["DATABASE_URL"]))
            values = production.settings(services, var)
        else:
            values = {**os.environ, "VAR_DIR": str(var), "PORTAL_MODE": "embedded"}
            for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL"):
                values.pop(name, None)
            values["SITE_URL"] = f"http://127.0.0.1:{production.free_port()}"
        values["PGOPTIONS"] = PGOPTIONS
        values |= {"WEB_WORKERS": "2", "WEB_THREADS": "4", "LOG_LEVEL": "ERROR"}
        sqlite = f"sqlite:///{var / 'db' / 'portal.sqlite3'}"
        values["BENCH_DATABASE_URL"] = services.get("DATABASE_URL", sqlite)
        yield values


def prepare(values: dict[str, str]) -> None:
    """Database, pages, static files, and the tables of the floors."""
    collecting = None
    if values["PORTAL_MODE"] == "production":
        collect = [*MANAGE, "collectstatic", "--no-input", "-v0"]
        collecting = subprocess.Popen(collect, cwd=ROOT, env=values)
    for step in ([*MANAGE, "migrate", "--no-input", "-v0"], [*MANAGE, "make_pages"]):
        subprocess.run(step, cwd=ROOT, env=values, check=True, stdout=subprocess.DEVNULL)
    script("bench.bare", values)
    if collecting and collecting.wait():
        sys.exit("collectstatic failed.")


def script(module: str, values: dict[str, str], *arguments: str) -> Any:
    """Runs a script of ours; what it prints, as JSON."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=values, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout or "null")


@contextmanager
def serving(application: str, port: int, values: dict[str, str], first: str) -> Iterator[Server]:
    values = values | {"BIND": f"127.0.0.1:{port}"}
    process = subprocess.Popen([*GUNICORN, application], cwd=ROOT, env=values)
    try:
        wait_for(f"http://127.0.0.1:{port}{first}")
        yield Server(port, process, values["BENCH_DATABASE_URL"])
    finally:
        process.terminate()
        process.wait(production.STOP_SECONDS)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + production.START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=10):  # noqa: S310 - ours
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit(f"{url} did not answer.")
