import re

import pytest

from content.pictogram import draw


def people(path):
    """How many dots a path draws: its dashes are 12 apart, and the first stands at the start."""
    return sum(int(length) // 12 + 1 for length in re.findall(r"h(\d+)", path))


@pytest.mark.parametrize(
    ("count", "out_of"),
    [(25, 100), (0, 100), (100, 100), (1, 10), (7, 22), (37, 37), (13, 200), (499, 1000)],
)
def test_as_many_people_are_drawn_as_were_counted(count, out_of):
    drawing = draw(count, out_of)
    assert people(drawing.affected) == count
    assert people(drawing.others) == out_of - count


def test_everybody_stands_inside_the_drawing():
    drawing = draw(30, 100)
    starts = re.findall(r"M(\d+) (\d+)h(\d+)", drawing.affected + drawing.others)
    assert max(int(x) + int(length) for x, _, length in starts) <= drawing.width
    assert max(int(y) for _, y, _ in starts) <= drawing.height


def test_a_thousand_people_are_a_short_path():
    assert len(draw(500, 1000).others) < 1000
