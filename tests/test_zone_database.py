"""The portal says so when the rules of the zones are too old for its letters."""

import os
import shutil
import subprocess
import sys
import zoneinfo
from pathlib import Path

import pytest
from django.conf import settings
from django.core.checks import run_checks


@pytest.fixture
def old_zones(tmp_path: Path) -> Path:
    """A zone database in which Mexico City still has a summer time."""
    (tmp_path / "America").mkdir()
    places = [Path(one) / "America/Chicago" for one in zoneinfo.TZPATH]
    shutil.copy(next(one for one in places if one.exists()), tmp_path / "America/Mexico_City")
    return tmp_path


def test_a_zone_database_of_today_is_no_error() -> None:
    assert [one for one in run_checks() if one.id == "consult.E001"] == []


def test_with_an_old_zone_database_nothing_starts_and_a_sentence_says_what_to_do(
    old_zones: Path,
) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"PYTHONTZPATH": str(old_zones)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "The time zone database is older than 2022f" in ended.stderr
    assert "tzdata" in ended.stderr
