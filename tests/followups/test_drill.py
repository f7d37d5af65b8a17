"""`make drill`, in short: the whole of it takes minutes and is run by hand."""

import sqlite3
import subprocess
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

DRILL = Path(__file__).resolve().parent.parent.parent / ".ci/drill.py"
pytestmark = pytest.mark.django_db


# ---------------------------------------------------------------------------- what it would notice
WRITTEN = [("<a1>", "ana"), ("<b1>", "ben"), ("<a2>", "ana")]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The drill's verdict on what a mail server took and on where the rows stand."""
    monkeypatch.syspath_prepend(str(DRILL.parent))
    course, portal = import_module("drill_course"), import_module("drill_portal")
    mail = import_module("drill_servers").MailServer()

    def judge(*arrived: str, unsent: str = "", verify: int = 0, once: bool = False) -> list[str]:
        file = tmp_path / "rows.sqlite3"
        file.unlink(missing_ok=True)
        with sqlite3.connect(file) as rows:
            rows.execute("create table consult_message (message_id, status)")
            standing = [(one, "failed" if one == unsent else "sent") for one, _ in WRITTEN]
            rows.executemany("insert into consult_message values (?, ?)", standing)
        rows.close()
        mail.order, mail.accepted = list(arrived), Counter(arrived)
        result, address = course.Result("a drill"), {"DATABASE_URL": f"sqlite:///{file}"}
        with portal.portal(address, tmp_path / "log") as stands:
            path = Counter({("sending", "verify"): verify})
            course.Course(stands, mail).judge(result, WRITTEN, path, once=once)
        return list(result.broken)

    return judge


def test_a_drill_is_content_when_each_letter_came_once_in_order(judged: Any) -> None:
    assert judged("<a1>", "<b1>", "<a2>") == []


def test_a_drill_notices_what_is_lost_doubled_unwritten_or_out_of_order(judged: Any) -> None:
    assert judged("<a1>", "<a2>") == ["1 letters are lost."]
    assert judged("<a1>", "<b1>", "<a2>", unsent="<b1>") == ["1 letters do not stand as sent."]
    twice = ("<a1>", "<b1>", "<b1>", "<a2>")
    assert judged(*twice) == ["1 letters came twice; 0 might have."]
    assert judged(*twice, verify=1) == []
    assert judged(*twice, verify=1, once=True) == ["1 letters came twice; 0 might have."]
    later_first = ["1 people got a later letter before an earlier one."]
    assert judged("<a2>", "<a1>", "<b1>") == later_first


# ---------------------------------------------------------------------------------- the short drill


def address(settings_dict: dict[str, Any]) -> str:
    name, host = settings_dict["NAME"], settings_dict["HOST"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    who = ":".join(part for part in (settings_dict["USER"], settings_dict["PASSWORD"]) if part)
    where = f"{host}:{settings_dict['PORT'] or 5432}"
    if host.startswith("/") or not host:
        return f"postgresql:///{name}?host={host}"
    return f"postgresql://{who}@{where}/{name}"


def drill(*wishes: str) -> tuple[int, str]:
    """Its exit status and what it prints. The test's own database saves it the migrations."""
    copy = ["--copy-of", address(connection.settings_dict), "--timeout", "1"]
    done = subprocess.run(
        [sys.executable, str(DRILL), *copy, *wishes],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=400,
        check=False,
    )
    return done.returncode, done.stdout


def figures(said: str, name: str) -> dict[str, int]:
    """What one of its drills saw, by name."""
    start = f"  {name}: "
    line = next(line for line in said.splitlines() if line.startswith(start))
    pairs = (part.rpartition(" ") for part in line.removeprefix(start).split(", "))
    return {what: int(count) for what, _, count in pairs}


@pytest.mark.skipif(
    "connection.vendor != 'sqlite'", reason="it makes its own SQLite: one lane is enough"
)
def test_the_embedded_default_loses_no_letter_when_it_is_killed() -> None:
    status, said = drill("--only", "embedded", "--embedded-letters", "30", "--embedded-kills", "1")
    assert status == 0, said
    seen = figures(said, "killed embedded")
    assert (seen["letters"], seen["lost"], seen["not sent"]) == (30, 0, 0)
    assert seen["twice"] <= seen["verify"] + seen["no answer"]


@pytest.mark.services
def test_production_loses_no_letter_whatever_is_killed_and_sends_none_after_a_cancel() -> None:
    troubles = ["--kills", "2", "--flushes", "1", "--crashes", "1"]
    ends = ["--letters", "60", "--calm", "10", "--races", "20"]
    status, said = drill("--only", "production", *troubles, *ends)
    assert status == 0, said
    killed, calm = figures(said, "killed in production"), figures(said, "two beats")
    assert (killed["letters"], killed["lost"], killed["not sent"]) == (60, 0, 0)
    assert (calm["letters"], calm["lost"], calm["twice"]) == (10, 0, 0)
    races = figures(said, "cancel against send")
    assert (races["races"], races["yet came"], races["lost"], races["twice"]) == (20, 0, 0, 0)


@pytest.mark.services
def test_a_provider_that_can_be_asked_gets_no_letter_twice_whatever_is_killed() -> None:
    troubles = ["--kills", "3", "--flushes", "1", "--crashes", "1", "--asked-letters", "40"]
    status, said = drill("--only", "asked", *troubles)
    assert status == 0, said
    seen = figures(said, "killed and asked")
    assert (seen["letters"], seen["lost"], seen["not sent"], seen["twice"]) == (40, 0, 0, 0)
