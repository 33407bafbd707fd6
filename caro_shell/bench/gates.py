"""What a model must reach to be caro's default, and whether a run did."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, NamedTuple


class Limits(NamedTuple):
    """The most seconds of an answer, on average and in 95 of 100, and milliseconds of caro's own start."""

    average_s: float
    p95_s: float
    startup_ms: float


#: By the form of the model: MLX on a GPU, else on a processor.
LIMITS = {"mlx": Limits(2.0, 3.0, 100.0), "gguf": Limits(5.0, 8.0, 200.0)}
#: The least share of the everyday tasks that must be right.
ACCURACY = 0.85


def missed(record: Mapping[str, Any], system: str = sys.platform) -> list[str]:
    """Return a sentence for each gate that the run of `record` missed.

    Accuracy that could not be judged is a miss, but on a `system` that has no sandbox.
    """
    limits = LIMITS["mlx" if record["model"]["form"] == "mlx" else "gguf"]
    latency, found = record["latency_s"], []
    if not record["asked"]:
        return ["nothing was asked"]
    if latency["average"] >= limits.average_s:
        found.append(
            f"an answer took {latency['average']:.2f} s on average; the gate is {limits.average_s:g} s"
        )
    if latency["p95"] >= limits.p95_s:
        found.append(f"95 of 100 answers took up to {latency['p95']:.2f} s; the gate is {limits.p95_s:g} s")
    if record["startup_ms"] >= limits.startup_ms:
        found.append(
            f"caro took {record['startup_ms']:.0f} ms to start; the gate is {limits.startup_ms:g} ms"
        )
    everyday = record["accuracy"]["everyday"]
    if everyday["of"] and everyday["share"] < ACCURACY:
        found.append(
            f"{everyday['right']} of {everyday['of']} everyday tasks were right; "
            f"the gate is {100 * ACCURACY:g} %"
        )
    if not everyday["of"] and system == "linux":
        found.append("no everyday task was judged, so accuracy is not known")
    return found
