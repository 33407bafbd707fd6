"""How many threads should work right now, beside what else runs.

Threads that wait for each other gain nothing on a busy machine: beside two busy loops on two cores one thread
decodes as fast as two, or a little faster, and leaves more to the others.
"""

from __future__ import annotations

import os
import time

import psutil

#: The share of a new look in the running average: a few tokens make it follow, one odd look does not.
_WEIGHT = 0.3
_LOOKS, _BETWEEN_LOOKS_S = 4, 0.0005


def physical_cores() -> int:
    """Return the physical cores that this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, psutil.cpu_count(logical=False) or usable))


class Cores:
    """Watches how many others want to run, and gives the number of threads that is best beside them."""

    def __init__(self) -> None:
        self._cores = physical_cores()
        self._others = 0.0

    def begin(self) -> int:
        """Return the number of threads for a new request.

        The least of a few looks counts: the client that has just asked runs on for a moment.
        """
        looks = []
        for _ in range(_LOOKS):
            looks.append(_others_running())
            time.sleep(_BETWEEN_LOOKS_S)
        self._others = min(looks)
        return self._threads()

    def next(self) -> int:
        """Return the number of threads for the next token."""
        self._others += _WEIGHT * (_others_running() - self._others)
        return self._threads()

    def _threads(self) -> int:
        return max(1, min(self._cores, round(self._cores - self._others)))


def _others_running() -> float:
    """Return how many threads besides this one are running or ready to; 0 where nothing tells (macOS)."""
    try:
        with open("/proc/loadavg", "rb") as file:
            return int(file.read().split()[3].split(b"/")[0]) - 1.0
    except (OSError, ValueError, IndexError):
        return 0.0
