"""How sure the model is, and how often it is right: what `caro_shell/confidence.py` weighs, fitted on dev.

    .venv/bin/python benchmarks/calibrate.py [--keep rows.json]

Lets the embedded model in use answer the dev split, judges the commands, fits a logistic regression, prints
its weights; and, with each task weighed by a fit on others, the share of right commands at each confidence.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from unittest import mock

import numpy as np
import numpy.typing as npt

from caro_shell import bench, confidence
from caro_shell.bench.task import load_tasks
from caro_shell.bench.watcher import Watcher

Numbers = npt.NDArray[np.float64]

#: The ridge penalty: the higher, the smaller the weights.
_PENALTY = 1.0
_FOLDS = 8


def main() -> None:
    """Answer, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--keep", type=Path, help="where the features and verdicts go, or are, if it is there"
    )
    given = parser.parse_args()
    rows = json.loads(given.keep.read_text()) if given.keep and given.keep.exists() else answered()
    if given.keep:
        given.keep.write_text(json.dumps(rows))
    features, right = np.array([row[:-1] for row in rows], float), np.array([row[-1] for row in rows], float)
    print("WEIGHTS =", tuple(round(float(weight), 2) for weight in fitted(features, right)))
    shares = crossed(features, right)
    print(f"Brier score {np.mean((shares - right) ** 2):.3f}, of the mean alone {np.var(right):.3f}")
    edges = np.quantile(shares, np.linspace(0, 1, 6))
    for low, high in zip(edges, edges[1:]):
        those = (shares >= low) & ((shares < high) | (high == edges[-1]))
        print(f"confidence {low:.2f} to {high:.2f}: {right[those].mean():.2f} of {those.sum()} right")


def answered() -> list[list[float]]:
    """Return, for each command of the dev split, its features and whether it was right."""
    seen: list[tuple[float, ...]] = []
    rows: list[list[float]] = []
    calibrated = confidence.of

    def noted(probabilities: tuple[float, ...], findings: int) -> float | None:
        seen.append(confidence.features(probabilities, findings) if probabilities else ())
        return calibrated(probabilities, findings)

    def judged(result: bench.Result) -> None:
        if result.written is not None and result.verdict.right is not None and seen[-1]:
            rows.append([*seen[-1], float(result.verdict.right)])

    tasks = [task for task in load_tasks(split="dev") if task.shell == "bash"]
    watcher = Watcher("the dev split", len(tasks))
    with mock.patch.object(confidence, "of", noted):
        bench.score({"backend.preferred": "embedded"}, tasks, watcher, judged)
    watcher.clear()
    return rows


def fitted(features: Numbers, right: Numbers) -> Numbers:
    """Return the weights of a logistic regression, by Newton's method; the constant is not held small."""
    weights = np.zeros(features.shape[1])
    penalty = np.diag([0.0, *[_PENALTY] * (features.shape[1] - 1)])
    for _ in range(30):
        shares = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (right - shares) - penalty @ weights
        weights += np.linalg.solve((features.T * (shares * (1 - shares))) @ features + penalty, slope)
    return weights


def crossed(features: Numbers, right: Numbers) -> Numbers:
    """Return for each row the share that a fit on the other folds expects."""
    shares = np.zeros(len(right))
    for fold in range(_FOLDS):
        out = np.arange(len(right)) % _FOLDS == fold
        shares[out] = 1 / (1 + np.exp(-features[out] @ fitted(features[~out], right[~out])))
    return shares


if __name__ == "__main__":
    main()
