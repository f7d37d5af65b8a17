"""Pictures of bars: where each stands. The template draws; nothing here knows of colours."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, LINE, BAR = 420, 30, 18
LEFT, RIGHT = 132, 84  # room for what a bar is called and for its number
ROOM = WIDTH - LEFT - RIGHT
THINNEST = 2  # a nought is a line, so that it is seen to be one


@dataclass(frozen=True, slots=True)
class Piece:
    x: int
    width: int
    pattern: str  # a level's code, "part" or "hidden"
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    y: int
    label: str
    pieces: Sequence[Piece]
    number: str

    @property
    def baseline(self) -> int:
        return self.y + BAR - 4

    @property
    def end(self) -> int:
        last = self.pieces[-1] if self.pieces else Piece(LEFT, 0, "", "")
        return last.x + last.width + 6


@dataclass(frozen=True, slots=True)
class Picture:
    bars: Sequence[Bar]

    width, bar, left, name_ends = WIDTH, BAR, LEFT, LEFT - 8

    @property
    def height(self) -> int:
        return len(self.bars) * LINE + 4


def scores(rows: Sequence[tuple[str, int]], *, most: int) -> Picture:
    """One bar for each figure, of which the full width is `most`."""
    bars = []
    for place, (label, score) in enumerate(rows):
        width = max(THINNEST, round(ROOM * score / most))
        piece = Piece(LEFT, width, "part", f"{score} of {most}")
        bars.append(Bar(4 + place * LINE, label, [piece], str(score)))
    return Picture(bars)
