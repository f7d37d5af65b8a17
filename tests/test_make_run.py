"""`make run` itself: one process group that starts, stops and comes up again."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120
STOP_SECONDS = 6  # four, and two for a busy machine

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("DATABASE_URL")), reason="runs on SQLite, and did in that lane"
)


class Portal:
    """The second half of `make run`, on a database and a port of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.folder = folder

    def start(self) -> str:
        environment = os.environ | {
            "VAR_DIR": str(self.folder / "var"),
            "PORT": str(self.port),
            "SITE_URL": f"http://127.0.0.1:{self.port}",
        }
        with (self.folder / "output").open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal.start"],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.wait_for_page()
        return (self.folder / "output").read_text()

    def wait_for_page(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "output").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as page:
                return bool(page.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self, number: int, *, whole_group: bool) -> int:
        """Sends the signal; returns the exit status once nothing of the group is left."""
        deadline = time.monotonic() + STOP_SECONDS
        (os.killpg if whole_group else os.kill)(self.process.pid, number)
        status = self.process.wait(STOP_SECONDS)
        while self.lives():
            assert time.monotonic() < deadline, "a process of the group is left"
            time.sleep(0.05)
        return status

    def lives(self) -> bool:
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return not Path("/proc").is_dir() or any(self.states())

    def states(self) -> Iterator[str]:
        """The group's processes that are more than an entry that nobody has collected yet."""
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
                if int(group) == self.process.pid and state != "Z":
                    yield state


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    one = Portal(tmp_path_factory.mktemp("run"))
    yield one
    if one.lives():
        os.killpg(one.process.pid, signal.SIGKILL)


def test_it_starts_says_where_and_who_and_ends_whole_however_it_is_asked(portal: Portal) -> None:
    output = portal.start()
    assert f"http://127.0.0.1:{portal.port}/staff/" in output
    assert "clinician@demo.example" in output
    assert portal.stop(signal.SIGINT, whole_group=True) == 0

    portal.start()
    assert portal.stop(signal.SIGTERM, whole_group=False) == 0

    portal.start()
    assert portal.stop(signal.SIGKILL, whole_group=False) == -signal.SIGKILL

    assert "making the database" not in portal.start()
    assert portal.stop(signal.SIGINT, whole_group=False) == 0
