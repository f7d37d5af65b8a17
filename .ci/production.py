"""The processes of docker-compose.yml, with its environment, on this computer's servers.

python .ci/production.py                runs them until Ctrl-C
python .ci/production.py COMMAND …      runs a command against them and ends with its exit status

A database of its own on PostgreSQL and an empty one on Redis, a local SMTP server that keeps
letters as files, migrate, collectstatic, gunicorn, a Celery worker, beat. The command finds
PORTAL_URL, PORTAL_MAIL_DIR and PORTAL_LOG_DIR in its environment, and all settings beside them.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from lanes import find_services, leave_empty
from production_environment import ROOT, complete_environment

START_SECONDS = 60
STOP_SECONDS = 15
BIN = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]
LONG_RUNNING = {
    "web": [str(BIN / "gunicorn"), "--config", "portal/gunicorn.py", "portal.wsgi"],
    "worker": [str(BIN / "celery"), "-A", "portal", "worker", "--concurrency", "2"],
    "beat": [str(BIN / "celery"), "-A", "portal", "beat", "--scheduler", "celery.beat.Scheduler"],
}
LONG_RUNNING["worker"] += ["--loglevel", "WARNING"]
LONG_RUNNING["beat"] += ["--loglevel", "WARNING", "--pidfile="]


def main(command: list[str]) -> int:
    services = find_services()
    if not services:
        print(
            "PostgreSQL and Redis do not answer here; start them, or set DATABASE_URL, REDIS_URL."
        )
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="portal-production-") as scratch, ExitStack() as stack:
        var = Path(scratch)
        stack.callback(leave_empty, services)
        stack.enter_context(own_database(services["DATABASE_URL"]))
        environment = settings(services, var)
        stack.enter_context(smtp_server(environment, var))
        prepare(environment)
        for name, process in LONG_RUNNING.items():
            stack.enter_context(running(name, process, environment, var))
        wait_until_ready(environment["SITE_URL"], var)
        return run(command, environment)


@contextmanager
def own_database(url: str) -> Iterator[None]:
    """Makes the database that `url` names, and drops it again."""
    server, _, name = url.rpartition("/")
    host = "/var/run/postgresql" if "//var" in url else None
    address = "dbname=postgres" if host else f"{server}/postgres"
    with psycopg.connect(address, host=host, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    try:
        yield
    finally:
        with psycopg.connect(address, host=host, autocommit=True) as connection:
            connection.execute(f'drop database if exists "{name}" with (force)')


def settings(services: dict[str, str], var: Path) -> dict[str, str]:
    port, mail_port = free_port(), free_port()
    site = f"http://127.0.0.1:{port}"
    for folder in ("logs", "media"):  # mail/ is made by the SMTP server
        (var / folder).mkdir()
    return {
        **{name: value for name, value in os.environ.items() if name != "LOG_LEVEL"},
        **complete_environment(),
        **services,
        "SITE_URL": site,
        "BIND": f"127.0.0.1:{port}",
        "TRUSTED_PROXY_COUNT": "0",
        "OUTBOX_QUIET_HOURS": "False",  # whoever runs this at night wants the letters too
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        "VAR_DIR": str(var),
        "PORTAL_URL": site,
        "PORTAL_MAIL_DIR": str(var / "mail"),
        "PORTAL_LOG_DIR": str(var / "logs"),
        "PYTHONUNBUFFERED": "1",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def smtp_server(environment: dict[str, str], var: Path) -> Iterator[None]:
    address = environment["EMAIL_URL"].removeprefix("smtp://")
    letters = ["--class", "aiosmtpd.handlers.Mailbox", environment["PORTAL_MAIL_DIR"]]
    server = [sys.executable, "-m", "aiosmtpd", "--nosetuid", "--listen", address, *letters]
    with running("smtp", server, environment, var):
        yield


def prepare(environment: dict[str, str]) -> None:
    """What the one-shot `migrate` service and the image's build do."""
    collecting = subprocess.Popen(
        [*MANAGE, "collectstatic", "--no-input", "-v0"], cwd=ROOT, env=environment
    )
    for command in (["migrate", "--no-input", "-v0"], ["make_pages"]):
        say(" ".join(command[:1]))
        subprocess.run([*MANAGE, *command], cwd=ROOT, env=environment, check=True)
    if collecting.wait():
        sys.exit("collectstatic failed.")


@contextmanager
def running(
    name: str, command: list[str], environment: dict[str, str], var: Path
) -> Iterator[None]:
    """A process that writes to logs/<name>.log; ended by SIGTERM, or killed if it stays."""
    say(f"starting {name}")
    with (var / "logs" / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            say(f"{name} ended with {process.wait()}")


def wait_until_ready(site: str, var: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{site}/readyz", timeout=5) as answer:  # noqa: S310 - ours
                say(f"{site} is ready: {answer.read().decode()}")
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    for log in sorted((var / "logs").iterdir()):
        print(f"——— {log.name}\n{log.read_text()[-3000:]}")
    sys.exit(f"{site}/readyz did not answer 200 within {START_SECONDS} s.")


def run(command: list[str], environment: dict[str, str]) -> int:
    if command:
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    say(f"{environment['SITE_URL']} runs; letters in {environment['PORTAL_MAIL_DIR']}; Ctrl-C ends")
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()
    return 0


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
