"""Where each bar of a picture stands. The template draws; nothing here knows of colours."""

from collections.abc import Sequence
from dataclasses import dataclass

from consult.dashboard.insights import Arrivals, Took, slot_in_words, span_in_words
from consult.rules.figures import Share

WIDTH, LINE, BAR = 420, 30, 18
LEFT, RIGHT = 132, 84  # room for what a bar is called and for its number
KEPT_BACK = 12  # wide, however small or large the count is
ROOM = WIDTH - LEFT - RIGHT


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


def stacked(found: Arrivals, *, is_by_week: bool) -> Picture:
    """One bar for each week or month, made of the levels. What is kept back is a box of one width,
    and a total that is kept back is not written."""
    drawn = [sum(count or 0 for count in row.parts) for _, row in found.rows]
    boxes = max((sum(count is None for count in row.parts) for _, row in found.rows), default=0)
    scale = (ROOM - boxes * KEPT_BACK) / max([*drawn, 1])
    bars = []
    for place, (start, row) in enumerate(found.rows):
        x, pieces = LEFT, []
        for level, count in zip(found.levels, row.parts, strict=True):
            width = KEPT_BACK if count is None else round(count * scale)
            if width:
                words = "not shown" if row.is_mixed else "fewer than 5"
                title = f"{level.label}: {words if count is None else count}"
                pieces.append(Piece(x, width, "hidden" if count is None else level.code, title))
            x += width
        label = slot_in_words(start, is_by_week=is_by_week)
        number = "" if row.total is None else str(row.total)
        bars.append(Bar(4 + place * LINE, label, pieces, number))
    return Picture(bars)


def shares(rows: Sequence[tuple[str, Share]]) -> Picture:
    """Bars of which the full width is a hundred per cent."""
    bars = []
    for place, (label, one) in enumerate(rows):
        pieces = []
        if one.percent is not None:
            pieces = [Piece(LEFT, round(ROOM * one.percent / 100), "part", f"{one.percent} %")]
        elif one.about != 0:
            pieces = [Piece(LEFT, KEPT_BACK, "hidden", "fewer than 5")]
        bars.append(Bar(4 + place * LINE, label, pieces, share_in_words(one)))
    return Picture(bars)


def spans(rows: Sequence[Took]) -> Picture:
    """Two bars for each step: the median and the 90th percentile."""
    longest = max((one.most or one.median for one in rows if one.median), default=None)
    bars: list[Bar] = []
    for step, one in enumerate(rows, start=1):
        for name, span, pattern in (("median", one.median, "part"), ("90 %", one.most, "high")):
            width = round(ROOM * (span / longest)) if span and longest else 0
            piece = [Piece(LEFT, width, pattern, f"{one.words}, {name}")] if width else []
            label = f"Step {step}, {name}"
            bars.append(Bar(4 + len(bars) * LINE, label, piece, span_in_words(span)))
    return Picture(bars)


def share_in_words(one: Share) -> str:
    if one.percent is not None:
        return f"{one.percent} %"
    return "none yet" if one.about == 0 else "too few"
