"""Servers of the drill's own, made to be broken: mail, PostgreSQL, Redis."""

from __future__ import annotations

import asyncio
import os
import pwd
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

import psycopg
import redis
from aiosmtpd.controller import Controller
from production import free_port

LONGEST_PAUSE = 0.1  # seconds before a letter is accepted, and again before that is said
START_SECONDS = 60


class MailServer:
    """Keeps the Message-IDs of what it has accepted, in the order in which it did.

    It takes its time before and after, so that many a client dies between the two.
    """

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.order: list[str] = []
        self.port = free_port()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        # The letter is whole: whether its sender still lives makes no difference to us.
        await asyncio.shield(self.take(envelope.content))
        return "250 OK"

    async def take(self, content: bytes) -> None:
        await asyncio.sleep(pause())
        self.keep(content)
        await asyncio.sleep(pause())

    def keep(self, content: bytes) -> None:
        message_id = str(BytesHeaderParser().parsebytes(content)["Message-ID"]).strip()
        self.order.append(message_id)
        self.accepted[message_id] += 1


def pause() -> float:
    return random.uniform(0, LONGEST_PAUSE)  # noqa: S311 - guards nothing


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


class PostgreSQL:
    """A cluster of its own, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        # It refuses to run as root.
        self.user = pwd.getpwnam("postgres") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        folder.mkdir(mode=0o700)
        os.chown(folder, self.user.pw_uid, self.user.pw_gid)
        made = ["--username", "postgres", "--auth", "trust", "--no-sync", "--encoding", "UTF8"]
        self.run("initdb", "--pgdata", str(folder), *made).wait()
        self.start()

    def run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        other: dict[str, Any] = {}
        if os.getuid() == 0:
            other = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        return subprocess.Popen(
            [str(programs() / program), *arguments],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **other,
        )

    def start(self) -> None:
        # What dies here is the server, not the computer: nothing needs to reach the disk.
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "fsync": "off"}
        options |= {"unix_socket_directories": str(self.folder), "max_connections": "200"}
        settings = [text for name, value in options.items() for text in ("-c", f"{name}={value}")]
        self.server = self.run("postgres", "-D", str(self.folder), *settings)
        wait_for("PostgreSQL", self.answers)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def crash(self) -> None:
        """Every backend ends at once, in the middle of what it does; then it recovers."""
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait()
        self.start()

    def stop(self) -> None:
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait()


def programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    beside = shutil.which("initdb")
    if not found and not beside:
        sys.exit("The drill needs PostgreSQL's own programs (initdb, postgres). Debian: postgresql")
    return found[-1] if found else Path(str(beside)).parent


@contextmanager
def postgresql(folder: Path) -> Iterator[PostgreSQL]:
    server = PostgreSQL(folder)
    try:
        yield server
    finally:
        server.stop()


def copy_database(source: str, target: str) -> None:
    """One that is migrated and empty, such as a test's, into one that is new."""
    if target.startswith("sqlite"):
        names = (url.removeprefix("sqlite:///") for url in (source, target))
        original, copy = (sqlite3.connect(name) for name in names)
        original.backup(copy)
        original.close()
        copy.close()
        return
    with subprocess.Popen(
        [str(programs() / "pg_dump"), "--no-owner", source], stdout=subprocess.PIPE
    ) as dump:
        load = [str(programs() / "psql"), "--quiet", "--set", "ON_ERROR_STOP=1", target]
        subprocess.run(load, stdin=dump.stdout, stdout=subprocess.DEVNULL, check=True)


@contextmanager
def redis_server(folder: Path) -> Iterator[redis.Redis]:
    program = shutil.which("redis-server")
    if not program:
        sys.exit("The drill needs redis-server. Debian: redis-server")
    port = free_port()
    where = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([program, *where], stdout=subprocess.DEVNULL)
    client = redis.Redis(port=port)
    try:
        wait_for("Redis", lambda: pings(client))
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait()


def pings(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def wait_for(what: str, is_there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_there():
        if time.monotonic() > deadline:
            sys.exit(f"{what} did not answer within {START_SECONDS} s.")
        time.sleep(0.05)
