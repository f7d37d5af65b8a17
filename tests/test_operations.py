"""What runs the portal: its settings, its files for production, `make run` and the contracts."""

import fcntl
import os
import re
import runpy
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / ".ci"
NEEDED = ["SECRET_KEY", "FIELD_KEYS", "INDEX_KEY", "SITE_URL", "DATABASE_URL", "REDIS_URL"]
NEEDED += ["EMAIL_URL", "DEFAULT_FROM_EMAIL"]


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The environment of .env.example, filled in."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    values = runpy.run_path(str(SCRIPTS / "production_environment.py"))["complete_environment"]()
    values["VAR_DIR"] = str(tmp_path)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return dict(values)


def load_settings() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "portal/settings.py"))


# --------------------------------------------------------------------------------------- settings


def test_env_example_has_a_line_for_every_setting_that_is_read() -> None:
    code = "".join((ROOT / f"portal/{name}.py").read_text() for name in ("settings", "gunicorn"))
    asking = r"(?:env\.\w+|required|needed_in_production|environ\.get)"
    read = set(re.findall(asking + r'\(\s*"([A-Z_]+)"', code))
    written = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read - written == set()
    assert written - read == {"POSTGRES_PASSWORD", "WORKER_PROCESSES"}  # docker-compose.yml's own


def test_a_filled_in_env_example_is_a_complete_production_environment(
    production: dict[str, str],
) -> None:
    settings = load_settings()
    assert settings["SITE_URL"] == "https://portal.example"
    assert settings["DATABASES"]["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert (settings["DEBUG"], settings["SESSION_COOKIE_SECURE"]) == (False, True)


def test_what_a_database_address_asks_for_is_kept(
    production: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://a:b@db:5432/c?sslmode=verify-full")
    assert load_settings()["DATABASES"]["default"]["OPTIONS"]["sslmode"] == "verify-full"


@pytest.mark.parametrize("name", NEEDED)
def test_production_does_not_start_without(
    name: str, production: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(ImproperlyConfigured, match=name):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "change-me"),
        ("SECRET_KEY", "short"),
        ("FIELD_KEYS", "k1:not-a-key"),
        ("SITE_URL", "http://portal.example"),
        ("ALLOWED_HOSTS", "*"),
        ("DATABASE_URL", "sqlite:///portal.sqlite3"),
        ("PORTAL_MODE", "prod"),
        ("TIME_ZONE", "Mars/Base"),
        ("EMAIL_TIMEOUT", "0"),
        ("EMAIL_URL", "mailgun://key-without-a-domain"),
        ("EMAIL_WEBHOOK_SECRET", "provider:but-EMAIL_URL-names-a-mail-server"),
        ("OUTBOX_CONNECTIONS", "0"),
        ("OUTBOX_LEASE_SECONDS", "299"),
        ("OUTBOX_SETTLE_SECONDS", "39"),
    ],
)
def test_production_does_not_start_with(
    name: str, value: str, production: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=name):
        load_settings()


