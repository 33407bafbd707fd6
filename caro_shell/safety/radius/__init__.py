"""Blast radius: how many files a line would touch, counted before it runs. It is only looked, nothing is run.

from caro_shell.safety import radius

radius.said("rm -rf build", "bash", home="/home/me", cwd="/home/me/caro")
"would delete 1,204 files (3.1 GB) in build, 2 of them not ignored by git"
"""

from __future__ import annotations

import os
import time

from caro_shell.safety import dialects
from caro_shell.safety.radius import counting, effects
from caro_shell.safety.radius.counting import Count
from caro_shell.safety.script import Reader
from caro_shell.safety.state import State
from caro_shell.sanitise import printable
from caro_shell.timebox import within

#: Seconds that counting may take altogether.
LIMIT_S = 0.3
#: The part of it that counting may take; the rest is for the sentence.
_SHARE = 0.8
_VERBS = {
    "delete": "would delete",
    "change": "would change",
    "overwrite": "would write over",
    "empty": "would empty",
}


def said(  # noqa: PLR0913 - two are seldom given
    line: str, shell: str, *, home: str, cwd: str, limit_s: float = LIMIT_S, surprises: bool = False
) -> str:
    """Return a sentence about what `line` would touch in the directory `cwd` as it is now, or "".

    Of the calls that are known to delete, change or write over files the first that would touch any speaks;
    with `surprises`, the first that would write over something, or delete with a directory what git keeps.
    What could not be counted within `limit_s` seconds is said to be more; a file system that does not answer
    is not waited for. Never raises.
    """
    deadline = time.monotonic() + _SHARE * limit_s
    state = State(home, cwd, shell)
    return within(limit_s, lambda: _counted(line, shell, state, deadline, surprises), "")


def _counted(line: str, shell: str, state: State, deadline: float, surprises: bool) -> str:
    cwd = state.cwd
    try:
        calls = Reader(dialects.plain(line, shell)[0], state).read().calls
        for effect in effects.of(calls):
            count = counting.count(effect, deadline)
            if count.files and not (surprises and _expected(effect, count)):
                return _sentence(effect, count, cwd)
    except (OSError, RecursionError, ValueError):
        return ""
    return ""


def _expected(effect: effects.Effect, count: Count) -> bool:
    """Say whether one who reads the line would not be surprised: all it touches stands there by name."""
    if effect.verb in ("overwrite", "empty"):
        return count.size == 0
    return effect.verb == "change" or not effect.deep or count.kept == 0


def _sentence(effect: effects.Effect, count: Count, cwd: str) -> str:
    more = "more than " if count.more else ""
    size = f" ({_size(count.size)})" if effect.verb != "change" else ""
    if count.files == 1 and not effect.deep:
        return f"{_VERBS[effect.verb]} {_shown(effect.paths[:1], cwd)}{size}"
    files = "1 file" if count.files == 1 and not more else f"{more}{count.files:,} files"
    text = f"{_VERBS[effect.verb]} {files}{size} in {_shown(effect.paths, cwd)}"
    if count.kept:
        text += f", {count.kept:,} of them not ignored by git"
    return text


def _shown(paths: tuple[str, ...], cwd: str) -> str:
    tops = [
        os.path.relpath(path, cwd) if path.startswith(cwd.rstrip("/") + "/") else path for path in paths[:2]
    ]
    names = ["this directory" if top in (".", cwd) else printable(top) for top in tops]
    rest = len(paths) - len(tops)
    return ", ".join((*names, f"{rest:,} more")) if rest else " and ".join(names)


def _size(count: float) -> str:
    if count == 1:
        return "1 byte"
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
