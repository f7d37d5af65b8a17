"""Versions of the published data that exist only for a test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from consult.rules import published

REMEMBERED = (
    *(published.published_versions, published.load_sources, published._questionnaire),
    *(published._ruleset, published._checkins, published._followups),
)


@contextmanager
def copied(to: Path) -> Iterator[Path]:
    """A copy of the published data to add versions to, with nothing remembered before or after."""
    before = published.DATA
    shutil.copytree(before, to)
    published.DATA = to
    forget()
    try:
        yield to
    finally:
        published.DATA = before
        forget()


def forget() -> None:
    for one in REMEMBERED:
        one.cache_clear()


def publish(
    data: Path, version: str, old: str, new: str, change: str, before: str = "0.1.0"
) -> None:
    """A version in which one agreement has other words."""
    text = (data / "intake" / f"{before}.yaml").read_text()
    text = "\n".join(one for one in text.split("\n") if "wording_change" not in one)
    assert old in text
    text = text.replace(f'version: "{before}"', f'version: "{version}"', 1)
    text = text.replace(f'text: "{old}"', f'wording_change: {change}\n  text: "{new}"')
    (data / "intake" / f"{version}.yaml").write_text(text)
    forget()
