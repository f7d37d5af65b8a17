"""`make check`: one line a step, all of them even if one fails, and one answer at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from production_environment import complete_environment

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LOCKS = ("requirements", "requirements-dev")


@dataclass(frozen=True)
class Step:
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    step: Step
    seconds: float
    passed: bool
    output: str


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="portal-check-") as scratch:
        steps = [*code_steps(), *django_steps(Path(scratch)), *file_steps(Path(scratch))]
        # Two at a time: mypy alone takes as long as all the others.
        with ThreadPoolExecutor(max_workers=2) as pool:
            outcomes = list(pool.map(run, steps))
    failed = [outcome.step.name for outcome in outcomes if not outcome.passed]
    print(f"FAILED: {', '.join(failed)}" if failed else f"All {len(outcomes)} checks passed.")
    return 1 if failed else 0


def code_steps() -> list[Step]:
    return [
        Step("types", [tool("mypy")]),
        Step("lint", [tool("ruff"), "check", "."]),
        Step("format", [tool("ruff"), "format", "--check", "."]),
        Step("import contracts", [tool("lint-imports"), "--no-cache"]),
        Step("templates", [tool("djlint"), "--lint", "--quiet", *template_folders()]),
    ]


def django_steps(scratch: Path) -> list[Step]:
    manage = [sys.executable, "manage.py"]
    embedded = {"PORTAL_MODE": "embedded", "VAR_DIR": str(scratch / "embedded")}
    production = complete_environment() | {"VAR_DIR": str(scratch / "production")}
    deploy = ["check", "--deploy", "--fail-level", "WARNING"]
    return [
        Step("migrations", [*manage, "makemigrations", "--check", "--dry-run"], embedded),
        Step("deployment", [*manage, *deploy], production),
    ]


def file_steps(scratch: Path) -> list[Step]:
    compose = ["--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    steps = [
        Step("docker-compose.yml", [tool("check-jsonschema"), *compose]),
        Step("shell", ["bash", "-n", ".ci/run"]),
    ]
    if not shutil.which("uv"):
        return steps
    return steps + [Step(f"{name}.txt", lock_command(name, scratch)) for name in LOCKS]


def lock_command(name: str, scratch: Path) -> list[str]:
    """Compiles again from what is pinned; nothing may change."""
    again = scratch / f"{name}.txt"
    shutil.copy(ROOT / f"{name}.txt", again)
    options = "--quiet --no-header --universal --python-version 3.11 --generate-hashes"
    compiled = f"uv pip compile {options} {name}.in -o {again}"
    return ["bash", "-c", f"{compiled} && diff <(grep -v '^#' {name}.txt) {again} >&2"]


def template_folders() -> list[str]:
    return [str(path.relative_to(ROOT)) for path in (ROOT / "templates",) if path.is_dir()]


def tool(name: str) -> str:
    return str(BIN / name)


def run(step: Step) -> Outcome:
    started = time.monotonic()
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "PORTAL_MODE", "SITE_URL"}
    }
    done = subprocess.run(
        step.command,
        cwd=ROOT,
        env=environment | step.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    outcome = Outcome(
        step, time.monotonic() - started, done.returncode == 0, done.stdout + done.stderr
    )
    say(outcome)
    return outcome


def say(outcome: Outcome) -> None:
    word = "ok    " if outcome.passed else "FAILED"
    print(f"{word} {outcome.step.name} ({outcome.seconds:.1f} s)", flush=True)
    if not outcome.passed:
        print("\n".join(f"       {line}" for line in outcome.output.splitlines()), flush=True)


if __name__ == "__main__":
    sys.exit(main())
