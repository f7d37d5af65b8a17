"""The production environment that .env.example describes, complete: fresh secrets for change-me."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from portal.keys import fresh_key  # noqa: E402 - the scripts here are run by path


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def complete_environment() -> dict[str, str]:
    """Each change-me becomes a secret of its own, long enough for every one of them."""
    return {name: value.replace("change-me", secret_for(name)) for name, value in example().items()}


def secret_for(name: str) -> str:
    return secrets.token_urlsafe(50) if name == "SECRET_KEY" else fresh_key()
