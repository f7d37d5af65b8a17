"""Makes .venv hold exactly what the requirement files pin. Standard library only: it runs first.

python3 .ci/environment.py        what the portal runs on
python3 .ci/environment.py dev    and what its tests and checks run on
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / ".unfinished"
NEEDED = (3, 11)
PIP_WITH_PYTHON_OPTION = (22, 3)
HEARTBEAT_SECONDS = 2.0
FILES = {
    "run": ["requirements.txt"],
    "dev": ["requirements.txt", "requirements-dev.txt"],
}


def main() -> None:
    prepare("dev" if sys.argv[1:] == ["dev"] else "run")


def prepare(goal: str) -> None:
    """Returns at once if the environment is as pinned; else makes it so, saying what it does."""
    if sys.version_info < NEEDED:
        stop(
            f"The portal needs Python 3.11 or newer; {sys.executable} is "
            f"{sys.version_info[0]}.{sys.version_info[1]}. With another one installed: "
            "make PYTHON=python3.12 …"
        )
    if is_ready(goal):
        return
    started = time.monotonic()
    lock = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)  # a second make in this checkout waits for the first
    try:
        if not is_ready(goal):
            make_venv()
            install(goal)
            say(f"environment ready after {time.monotonic() - started:.0f} s")
    finally:
        os.close(lock)


def is_ready(goal: str) -> bool:
    stamp = stamp_of(goal)
    return PYTHON.exists() and stamp.exists() and stamp.read_text() == digest(goal)


def stamp_of(goal: str) -> Path:
    return VENV / f".installed-{goal}"


def digest(goal: str) -> str:
    text = hashlib.sha256(sys.version.encode())
    for name in FILES[goal]:
        text.update((ROOT / name).read_bytes())
    return text.hexdigest()


def make_venv() -> None:
    """A new, empty .venv, unless a whole one of a Python that will do is there."""
    if PYTHON.exists() and not UNFINISHED.exists() and version_of(PYTHON) >= NEEDED:
        return
    say("making .venv" + (" anew: the last installation was cut off" * UNFINISHED.exists()))
    done = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        stop(
            "Python could not make a virtual environment. On Debian and Ubuntu: "
            f"apt install python3-venv. It said: {(done.stderr or done.stdout).strip()[-300:]}"
        )


def version_of(python: Path) -> tuple[int, ...]:
    code = "import sys; print(*sys.version_info[:2])"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    return tuple(int(part) for part in done.stdout.split())


def install(goal: str) -> None:
    UNFINISHED.touch()
    wanted = sum((ROOT / name).read_text().count("==") for name in FILES[goal])
    for tool, command in installers():
        say(f"installing {wanted} packages with {tool}; the first time takes up to a minute")
        if run_showing_progress([*command, *requirement_options(goal)], wanted):
            UNFINISHED.unlink(missing_ok=True)
            stamp_of(goal).write_text(digest(goal))
            if goal == "dev":
                stamp_of("run").write_text(digest("run"))
            return
    stop("The packages could not be installed; what went wrong stands above. Then try again.")


def requirement_options(goal: str) -> list[str]:
    options = ["--require-hashes", "--no-deps"]
    for name in FILES[goal]:
        options += ["-r", str(ROOT / name)]
    return options


def installers() -> Iterator[tuple[str, list[str]]]:
    """uv where it works; after it pip, of this Python if new enough, else one put into .venv."""
    with_uv = works(["uv", "--version"])
    if with_uv:
        yield "uv", ["uv", "pip", "install", "--python", str(PYTHON)]
    # Not compiled: what is imported compiles itself, the rest is never needed.
    quietly = ["--no-compile", "--no-input", "--progress-bar", "off", "--disable-pip-version-check"]
    if pip_version() >= PIP_WITH_PYTHON_OPTION:
        pip = [sys.executable, "-m", "pip", "--python", str(PYTHON), "install", *quietly]
        yield "pip", pip
    elif works([str(PYTHON), "-m", "ensurepip"]):
        yield "pip", [str(PYTHON), "-m", "pip", "install", *quietly]
    elif not with_uv:
        stop(
            "Neither uv nor pip is here to install packages. On Debian and Ubuntu: "
            "apt install python3-venv python3-pip"
        )


def works(command: list[str]) -> bool:
    if not shutil.which(command[0]):
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def pip_version() -> tuple[int, ...]:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, text=True, check=False
    )
    words = done.stdout.split()
    if done.returncode or len(words) < 2:
        return ()
    return tuple(int(part) for part in words[1].split(".")[:2] if part.isdigit())


def run_showing_progress(command: list[str], wanted: int) -> bool:
    """Runs the installer; says every two seconds how far it is; its own words only if it fails."""
    words: list[str] = []
    started = time.monotonic()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    ) as tool:
        reader = threading.Thread(target=lambda: words.extend(tool.stdout or ()), daemon=True)
        reader.start()
        while reader.is_alive():
            reader.join(HEARTBEAT_SECONDS)
            if reader.is_alive():
                say(f"  {progress(words, wanted)} ({time.monotonic() - started:.0f} s)")
    if tool.returncode:
        print("".join(words[-20:]), file=sys.stderr, flush=True)
    return tool.returncode == 0


def progress(words: list[str], wanted: int) -> str:
    unpacked = len(list(VENV.glob("lib/python*/site-packages/*.dist-info")))
    fetched = sum(line.startswith("Collecting ") for line in list(words))
    if unpacked or not fetched:
        return f"{min(unpacked, wanted)} of {wanted} installed"
    return f"{fetched} of {wanted} fetched"


def say(text: str) -> None:
    print(text, flush=True)


def stop(sentence: str) -> None:
    sys.exit(sentence)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped; the next start goes on from here.")
