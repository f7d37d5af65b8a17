"""People drawn in rows: where each of “x in y” stands. Plain geometry, no colours.

A row is a line whose dashes are dots, one for each person, so a thousand people are a short path.
"""

from dataclasses import dataclass

STEP = 12  # from one person to the next
GAP = 6  # after each group of ten, so that readers can count
ROW = 19
EDGE = 7
GROUP = 10


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: int
    affected: str  # the path of those it happened to
    others: str


def draw(count: int, out_of: int) -> Drawing:
    """`count` people of `out_of`, counted from the upper left; at most `out_of` are drawn."""
    count, across = min(count, out_of), 20 if out_of <= 200 else 50
    columns = min(across, out_of)
    rows = -(-out_of // across)
    return Drawing(
        width=_x(columns - 1) + EDGE,
        height=rows * ROW,
        affected=_path(0, count, across),
        others=_path(count, out_of, across),
    )


def _path(first: int, end: int, across: int) -> str:
    runs = []
    while first < end:
        row, column = divmod(first, across)
        length = min(GROUP - column % GROUP, across - column, end - first)
        # One unit longer than the last dot, so that rounding never drops it.
        runs.append(f"M{_x(column)} {EDGE + row * ROW}h{(length - 1) * STEP + 1}")
        first += length
    return "".join(runs)


def _x(column: int) -> int:
    return EDGE + column * STEP + column // GROUP * GAP
