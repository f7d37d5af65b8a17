"""Questions that a person may pick to ask at the consultation."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Suggestion:
    id: str
    words: str
    topics: tuple[str, ...]  # none: for everybody


@dataclass(frozen=True)
class Suggestions:
    version: str
    all: tuple[Suggestion, ...]

    @cached_property
    def by_id(self) -> dict[str, Suggestion]:
        return {one.id: one for one in self.all}

    def about(self, topics: Collection[str]) -> list[Suggestion]:
        """Those for everybody and those about one of the topics, in the order of the file."""
        wanted = set(topics)
        return [one for one in self.all if not one.topics or wanted.intersection(one.topics)]
