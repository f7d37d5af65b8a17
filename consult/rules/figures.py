"""Figures about many people that tell nothing about one: percentiles, and counts kept small.

A percentile is by nearest rank: the smallest value that at least so many per cent of all values do
not exceed. It is always a value that occurred; nothing is worked out between two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

FEWER_THAN = 5


@dataclass(frozen=True, slots=True)
class Row:
    """Counts that may be shown; None stands for one that is kept back.

    `is_mixed`: beside small ones a larger count was kept back, because with the total shown the
    small one could be worked out.
    """

    parts: tuple[int | None, ...]
    total: int | None
    is_mixed: bool = False

    @property
    def hides(self) -> bool:
        return None in self.parts or self.total is None


def nearest_rank(percent: int, count: int) -> int:
    """The place (from 0) of a percentile among so many values in ascending order."""
    if not 0 < percent <= 100 or count < 1:
        raise ValueError("A percentile is over 0 to 100, of at least one value.")
    return ceil(percent * count / 100) - 1


def is_small(count: int) -> bool:
    return 0 < count < FEWER_THAN


def shown(parts: Sequence[int]) -> Row:
    """Parts of a total and the total, so that no small count can be read or worked out.

    Small counts (1 to 4) are kept back. Next to the total a single one could be subtracted back,
    and so could ones that can only all be 1: then the smallest of the other parts is kept back
    too, until the parts kept back are at least two and more than `FEWER_THAN` and their number
    together. Where no part is left for that, the total is kept back instead.
    """
    total = sum(parts)
    hidden = {place for place, count in enumerate(parts) if is_small(count)}
    if not hidden:
        return Row(tuple(parts), total)
    small = len(hidden)
    others = sorted((count, place) for place, count in enumerate(parts) if count >= FEWER_THAN)
    while can_be_worked_out([parts[place] for place in hidden]) and others:
        hidden.add(others.pop(0)[1])
    kept = tuple(None if place in hidden else count for place, count in enumerate(parts))
    if can_be_worked_out([parts[place] for place in hidden]):
        return Row(kept, None)
    return Row(kept, total, is_mixed=len(hidden) > small)


def can_be_worked_out(hidden: Sequence[int]) -> bool:
    """Whether the sum of parts kept back gives one of them away."""
    return len(hidden) < 2 or sum(hidden) <= max(FEWER_THAN, len(hidden))


@dataclass(frozen=True, slots=True)
class Share:
    """How many of about how many. `percent` is None where a part is small, `about` likewise."""

    percent: int | None
    about: int | None


def share(part: int, rest: int) -> Share:
    """A part of a whole in per cent, if neither it nor the rest is small.

    How many they are together is told to the nearest five only: next to other figures about the
    same people the whole number would let a count that is kept back be worked out.
    """
    total = part + rest
    if is_small(total) or not total:
        return Share(None, 0 if not total else None)
    percent = None if is_small(part) or is_small(rest) else (200 * part + total) // (2 * total)
    return Share(percent, about(total))


def about(count: int) -> int:
    """To the nearest five, but never a none that is some."""
    return max(FEWER_THAN, (count + 2) // 5 * 5) if count else 0


@dataclass(frozen=True, slots=True)
class Middle:
    """Which places, from 0, hold the median and the 90th percentile; None where too few."""

    median: int | None
    most: int | None


LEAST_FOR_MOST = 10  # of fewer, the 90th percentile would be the one who waited longest


def middle(count: int) -> Middle:
    if count < FEWER_THAN:
        return Middle(None, None)
    most = nearest_rank(90, count) if count >= LEAST_FOR_MOST else None
    return Middle(nearest_rank(50, count), most)
