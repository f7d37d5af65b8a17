"""The portal's processes as the drill starts, kills and asks them."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from production import ROOT

ROWS = [sys.executable, str(ROOT / ".ci/drill_rows.py")]
Edges = Counter[tuple[str, str]]  # how often each edge was taken


class Portal:
    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment = environment
        self.log = log.open("ab")
        self.commands: dict[str, list[str]] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str]) -> None:
        self.commands[name] = command
        self.processes[name] = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def kill_one(self) -> None:
        """A worker with every process of it, or one process alone. What ended starts again."""
        workers = [name for name in self.processes if not name.startswith("beat")]
        name = random.choice(workers)  # noqa: S311 - guards nothing
        process = self.processes[name]
        children = children_of(process.pid)
        if children and random.random() < 0.5:  # noqa: S311
            os.kill(random.choice(children), signal.SIGKILL)  # noqa: S311
            return
        self.kill(process)
        self.start(name, self.commands[name])

    @staticmethod
    def kill(process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def run(self, command: list[str]) -> Any:
        """Something of ours that ends by itself; what it prints, as JSON."""
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE
        )
        return json.loads(done.stdout or "null")

    def rows(self, what: str, count: int) -> Any:
        return self.run([*ROWS, what, str(count)])

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        url = self.environment["DATABASE_URL"]
        if url.startswith("sqlite"):
            file = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)
            try:
                return file.execute(sql).fetchall()
            finally:
                file.close()
        with psycopg.connect(url) as server:
            return server.execute(sql.encode()).fetchall()

    def path(self) -> Edges:
        try:
            rows = self.ask("select before, after, count(*) from drill_path group by 1, 2")
        except (psycopg.errors.UndefinedTable, sqlite3.OperationalError):
            return Counter()  # nothing was written yet
        return Counter({(before, after): int(count) for before, after, count in rows})

    def statuses(self) -> dict[str, str]:
        return dict(self.ask("select message_id, status from consult_message"))


@contextmanager
def portal(environment: dict[str, str], log: Path) -> Iterator[Portal]:
    """Ends all that was started, at once."""
    made = Portal(environment, log)
    try:
        yield made
    finally:
        for process in made.processes.values():
            made.kill(process)
        made.log.close()


def children_of(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:  # gone, or a system without /proc
        return []
