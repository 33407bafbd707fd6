"""Counts the files of an effect, and asks git which of them it would not make again."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from dataclasses import dataclass

from caro_shell.safety.radius.effects import Effect

#: Paths that are looked at between two looks at the clock.
_BETWEEN = 64


@dataclass
class Count:
    """How many files, their bytes, and how many of them git keeps or would keep (`kept`).

    `more` says that the time was up before all were seen.
    """

    files: int = 0
    size: int = 0
    kept: int = 0
    more: bool = False


def count(effect: Effect, deadline: float) -> Count:
    """Return the count of `effect`, as far as it could be taken by `deadline` (`time.monotonic()`)."""
    found = Count()
    waiting = [(path, 0) for path in effect.paths]
    seen = 0
    while waiting and not found.more:
        path, depth = waiting.pop()
        seen += 1
        if seen % _BETWEEN == 0 and time.monotonic() > deadline:
            found.more = True
        try:
            status = os.lstat(path)
            is_directory = stat.S_ISDIR(status.st_mode)
            if not is_directory and (effect.tests is None or effect.tests.pass_(path, depth)):
                found.files += 1
                found.size += status.st_size
            if is_directory and effect.deep:
                with os.scandir(path) as entries:
                    waiting += [(entry.path, depth + 1) for entry in entries]
        except OSError:
            continue  # gone, or not ours to look at
    if effect.verb == "delete" and effect.tests is None and found.files and not found.more:
        found.kept = _kept(effect.paths, deadline)
    return found


def _kept(paths: tuple[str, ...], deadline: float) -> int:
    """Return how many files at or below `paths` git tracks, or would not ignore; 0 where there is no git."""
    left = deadline - time.monotonic()
    where = (
        paths[0] if os.path.isdir(paths[0]) else os.path.dirname(paths[0])
    )  # it may be a repository itself
    # A repository may name programs that git starts by itself: these settings keep it from that.
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C", where, "ls-files"]
    command += ["-z", "--cached", "--others", "--exclude-standard", "--", *paths]
    if left <= 0:
        return 0
    # Nor may it fetch what is missing from a "remote" of the repository's, which may be a program, too.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": ""}
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=left, check=True, stdin=subprocess.DEVNULL, env=environment
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    return done.stdout.count(b"\0")