def test_a_mail_provider_is_heard_once_its_secrets_are_set(
    production: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_URL", "mailgun://key@mg.portal.example")
    with pytest.raises(ImproperlyConfigured, match="EMAIL_WEBHOOK_SECRET"):
        load_settings()
    monkeypatch.setenv("EMAIL_WEBHOOK_SECRET", "mailgun:a-password-of-enough-letters")
    monkeypatch.setenv("EMAIL_WEBHOOK_SIGNING_KEY", "signing-key")
    settings = load_settings()
    assert settings["EMAIL_WEBHOOKS"] == "mailgun"
    assert settings["EMAIL_BACKEND"] == "anymail.backends.mailgun.EmailBackend"
    assert settings["ANYMAIL"]["MAILGUN_WEBHOOK_SIGNING_KEY"] == "signing-key"


# --------------------------------------------------------------------------------- compose, image


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return dict(composed["services"])


def test_compose_hands_every_setting_to_each_process_of_the_portal(
    services: dict[str, Any],
) -> None:
    written = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    own = {"POSTGRES_PASSWORD", "WORKER_PROCESSES"}
    for name in ("web", "worker", "beat", "migrate"):
        assert set(services[name]["environment"]) == written - own, name


def test_compose_stops_with_a_sentence_where_a_needed_setting_is_missing(
    services: dict[str, Any],
) -> None:
    given = services["web"]["environment"]
    assert [name for name in NEEDED if f"${{{name}:?Set {name} in .env" not in given[name]] == []


def test_compose_starts_nothing_before_what_it_needs(services: dict[str, Any]) -> None:
    waits = {
        name: {what: how["condition"] for what, how in one.get("depends_on", {}).items()}
        for name, one in services.items()
    }
    after_migrate = {
        "migrate": "service_completed_successfully",
        "redis": "service_healthy",
    }
    assert waits == {
        "proxy": {"web": "service_healthy"},
        "web": after_migrate,
        "worker": after_migrate,
        "beat": after_migrate,
        "migrate": {"db": "service_healthy"},
        "db": {},
        "redis": {},
    }


def test_only_the_proxy_of_compose_can_be_reached_from_outside(services: dict[str, Any]) -> None:
    assert [name for name, one in services.items() if "ports" in one] == ["proxy"]


def test_the_image_copies_what_the_build_is_allowed_to_see() -> None:
    copied = re.findall(r"^COPY (?!--)(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    seen = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert sorted(copied) == sorted(seen)
    assert [name for name in copied if not (ROOT / name).exists()] == []


# --------------------------------------------------------------------------------------- make run


def start(root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The first half of `make run` in a folder that has the scripts alone."""
    shutil.copytree(SCRIPTS, root / ".ci", dirs_exist_ok=True)
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, str(root / ".ci/start.py")],
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_a_port_in_use_gets_a_sentence_and_a_way_out_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = start(tmp_path, PORT=str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"Port {port} on 127.0.0.1 is in use by another program. "
        "Take another one: PORT=8080 make run\n"
    )
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("port", ["web", "0", "65536", "-1"])
def test_a_wrong_port_gets_a_sentence(port: str, tmp_path: Path) -> None:
    done = start(tmp_path, PORT=port)
    assert done.returncode == 1
    assert done.stderr.startswith(f"PORT is “{port}”; it must be a number from 1 to 65535")


def test_a_second_run_in_one_checkout_says_that_there_is_a_first(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    with (tmp_path / "var/run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("process 42, http://127.0.0.1:8000")
        lock.flush()
        done = start(tmp_path, PORT="8000")
    assert done.returncode == 1
    assert done.stderr == (
        "This checkout runs already (process 42, http://127.0.0.1:8000). "
        "End that one with Ctrl-C first.\n"
    )


# ------------------------------------------------------------------------------------ environment


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the scripts, nothing to install, and a uv that does nothing."""
    shutil.copytree(SCRIPTS, tmp_path / ".ci")
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).touch()
    uv = tmp_path / "bin/uv"
    uv.parent.mkdir()
    uv.write_text("#!/bin/sh\nexit 0\n")
    uv.chmod(0o755)
    return tmp_path


def environment(checkout: Path, *goal: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, str(checkout / ".ci/environment.py"), *goal],
        env={"PATH": f"{checkout / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [re.split("; | after ", line)[0] for line in done.stdout.splitlines()]


MADE = ["making .venv", "installing 0 packages with uv", "environment ready"]


def test_the_environment_is_made_once(checkout: Path) -> None:
    assert environment(checkout) == MADE
    assert environment(checkout) == []


def test_other_pins_are_installed_into_the_same_environment(checkout: Path) -> None:
    environment(checkout)
    (checkout / "requirements.txt").write_text("# another pin\n")
    assert environment(checkout) == MADE[1:]


def test_tests_need_more_than_the_portal_and_the_portal_no_more_than_tests(checkout: Path) -> None:
    environment(checkout)
    assert environment(checkout, "dev") == MADE[1:]
    (checkout / ".venv/.installed-run").unlink()
    environment(checkout, "dev")
    assert environment(checkout, "dev") == []


def test_an_installation_that_was_cut_off_begins_anew(checkout: Path) -> None:
    environment(checkout)
    (checkout / ".venv/.installed-run").unlink()
    (checkout / ".venv/.unfinished").touch()
    (checkout / ".venv/half").touch()
    assert environment(checkout) == [
        "making .venv anew: the last installation was cut off",
        *MADE[1:],
    ]
    assert not (checkout / ".venv/half").exists()


# ------------------------------------------------------------------------------- import contracts


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for name in ("portal", "consult", "content"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def broken_contracts(folder: Path) -> list[str]:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return re.findall(r"^(.+) BROKEN", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("consult/models/codes.py", "import consult.intake", "Imports inside consult go one way"),
        ("consult/helpers.py", "", "Imports inside consult go one way"),
        (
            "consult/intake/forms.py",
            "import consult.intake.views",
            "Inside a feature: views, forms, actions, letters",
        ),
        ("consult/rules/conditions.py", "import django", "The clinic's rules are plain Python"),
        ("content/apps.py", "import consult.fields", "The pages know nothing of consultations"),
        (
            "consult/audit.py",
            "import content.blocks",
            "Consultations use content.topics and nothing else of the pages",
        ),
        ("consult/audit.py", "import portal.keys", "Neither app imports the project"),
        (
            "portal/health.py",
            "import consult.tasks",
            "Nothing imports the tasks; beat and the worker find them",
        ),
    ],
)
def test_an_import_against_the_one_way_is_refused(
    file: str, line: str, broken: str, copy: Path
) -> None:
    path = copy / file
    before = path.read_text() if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n")
    try:
        assert broken_contracts(copy) == [broken]
    finally:
        path.unlink() if before is None else path.write_text(before)
