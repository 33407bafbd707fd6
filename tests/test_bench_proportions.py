"""Intervals and McNemar's test: against published values, by counting, and by how often they hold."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caro_shell.bench.proportions import difference, mcnemar, wilson


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [  # R. G. Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_the_published_one(right, of, low, high):
    assert wilson(right, of) == pytest.approx((low, high), abs=6e-5)


@st.composite
def shares(draw):
    of = draw(st.integers(1, 400))
    return draw(st.integers(0, of)), of


@given(shares())
def test_wilsons_interval_holds_the_share_and_mirrors_it(share):
    right, of = share
    low, high = wilson(right, of)
    assert 0 <= low <= right / of <= high <= 1
    assert low < high
    assert wilson(of - right, of) == pytest.approx((1 - high, 1 - low))


@given(shares())
def test_more_of_the_same_narrows_wilsons_interval(share):
    right, of = share
    low, high = wilson(right, of)
    narrow_low, narrow_high = wilson(10 * right, 10 * of)
    assert narrow_high - narrow_low < high - low


def binomial(number, of, chance):
    return math.comb(of, number) * chance**number * (1 - chance) ** (of - number)


@pytest.mark.parametrize("of", [24, 100, 160])
def test_wilsons_interval_holds_95_times_of_100(of):
    held = []
    for chance in (number / 50 for number in range(5, 50, 3)):
        intervals = [(wilson(number, of), number) for number in range(of + 1)]
        held.append(
            sum(binomial(number, of, chance) for (low, high), number in intervals if low <= chance <= high)
        )
    assert min(held) > 0.91
    assert 0.94 < sum(held) / len(held) < 0.97


@pytest.mark.parametrize(
    ("gained", "lost", "p"), [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 2 / 32), (9, 1, 22 / 1024), (6, 6, 1.0)]
)
def test_mcnemars_p_by_hand(gained, lost, p):
    assert mcnemar(gained, lost) == pytest.approx(p)


@pytest.mark.parametrize(("gained", "lost"), [(3, 4), (2, 7), (0, 8), (5, 5), (1, 10)])
def test_mcnemars_p_is_the_share_of_all_ways_that_are_as_uneven(gained, lost):
    ways = list(itertools.product((0, 1), repeat=gained + lost))
    as_uneven = [way for way in ways if min(sum(way), len(way) - sum(way)) <= min(gained, lost)]
    assert mcnemar(gained, lost) == pytest.approx(len(as_uneven) / len(ways))


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemars_p_is_a_probability_that_falls_with_each_gain_of_the_better(gained, lost):
    p = mcnemar(gained, lost)
    assert 0 < p <= 1
    assert p == mcnemar(lost, gained)
    assert mcnemar(max(gained, lost) + 1, min(gained, lost)) <= p


def test_a_run_of_many_tasks_has_a_p_too():
    assert 0 <= mcnemar(2000, 0) < 1e-300


@given(shares(), st.data())
def test_a_differences_interval_mirrors_it(share, data):
    gained, of = share
    lost = data.draw(st.integers(0, of - gained))
    low, high = difference(gained, lost, of)
    assert -1 <= low < high <= 1
    assert difference(lost, gained, of) == pytest.approx((-high, -low))


@pytest.mark.parametrize(("up", "down"), [(0.1, 0.1), (0.15, 0.05), (0.3, 0.1), (0.05, 0.02)])
def test_a_differences_interval_holds_95_times_of_100(up, down):
    of, held = 60, 0.0
    for gained in range(of + 1):
        for lost in range(of + 1 - gained):
            low, high = difference(gained, lost, of)
            if low <= up - down <= high:
                held += binomial(gained, of, up) * binomial(lost, of - gained, down / (1 - up))
    assert 0.935 < held < 0.995
