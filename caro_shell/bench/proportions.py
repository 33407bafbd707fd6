"""Pure: how sure one can be of a share, and of the difference between two shares of the same tasks."""

from __future__ import annotations

import math
from typing import NamedTuple

#: The normal distribution's quantile for an interval of 95 %.
_Z = 1.959963984540054


class Interval(NamedTuple):
    """From where to where, 95 times of 100."""

    low: float
    high: float


def wilson(right: int, of: int) -> Interval:
    """Return the interval for a share of `right` in `of`, which is at least 1.

    The score interval of E. B. Wilson (Journal of the American Statistical Association 22, 1927): it keeps
    its promise for small numbers and for shares near 0 and 1, too.
    """
    share, spread = right / of, _Z * _Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    low = 0.0 if right == 0 else middle - half
    return Interval(low, 1.0 if right == of else middle + half)


def mcnemar(gained: int, lost: int) -> float:
    """Return how likely chance alone makes a difference at least as large: the exact test, two-sided.

    Of the tasks on which two runs differ, `gained` are right in the second alone, `lost` in the first alone;
    by chance each would be either with the same probability (Q. McNemar, Psychometrika 12, 1947).
    """
    of = gained + lost
    tail = sum(math.comb(of, number) for number in range(min(gained, lost) + 1))
    return min(1.0, 2 * tail / (1 << of))


def difference(gained: int, lost: int, of: int) -> Interval:
    """Return the interval for the second share less the first, both of the same `of` tasks, at least 1.

    Wald's interval after half a task was added to each of the four outcomes: D. G. Bonett and R. M. Price,
    Journal of Educational and Behavioral Statistics 37, 2012.
    """
    total = of + 2
    up, down = (gained + 1) / total, (lost + 1) / total
    half = _Z * math.sqrt((up + down - (up - down) ** 2) / total)
    return Interval(max(-1.0, up - down - half), min(1.0, up - down + half))
