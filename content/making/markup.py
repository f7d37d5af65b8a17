"""The few marks that page texts use, as the editor's rich text: **bold**, *italic*, [links](/to/).

A blank line parts paragraphs; lines that begin with “- ” or “1. ” make a list, “### ” a heading.
"""

import re
from collections.abc import Mapping
from html import escape

LISTS = (("ul", re.compile(r"- ")), ("ol", re.compile(r"\d+\. ")))


def rich(text: str, ids: Mapping[str, int]) -> str:
    """`text` as rich text; `ids` gives the page behind an address, so that links follow it."""
    parts = re.split(r"\n\s*\n", text.strip())
    return "".join(_part(part.strip(), ids) for part in parts)


def _part(part: str, ids: Mapping[str, int]) -> str:
    for tag, mark in LISTS:
        if mark.match(part):
            items = re.split(rf"(?m)^{mark.pattern}", part)[1:]
            return f"<{tag}>" + "".join(f"<li>{_line(i, ids)}</li>" for i in items) + f"</{tag}>"
    if part.startswith("### "):
        return f"<h3>{_line(part[4:], ids)}</h3>"
    return f"<p>{_line(part, ids)}</p>"


def _line(text: str, ids: Mapping[str, int]) -> str:
    line = escape(" ".join(text.split()), quote=False)
    line = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", line)
    line = re.sub(r"\*(.+?)\*", r"<i>\1</i>", line)
    return re.sub(r"\[(.+?)\]\((.+?)\)", lambda found: _link(found[1], found[2], ids), line)


def _link(label: str, address: str, ids: Mapping[str, int]) -> str:
    if address in ids:
        return f'<a linktype="page" id="{ids[address]}">{label}</a>'
    return f'<a href="{escape(address)}">{label}</a>'
