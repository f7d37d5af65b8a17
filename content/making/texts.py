"""The page texts as they stand in content/pages: one file a page, its path is its address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import yaml

from content.making.markup import rich

PAGES = Path(__file__).resolve().parent.parent / "pages"
SOURCES, TERMS = "sources.yaml", "terms.yaml"
Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    address: str
    kind: str
    order: int
    fields: dict[str, Any]  # plain fields of the page
    streams: dict[str, list[Any]]  # its blocks, as written

    @property
    def parent(self) -> str:
        return self.address.rstrip("/").rpartition("/")[0] + "/"

    @property
    def slug(self) -> str:
        return self.address.strip("/").rpartition("/")[2] or "portal"

    @property
    def key(self) -> UUID:
        """Stays with the page when an editor moves or renames it."""
        return uuid5(NAMESPACE_URL, f"portal:{self.address}")


def texts() -> list[Text]:
    """Every page, parents before children, siblings in order."""
    registers = {PAGES / SOURCES, PAGES / TERMS}
    files = (path for path in PAGES.rglob("*.yaml") if path not in registers)
    return sorted((_text(path) for path in files), key=lambda t: (t.address.count("/"), t.order))


def sources() -> dict[str, dict[str, str]]:
    register: dict[str, dict[str, str]] = _read(PAGES / SOURCES)
    return register


def terms() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = _read(PAGES / TERMS)
    return words


def _read(path: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader


def _text(path: Path) -> Text:
    place = path.relative_to(PAGES).with_suffix("")
    steps = place.parts[:-1] if place.name == "index" else place.parts
    data = _read(path)
    kind, order = data.pop("kind"), data.pop("order", 0)
    streams = {name: value for name, value in data.items() if isinstance(value, list)}
    fields = {name: value for name, value in data.items() if name not in streams}
    return Text("/" + "".join(f"{step}/" for step in steps), kind, order, fields, streams)


def blocks(written: list[Block], ids: Mapping[str, int]) -> list[Block]:
    """Blocks as written, in the shape in which a stream stores them."""
    return [_block(block, ids) for block in written]


def _block(block: Block, ids: Mapping[str, int]) -> Block:
    kind = next(iter(block))
    name, shape = SHAPES[kind]
    value = shape(block[kind], block, ids)
    if isinstance(value, dict) and kind != "table":
        value["sources"] = items(block.get("sources", []))
    return {"type": name, "value": value, "id": str(uuid4())}


def items(values: list[Any]) -> list[Block]:
    return [{"type": "item", "value": value, "id": str(uuid4())} for value in values]


def _numbers(value: Block, block: Block, ids: Mapping[str, int]) -> Block:
    counts = [{"count": count, "what": what} for count, what in value["counts"]]
    return value | {"counts": items(counts), "not_known": value.get("not_known", "")}


def _fact(value: str, block: Block, ids: Mapping[str, int]) -> Block:
    checks = [check | {"wrong": items(check["wrong"])} for check in block.get("checks", [])]
    return {"text": rich(value, ids), "checks": items(checks)}


def _frequency(value: Block, block: Block, ids: Mapping[str, int]) -> Block:
    return {"of_what": "people", "rounded": True} | _numbers(value, block, ids)


def _benefit(value: Block, block: Block, ids: Mapping[str, int]) -> Block:
    return value | {"what": rich(value["what"], ids), "risk": rich(value["risk"], ids)}


def _rule(value: Block, block: Block, ids: Mapping[str, int]) -> Block:
    return {"wording": "ours"} | value | {"text": rich(value["text"], ids)}


def _card(value: Block, block: Block, ids: Mapping[str, int]) -> Block:
    return value | {"signs": rich(value["signs"], ids), "do": rich(value["do"], ids)}


def _table(value: Block, block: Block, ids: Mapping[str, int]) -> Block:
    rows = [
        {
            "cells": items([rich(cell, ids) for cell in row["cells"]]),
            "sources": items(row.get("sources", [])),
        }
        for row in value["rows"]
    ]
    return {"caption": value["caption"], "head": items(value["head"]), "rows": items(rows)}


Shape = Callable[[Any, Block, Mapping[str, int]], Any]
SHAPES: dict[str, tuple[str, Shape]] = {
    "heading": ("heading", lambda value, block, ids: value),
    "line": ("line", lambda value, block, ids: {"text": value}),
    "text": ("paragraph", lambda value, block, ids: {"text": rich(value, ids)}),
    "fact": ("key_fact", _fact),
    "numbers": ("numbers", _numbers),
    "frequency": ("frequency", _frequency),
    "benefit": ("benefit", _benefit),
    "rule": ("rule", _rule),
    "card": ("urgency", _card),
    "table": ("table", _table),
    "ask": (
        "question",
        lambda value, block, ids: {"question": value, "answer": rich(block["answer"], ids)},
    ),
    "point_to": ("source", lambda value, block, ids: {"note": value}),
}
