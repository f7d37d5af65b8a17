"""The embedded default: Celery's worker and scheduler as threads of the one web process.

gunicorn calls the two hooks. Threads, not processes: the in-process broker is this process's
memory. Nothing is lost with it, for what is due stands in the database.
"""

import os
import threading
from importlib import import_module
from typing import Any

from celery.beat import EmbeddedService
from celery.worker import WorkController, state

from portal.celery import app

POLL_EVERY = 0.2  # seconds; half of what a letter waits, and of what a stop takes
STOP_WITHIN = 3.0  # seconds for the letter that is being handed over


class Background:
    worker: threading.Thread | None = None  # made after the fork: before it, it would count as dead
    beat: Any = None

    def start(self) -> None:
        os.environ["CELERY_SKIP_CHECKS"] = "1"  # the web process has made them
        self.worker = threading.Thread(target=self.work, name="celery-worker", daemon=True)
        self.worker.start()

    def work(self) -> None:
        app.conf.broker_transport_options = {"polling_interval": POLL_EVERY}
        worker = WorkController(
            app=app,
            hostname="embedded@localhost",
            pool_cls="solo",
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )
        # As a process of its own, which is the default, it would talk to an empty broker.
        self.beat = EmbeddedService(app, thread=True, scheduler_cls="celery.beat.Scheduler")
        self.beat.start()
        worker.start()

    def stop(self) -> None:
        if self.worker is None:
            return
        state.should_stop = 0
        if self.beat:
            self.beat.service.stop()
        # The threads themselves end with the process; only a letter in hand is worth waiting for.
        import_module("consult.followups.delivery").close(within=STOP_WITHIN)  # needs Django


background = Background()


def post_worker_init(worker: Any) -> None:
    background.start()


def worker_exit(server: Any, worker: Any) -> None:
    background.stop()
