"""Percentiles by nearest rank; small counts cannot be read or worked out."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.rules.figures import (
    Middle,
    Row,
    Share,
    about,
    middle,
    nearest_rank,
    share,
    shown,
)

COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("percent", "count", "place"),
    [(50, 1, 0), (50, 2, 0), (50, 5, 2), (90, 9, 8), (90, 10, 8), (90, 11, 9), (100, 7, 6)],
)
def test_the_nearest_rank_is_the_first_value_that_enough_do_not_exceed(percent, count, place):
    assert nearest_rank(percent, count) == place


@pytest.mark.parametrize(("percent", "count"), [(0, 5), (101, 5), (50, 0)])
def test_there_is_no_percentile_of_nothing(percent, count):
    with pytest.raises(ValueError, match="percentile"):
        nearest_rank(percent, count)


@given(st.lists(st.integers(0, 99), min_size=1), st.integers(1, 100))
def test_at_least_so_many_per_cent_do_not_exceed_a_percentile_and_it_is_the_smallest(
    values, percent
):
    values.sort()
    found = values[nearest_rank(percent, len(values))]
    enough = [one for one in values if 100 * sum(v <= one for v in values) >= percent * len(values)]
    assert found == enough[0]


@pytest.mark.parametrize(
    ("parts", "row"),
    [
        ((), Row((), 0)),
        ((0, 0), Row((0, 0), 0)),
        ((5, 9), Row((5, 9), 14)),
        # alone it could be subtracted back: the smallest other goes with it
        ((3, 9, 7), Row((None, 9, None), 19, is_mixed=True)),
        # none is left to go with it: the total goes
        ((3, 0), Row((None, 0), None)),
        # two that can only both be 1
        ((1, 1, 8, 6), Row((None, None, 8, None), 16, is_mixed=True)),
        ((1, 1), Row((None, None), None)),
        ((4, 3, 8), Row((None, None, 8), 15)),
    ],
)
def test_small_counts_are_kept_back_with_what_would_give_them_away(parts, row):
    assert shown(parts) == row


@given(COUNTS)
def test_no_count_from_one_to_four_is_ever_shown(parts):
    row = shown(parts)
    assert not any(count in {1, 2, 3, 4} for count in row.parts)
    assert all(count in {None, part} for count, part in zip(row.parts, parts, strict=True))


def possible(row: Row) -> list[tuple[int, ...]]:
    """Every way to fill in what is kept back that the total allows."""
    hidden = [place for place, count in enumerate(row.parts) if count is None]
    left = (row.total or 0) - sum(count or 0 for count in row.parts)
    ways = product(range(1, left + 1), repeat=len(hidden))
    return [way for way in ways if sum(way) == left]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_what_is_kept_back_could_always_be_something_else(parts):
    row = shown(parts)
    if row.hides and row.total is not None:
        ways = possible(row)
        assert all(len({way[place] for way in ways}) > 1 for place in range(len(ways[0])))


@pytest.mark.parametrize(
    ("part", "rest", "expected"),
    [
        (0, 0, Share(None, 0)),
        (2, 1, Share(None, None)),
        (2, 40, Share(None, 40)),
        (40, 2, Share(None, 40)),
        (0, 12, Share(0, 10)),
        (5, 7, Share(42, 10)),
        (5, 5, Share(50, 10)),
        (6, 0, Share(100, 5)),
    ],
)
def test_a_share_is_told_where_neither_side_is_small_and_of_about_how_many(part, rest, expected):
    assert share(part, rest) == expected


def test_about_is_to_the_nearest_five_and_never_none_for_some():
    assert [about(count) for count in (0, 1, 5, 7, 8, 12, 13, 100)] == [
        *(0, 5, 5, 5, 10, 10, 15, 100),
    ]


@pytest.mark.parametrize(
    ("count", "places"),
    [
        (0, Middle(None, None)),
        (4, Middle(None, None)),
        (5, Middle(2, None)),
        (9, Middle(4, None)),
        (10, Middle(4, 8)),
    ],
)
def test_of_few_neither_the_median_nor_the_longest_is_told(count, places):
    assert middle(count) == places
