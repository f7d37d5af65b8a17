"""The secrets of a portal that runs on its embedded default.

In production every secret comes from the environment. On the embedded default nobody has set
any, so the first start makes them, in a file of its own beside the database folder, readable
by its owner alone. Losing the file means losing what it encrypted.
"""

import base64
import os
import secrets
from pathlib import Path

from portal.refusal import WillNotStart


def fresh_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def make_keys_file(path: Path) -> None:
    """Write the four secrets to `path` unless it is there; two starts at once leave one file."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = [
        f"SECRET_KEY={secrets.token_urlsafe(50)}",
        f"FIELD_KEYS=k1:{fresh_key()}",
        f"INDEX_KEY={fresh_key()}",
    ]
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
    try:
        os.link(draft, path)  # fails if the other start was quicker; its keys then count
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def key_of(name: str, text: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise WillNotStart(
            f"{name} must hold 32 random bytes in URL-safe base64; "
            "`python -m portal.keys` prints fresh ones."
        )
    return key


if __name__ == "__main__":
    print(f"SECRET_KEY={secrets.token_urlsafe(50)}")  # noqa: T201
    print(f"FIELD_KEYS=k1:{fresh_key()}")  # noqa: T201
    print(f"INDEX_KEY={fresh_key()}")  # noqa: T201
