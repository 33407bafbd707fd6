"""Is memory running short? What the daemon asks before it takes more, or holds a model that nobody uses.

The figures are those of the kernel. One that cannot be had or read says nothing, so that a model is never
given up for want of knowledge.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import NamedTuple

import psutil

#: Available memory (free, or file pages that may be dropped) below which a machine is short: by its size, and
#: at least what a browser takes to open a heavy page. earlyoom begins to end programs at 10 % of memory and
#: of swap; by 5 % a machine is about to swap whatever it has.
LEAST_SHARE = 0.05
LEAST_BYTES = 256 << 20
#: Percent of the last ten seconds in which some task stood still for memory (pressure stall information). It
#: is 0 on a healthy machine, and above 10 a person sees windows lag; systemd-oomd kills at 60.
STALLED_PERCENT = 10.0


def is_short(root: str = "/", *, wanted: int = 0) -> bool:
    """Say whether this machine, or this process's share of it, has little memory left, `wanted` bytes less.

    `root` is where `proc` and `sys` are; without `proc/meminfo` there (macOS), psutil is asked.
    """
    return any(room.free - wanted < room.least for room in _rooms(root)) or _tasks_stand_still(root)


def available(root: str = "/") -> int:
    """Return how many bytes this process could still take, if it took all that there is; `root` as above."""
    return int(max(0, min(room.free for room in _rooms(root))))


def total(root: str = "/") -> int:
    """Return how many bytes this process could have if nobody else took any; `root` as above."""
    return int(min(room.total for room in _rooms(root)))


class _Room(NamedTuple):
    """Memory: all there is, what can still be taken, and what that should not fall below; bytes."""

    total: float
    free: float
    least: float


def _rooms(root: str) -> Iterator[_Room]:
    """Yield the machine's memory, and what the limits (cgroup v2) of this process leave of it.

    There may be limits on its own group and on those around it. They are set on purpose and often just above
    what is needed, so only their share counts.
    """
    memory = _figures(_read(root, "proc/meminfo"))
    if "MemAvailable" in memory and "MemTotal" in memory:
        free, total = memory["MemAvailable"] << 10, memory["MemTotal"] << 10
    else:
        seen = psutil.virtual_memory()
        free, total = seen.available, seen.total
    yield _Room(total, free, max(LEAST_BYTES, LEAST_SHARE * total))
    for group in _groups(root):
        directory = f"sys/fs/cgroup{group}"
        limit = min(_bytes(_read(root, f"{directory}/memory.{kind}")) for kind in ("max", "high"))
        if limit == math.inf:
            continue
        statistics = _figures(_read(root, f"{directory}/memory.stat"))
        droppable = statistics.get("active_file", 0) + statistics.get("inactive_file", 0)
        used = _bytes(_read(root, f"{directory}/memory.current")) - droppable
        if used < math.inf:
            yield _Room(limit, limit - used, LEAST_SHARE * limit)


def _groups(root: str) -> Iterator[str]:
    """Yield the control groups that this process is in, as paths, from its own to the root's."""
    for line in _read(root, "proc/self/cgroup").splitlines():
        if line.startswith("0::/"):
            group = line[len("0::") :].rstrip("/")
            while group:
                yield group
                group = os.path.dirname(group).rstrip("/")
            yield ""


def _tasks_stand_still(root: str) -> bool:
    for line in _read(root, "proc/pressure/memory").splitlines():
        kind, *fields = line.split()
        averages = dict(field.partition("=")[::2] for field in fields)
        if kind == "some":
            try:
                return float(averages.get("avg10", 0)) > STALLED_PERCENT
            except ValueError:
                return False
    return False


def _read(root: str, path: str) -> str:
    try:
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _figures(text: str) -> dict[str, int]:
    """Return the whole number that stands behind each name: `MemTotal:  4 kB`, `active_file 4`."""
    lines = [line.split() for line in text.splitlines()]
    return {line[0].rstrip(":"): int(line[1]) for line in lines if len(line) > 1 and line[1].isdecimal()}


def _bytes(text: str) -> float:
    """Return a size or a limit; infinite for `max`, and where there is none."""
    return float(text) if text.strip().isdecimal() else math.inf
