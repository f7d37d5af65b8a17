"""The figures about everybody together, as bars."""

from collections.abc import Sequence

from consult.dashboard.insights import Arrivals, Took, slot_in_words, span_in_words
from consult.pictures import LEFT, LINE, ROOM, Bar, Picture, Piece
from consult.rules.figures import Share

KEPT_BACK = 12  # wide, however small or large the count is


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
