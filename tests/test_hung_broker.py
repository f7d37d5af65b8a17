"""A Redis that takes connections and never answers: pages answer, and letters leave without it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.cache import caches
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from consult.models import Message
from portal.cache import RedisOrMemory
from tests.factories import UserFactory
from tests.followups.conftest import mail_server, unused_port

__all__ = ["mail_server", "unused_port"]  # fixtures

ROOT = Path(__file__).resolve().parent.parent
pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
# Each question to a hung Redis costs at most two seconds, and the next are asked of nobody for
# five. A page that waited for a broker without a limit would wait for as long as it hangs.
ANSWERS_WITHIN = 20  # seconds
LEAVES_WITHIN = 90  # seconds, of which most are the worker's own start


@pytest.fixture
def hung(unused_port: int, settings: Any, tmp_path: Path) -> Iterator[str]:
    """A Redis of the test's own that has answered once, and is then stopped in its tracks."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    url = f"redis://127.0.0.1:{unused_port + 1}/0"
    where = ["--port", str(unused_port + 1), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen([program, *where, "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)
    try:
        wait_until_it_answers(url)
        settings.CACHES = {
            **settings.CACHES,
            "default": {"BACKEND": "portal.cache.RedisOrMemory", "LOCATION": url},
        }
        settings.CELERY_BROKER_URL = url
        assert caches["default"].get("a", "nothing") == "nothing"
        process.send_signal(signal.SIGSTOP)
        yield url
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait()
        caches["default"].close()
        RedisOrMemory.away_until.pop(url, None)


def wait_until_it_answers(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        for _ in range(200):
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.05)
            else:
                return
    raise AssertionError("Redis did not start.")


def answer(address: str, data: dict[str, str] | None = None) -> HttpResponse:
    """A page's answer; TimeoutError if it waits for Redis as long as that hangs."""
    client = Client()

    def ask() -> HttpResponse:
        try:
            return client.post(address, data) if data else client.get(address)
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(ask).result(ANSWERS_WITHIN)
    finally:
        pool.shutdown(wait=False)


def environment(url: str, settings: Any, var: Path) -> dict[str, str]:
    name = connection.settings_dict["NAME"]
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    keys = {"VAR_DIR": str(settings.VAR_DIR)}  # what is encrypted here is read there
    mail = {"EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}", "MAIL_ASK": ""}
    return {**os.environ, **keys, **mail, "DATABASE_URL": f"{server}/{name}", "REDIS_URL": url}


@pytest.fixture
def worker(hung: str, settings: Any, mail_server: Any, tmp_path: Path) -> Iterator[None]:
    """A Celery worker as in production, started while its broker hangs."""
    command = ["-m", "celery", "-A", "portal", "worker", "--concurrency", "1"]
    with (tmp_path / "worker.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "--loglevel", "WARNING"],
            cwd=ROOT,
            env=environment(hung, settings, tmp_path),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        yield
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_page_that_causes_a_letter_answers_while_the_broker_hangs(hung: str) -> None:
    UserFactory(email="ana@example.org")
    page = answer(reverse("account_request_login_code"), {"email": "ana@example.org"})
    assert page.status_code == 302
    assert list(Message.objects.values_list("event", "status")) == [("sign_in_code", "scheduled")]


def test_machines_read_that_a_broker_that_hangs_is_away(hung: str) -> None:
    page = answer("/readyz")
    assert (page.status_code, page.json()["broker"]) == (200, "away")


def test_a_letter_leaves_while_the_broker_hangs(hung: str, worker: None, mail_server: Any) -> None:
    UserFactory(email="ana@example.org")
    answer(reverse("account_request_login_code"), {"email": "ana@example.org"})
    until = time.monotonic() + LEAVES_WITHIN
    while not mail_server.kept and time.monotonic() < until:
        time.sleep(0.2)
    assert mail_server.recipients == ["ana@example.org"]
