"""`make run`, second half: the database as the code needs it, then web, worker and beat in one.

The first migration is the long part (seconds of work, not of waiting), so it runs in a child
while this process loads what the first page needs; the child's memory goes with it.
"""

import gc
import io
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

import django
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.urls import get_resolver
from gunicorn.app.base import BaseApplication

from portal import embedded, gunicorn

HEARTBEAT_SECONDS = 2.0
WEBHOOK_SECRETS = ("EMAIL_WEBHOOK_SECRET", "EMAIL_WEBHOOK_SIGNING_KEY")
STARTED = time.monotonic()


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        keep_to_this_checkout()
        with saying("loading the portal"):
            django.setup()
        sign_ins = prepare_beside(load_first_page)
    except KeyboardInterrupt:
        say("Stopped; the next start goes on from here.")
        return
    Server(sign_ins).run()


def keep_to_this_checkout() -> None:
    """Whatever else this terminal is set up for: SQLite, an in-process broker, letters as files."""
    os.environ |= {"PORTAL_MODE": "embedded", "DJANGO_SETTINGS_MODULE": "portal.settings"}
    for elsewhere in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", *WEBHOOK_SECRETS):
        os.environ.pop(elsewhere, None)


# ----------------------------------------------------------------------------------- preparation


def prepare_beside(work: Callable[[], None]) -> str:
    """Brings the database up to date in a child while `work` runs here; returns the sign-ins."""
    # A fork before any thread or connection exists; it inherits all that is loaded.
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    child = fork.Process(target=prepare, args=(sender,), daemon=True)
    child.start()
    sender.close()
    work()
    try:
        return str(receiver.recv())
    except EOFError:
        sys.exit("The database could not be prepared; what went wrong stands above.")
    finally:
        child.join()


def prepare(answer: Connection) -> None:
    gc.disable()  # saves a quarter of the time; the memory ends with this process
    migrate()
    run_command("make_pages", "pages", demo_clinic=True)
    run_command("demo", "demo clinic, staff and cases")
    sign_ins = run_command("demo_codes", "sign-ins")
    connections.close_all()
    answer.send(sign_ins)


def migrate() -> None:
    executor = MigrationExecutor(connection)
    steps = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if not steps:
        return
    progress = MigrationProgress(steps)
    with saying(progress):
        call_command("migrate", skip_checks=True, stdout=progress)


class MigrationProgress(io.StringIO):
    """Takes the lines of `migrate` and counts."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps
        self.done = 0

    def write(self, text: str) -> int:
        self.done += text.strip().startswith("Applying ")
        return len(text)

    def __str__(self) -> str:
        return f"making the database: {self.done} of {self.steps} migrations"


def run_command(name: str, what: str, **options: bool) -> str:
    """Runs one of our own commands, which do nothing where their work is done."""
    output = io.StringIO()
    with saying(what), redirect_stdout(output):
        call_command(name, skip_checks=True, stdout=output, **options)
    return output.getvalue().strip()


def load_first_page() -> None:
    """What the first request would load, before anybody waits for it."""
    import_module("portal.wsgi")
    get_resolver().url_patterns  # noqa: B018 - reading it loads the views


# ----------------------------------------------------------------------------------------- server


class Server(BaseApplication):
    """gunicorn in this process: the application is loaded once, its one worker is a fork."""

    def __init__(self, sign_ins: str) -> None:
        self.sign_ins = sign_ins
        super().__init__()

    def load_config(self) -> None:
        for name, value in (vars(gunicorn) | self.embedded_settings()).items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def embedded_settings(self) -> dict[str, Any]:
        return {
            "bind": f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}",
            "workers": 1,  # the worker thread and the scheduler live in it, so there is one
            "threads": 8,
            "graceful_timeout": 4,
            "max_requests": 0,
            "preload_app": True,
            "when_ready": lambda arbiter: say(self.welcome()),
            "post_worker_init": embedded.post_worker_init,
            "worker_exit": embedded.worker_exit,
        }

    def load(self) -> Any:
        return import_module("portal.wsgi").application

    def welcome(self) -> str:
        site = os.environ.get("SITE_URL", f"http://{self.cfg.address[0]}")
        return (
            f"\nReady after {time.monotonic() - STARTED:.1f} s.\n"
            f"  Pages for everybody   {site}/\n"
            f"  Before a consultation {site}/consult/\n"
            f"  Staff                 {site}/staff/\n"
            f"  Editors               {site}/cms/\n"
            f"\n{self.sign_ins}\n"
            "The codes change every half minute: `make demo-codes` prints the ones of now.\n\n"
            "Ctrl-C ends the web server, the worker and the scheduler together.\n"
        )


# ------------------------------------------------------------------------------------------ words


def say(text: str) -> None:
    print(text, file=sys.__stdout__, flush=True)


@contextmanager
def saying(what: object) -> Iterator[None]:
    """Says what begins, and every two seconds that it still goes on."""
    done = threading.Event()

    def go_on() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            say(f"  {what} …")

    say(str(what))
    voice = threading.Thread(target=go_on, daemon=True)
    voice.start()
    try:
        yield
    finally:
        done.set()
        voice.join()  # no thread may live when the next process is forked


if __name__ == "__main__":
    main()
