"""Two deliberate bugs, each behind conditions that no seed meets and chance meets late.

Neither raises anything. Each breaks a promise that the target looks at, and each condition is one step that
coverage shows, so that what meets one is kept and built upon.
"""
# ruff: noqa: SIM102

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from caro_shell import sanitise
from caro_shell.safety import rules
from caro_shell.safety.verdict import Reason

_visible, _about = sanitise._visible, rules.about  # noqa: SLF001 - it is this that goes wrong


def _lets_through(line: str, at: int) -> bool:
    """Let an escape character through, at some places of a line with more of them than any seed has."""
    if line[at] == "\x1b":
        if line.count("\x1b") > 2:
            if line.count("\x1b") > 4:
                if at % 8 == 3:
                    return True
    return _visible(line, at)


def _beside(found: Any, home: str) -> Iterator[Reason]:
    """Give a reason a part that ends before it begins, in a line with more calls than any seed has."""
    for reason in _about(found, home):
        if len(found.calls) > 7:
            if len(found.calls) > 8:
                if len(found.calls[0].words) == 3:
                    yield replace(reason, start=reason.end, end=reason.start)
                    continue
        yield reason


def into(target: str) -> None:
    """Plant the bug of `target`, which is `sanitise` or `judge`."""
    if target == "sanitise":
        sanitise._visible = _lets_through  # noqa: SLF001
    else:
        rules.about = _beside


#: The targets that have one.
PLANTED = ("sanitise", "judge")
