"""Read the register of sources."""

from pathlib import Path

from consult.rules.reading.strict import Entry, read_file
from consult.rules.rulesets import Source


def read_sources(path: Path) -> dict[str, Source]:
    """Every source by id. Raises DataError naming the file, the entry and the reason."""
    top = read_file(path)
    top.only("version", "sources")
    sources = top.part("sources")
    return {code: _source(sources.part(code), code) for code in sources.data}


def _source(entry: Entry, code: str) -> Source:
    entry.item = code
    entry.only("title", "url", "seen", "fact")
    seen = entry.one_of("seen", ("abstract", "excerpt", "memory"))
    return Source(code, entry.text("title"), entry.text("url"), seen, entry.text("fact"))
