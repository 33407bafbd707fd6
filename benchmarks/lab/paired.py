"""Statistics of paired measurements: two arms take turns, so that a busy moment of the machine hits both."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Pairs:
    """What both arms took in each round, in milliseconds: `measured` is ours, `base` its yardstick."""

    measured: Sequence[float]
    base: Sequence[float]

    def ratio(self) -> Spread:
        """Return the spread of measured over base, round by round."""
        return Spread.of([m / b for m, b in zip(self.measured, self.base)])

    def difference(self) -> Spread:
        """Return the spread of measured minus base, round by round."""
        return Spread.of([m - b for m, b in zip(self.measured, self.base)])

    def __str__(self) -> str:
        return f"{seconds(statistics.median(self.measured))} against {seconds(statistics.median(self.base))}"


@dataclass(frozen=True)
class Spread:
    """The median, and the quartiles around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of `values`; one value has no quartiles of its own."""
        if len(values) < 2:
            return cls(values[0], values[0], values[0])
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, low, high)

    def text(self, unit: str) -> str:
        """Return "1.23x (1.20 to 1.31)"; `unit` is "x" or " ms"."""
        return f"{self.median:.2f}{unit} ({self.low:.2f} to {self.high:.2f})"


def take_turns(measured: Callable[[], float], base: Callable[[], float], rounds: int) -> Pairs:
    """Run both arms once to warm up, then `rounds` times, each going first every other time."""
    measured(), base()
    ours, theirs = [], []
    for i in range(rounds):
        if i % 2:
            ours.append(measured())
        theirs.append(base())
        if not i % 2:
            ours.append(measured())
    return Pairs(ours, theirs)


def seconds(milliseconds: float) -> str:
    """Return a time as a person reads it."""
    return f"{milliseconds / 1e3:.2f} s" if milliseconds >= 1000 else f"{milliseconds:.1f} ms"
