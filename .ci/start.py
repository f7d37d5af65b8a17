"""`make run`, first half: may it start, and is there an environment? Then portal/start.py.

Standard library only. It holds var/run.lock from here to the last worker's end, so that one
checkout runs once; the lock goes with the processes, however they end.
"""

from __future__ import annotations

import fcntl
import os
import socket
import sys
from pathlib import Path

from environment import PYTHON, ROOT, prepare, say, stop

VAR = Path(os.environ.get("VAR_DIR") or ROOT / "var")


def main() -> None:
    host, port = wanted_address()
    take_lock(host, port)
    check_port(host, port)
    say(f"The portal starts on http://{host}:{port} (Ctrl-C ends it)")
    prepare("run")
    os.environ |= {"HOST": host, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    os.environ.setdefault("SITE_URL", f"http://{host}:{port}")
    os.chdir(ROOT)
    os.execv(str(PYTHON), [str(PYTHON), "-m", "portal.start"])  # noqa: S606 - no shell wanted


def wanted_address() -> tuple[str, int]:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        stop(f"PORT is “{text}”; it must be a number from 1 to 65535, as in: PORT=8080 make run")
    return os.environ.get("HOST") or "127.0.0.1", int(text)


def take_lock(host: str, port: int) -> None:
    VAR.mkdir(parents=True, exist_ok=True)
    lock = os.open(VAR / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        other = os.read(lock, 200).decode().strip()
        stop(f"This checkout runs already ({other}). End that one with Ctrl-C first.")
    os.ftruncate(lock, 0)
    os.write(lock, f"process {os.getpid()}, http://{host}:{port}".encode())
    os.set_inheritable(lock, True)


def check_port(host: str, port: int) -> None:
    try:
        [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        stop(f"HOST is “{host}”, which is no address of this computer.")
    except PermissionError:
        stop(f"Port {port} needs more rights. Take another one: PORT=8080 make run")
    except OSError:
        other = 8080 if port != 8080 else 8090
        stop(
            f"Port {port} on {host} is in use by another program. "
            f"Take another one: PORT={other} make run"
        )


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped; the next start goes on from here.")
