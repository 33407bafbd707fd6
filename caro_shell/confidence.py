"""How likely a command is to be right, by how sure the model was of each token: calibrated, not claimed.

Asked how sure they are, models of this size answer anything. The probabilities of the tokens tell more, and a
logistic regression on the benchmark's dev split tells how much (docs/quality.md; `benchmarks/calibrate.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

#: What counts: a constant; the mean of the logarithms of the tokens' probabilities; the lowest of them; the
#: number of things that speak against the command.
WEIGHTS = (2.74, 1.22, 2.16, -0.4)


def features(probabilities: Sequence[float], findings: int) -> tuple[float, float, float, float]:
    """Return what `WEIGHTS` weigh, for a command with at least one token and so many `findings`."""
    logarithms = [math.log(max(probability, 1e-6)) for probability in probabilities]
    return 1.0, sum(logarithms) / len(logarithms), min(logarithms), float(findings)


def of(probabilities: Sequence[float], findings: int) -> float | None:
    """Return the share of such commands that are right, 0 to 1; None where no probabilities are known."""
    if not probabilities:
        return None
    found = features(probabilities, findings)
    return round(1 / (1 + math.exp(-sum(map(float.__mul__, WEIGHTS, found)))), 2)
