"""`make drill`: is a letter lost, or sent twice, when what sends it is killed again and again?

All of it is the drill's own: mail server, PostgreSQL, Redis, ports, people. First workers and
beats as in production, then the same with a mail provider that can be asked what it has taken, then
the embedded default on SQLite. It ends with a table and, if a promise is broken, with exit
status 1.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import drill_servers as servers
from drill_course import Course, Result, Trouble
from drill_portal import Portal, portal
from drill_provider import records
from production import BIN, LONG_RUNNING, MANAGE, ROOT, free_port
from production_environment import complete_environment

EMBEDDED = [str(BIN / "gunicorn"), "--config", "python:portal.embedded", "--workers", "1"]
EMBEDDED += ["--threads", "4", "--preload", "--log-level", "warning", "portal.wsgi"]
WORDS = {
    "lost": "written, and not arrived",
    "not sent": "whose row does not say so",
    "twice": "copies beyond the first",
    "verify": "hand-overs of a worker that died: each may come twice if nobody can be asked",
    "no answer": "hand-overs whose answer was not heard in time: these too",
    "stopped": "cancelled in time",
    "yet came": "arrived although the cancel was confirmed",
}


def wishes(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make drill")
    parser.add_argument("--letters", type=int, default=2000, help="sent while things are killed")
    parser.add_argument("--kills", type=int, default=30, help="of workers, with -9")
    parser.add_argument("--flushes", type=int, default=3, help="of Redis")
    parser.add_argument("--crashes", type=int, default=2, help="of PostgreSQL")
    parser.add_argument("--calm", type=int, help="letters with two beats and no trouble")
    parser.add_argument("--races", type=int, help="of a cancel against a hand-over")
    parser.add_argument("--asked-letters", type=int, help="with a provider that can be asked")
    parser.add_argument("--embedded-letters", type=int, help="on SQLite, in one process")
    parser.add_argument("--embedded-kills", type=int, help="of that process")
    parser.add_argument("--timeout", type=int, default=2, help="EMAIL_TIMEOUT; the lease is 15 ×")
    parser.add_argument("--copy-of", default="", help="a migrated database, to save that time")
    parser.add_argument("--only", choices=["production", "asked", "embedded"])
    asked = parser.parse_args(arguments)
    otherwise = {
        "calm": max(asked.letters // 10, 1),
        "races": max(asked.letters // 4, 1),
        "asked_letters": max(asked.letters // 4, 1),
        "embedded_letters": max(asked.letters // 4, 1),
        "embedded_kills": -(-asked.kills // 3),
    }
    for name, value in otherwise.items():
        if getattr(asked, name) is None:
            setattr(asked, name, value)
    return asked


def main(asked: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends what it started
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="portal-drill-") as scratch:
        var = Path(scratch)
        var.chmod(0o711)  # PostgreSQL runs as another user in a folder of it
        with servers.mail_server() as mail:
            for name, part in PARTS.items():
                if asked.only in {None, name}:
                    results += part(asked, mail, var)
    return report(results)


# ------------------------------------------------------------------------------- the ways to run it
@contextmanager
def services(
    asked: argparse.Namespace, mail: servers.MailServer, var: Path, **more: str
) -> Iterator[tuple[Course, list[Trouble]]]:
    """Workers, beats and what they need, as in production; and what troubles them."""
    var.mkdir()
    var.chmod(0o711)
    with ExitStack() as stack:
        database = stack.enter_context(servers.postgresql(var / "postgresql"))
        broker = stack.enter_context(servers.redis_server(var))
        port = broker.connection_pool.connection_kwargs["port"]
        environment = settings(asked, mail, var / "var") | more
        environment |= {
            "DATABASE_URL": database.url,
            "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        }
        make_database(environment, asked.copy_of)
        stands = stack.enter_context(portal(environment, var / "log"))
        for number in (1, 2):
            name = ["--hostname", f"worker{number}@%h"]
            stands.start(f"worker {number}", LONG_RUNNING["worker"] + name)
            stands.start(f"beat {number}", LONG_RUNNING["beat"])
        troubles: list[Trouble] = [
            *[stands.kill_one] * asked.kills,
            *[broker.flushall] * asked.flushes,
            *[database.crash] * asked.crashes,
        ]
        yield Course(stands, mail), troubles


def production(asked: argparse.Namespace, mail: servers.MailServer, var: Path) -> list[Result]:
    with services(asked, mail, var / "production") as (course, troubles):
        say(f"production: {asked.letters} letters, {len(troubles)} troubles")
        results = [course.sends("killed in production", asked.letters, troubles)]
        say(f"production: {asked.calm} letters, two beats, no trouble")
        results += [course.sends("two beats", asked.calm, [])]
        say(f"production: {asked.races} races of a cancel against a hand-over")
        return [*results, course.races(asked.races)]


def with_asking(asked: argparse.Namespace, mail: servers.MailServer, var: Path) -> list[Result]:
    with ExitStack() as stack:
        way = {"MAIL_ASK": stack.enter_context(records(mail)).way, "MAIL_ASK_SETTLED_SECONDS": "0"}
        course, troubles = stack.enter_context(services(asked, mail, var / "asked", **way))
        say(f"a provider to ask: {asked.asked_letters} letters, {len(troubles)} troubles")
        return [course.sends("killed and asked", asked.asked_letters, troubles, once=True)]


def embedded(asked: argparse.Namespace, mail: servers.MailServer, var: Path) -> list[Result]:
    file = var / "embedded" / "db" / "portal.sqlite3"
    environment = settings(asked, mail, var / "embedded") | {
        "PORTAL_MODE": "embedded",
        "DATABASE_URL": f"sqlite:///{file}",
        "REDIS_URL": "",
    }
    file.parent.mkdir(parents=True)
    make_database(environment, asked.copy_of)
    with portal(environment, var / "embedded.log") as stands:
        stands.start("the portal", [*EMBEDDED, "--bind", f"127.0.0.1:{free_port()}"])
        say(f"embedded: {asked.embedded_letters} letters, {asked.embedded_kills} kills")
        troubles: list[Trouble] = [partial(Portal.kill_one, stands)] * asked.embedded_kills
        return [Course(stands, mail).sends("killed embedded", asked.embedded_letters, troubles)]


def settings(asked: argparse.Namespace, mail: servers.MailServer, var: Path) -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        **complete_environment(),
        "SITE_URL": f"http://127.0.0.1:{free_port()}",
        "TRUSTED_PROXY_COUNT": "0",
        "EMAIL_URL": f"smtp://127.0.0.1:{mail.port}",
        "EMAIL_TIMEOUT": str(asked.timeout),
        "OUTBOX_LEASE_SECONDS": str(15 * asked.timeout),
        "OUTBOX_SETTLE_SECONDS": str(2 * asked.timeout),
        "OUTBOX_QUIET_HOURS": "False",
        "VAR_DIR": str(var),
        "LOG_LEVEL": "WARNING",
    }


PARTS = {"production": production, "asked": with_asking, "embedded": embedded}


def make_database(environment: dict[str, str], copy_of: str) -> None:
    say("making the database")
    if copy_of:
        servers.copy_database(copy_of, environment["DATABASE_URL"])
    migrate = [*MANAGE, "migrate", "--no-input", "-v0", "--skip-checks"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)


# ----------------------------------------------------------------------------------------- in words
def report(results: list[Result]) -> int:
    names = list(dict.fromkeys(name for result in results for name in result.figures))
    print("\n" + " " * 22 + "".join(f"{name:>11}" for name in names))
    for result in results:
        figures = [str(result.figures.get(name, "")) for name in names]
        print(f"{result.name:22}" + "".join(f"{figure:>11}" for figure in figures))
    print()
    for name in names:
        if name in WORDS:
            print(f"{name:>10}: {WORDS[name]}")
    broken = [f"{result.name}: {words}" for result in results for words in result.broken]
    for words in broken:
        print(f"\nBROKEN  {words}")
    print("\nEach promise was kept." if not broken else f"\nFAILED: {len(broken)} promises broken.")
    return 1 if broken else 0


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(wishes(sys.argv[1:])))
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
