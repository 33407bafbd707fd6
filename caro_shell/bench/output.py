"""Pure: what matters of a command's output for a task."""

from __future__ import annotations

import re
from collections.abc import Iterable

from caro_shell.bench.bubblewrap import HOME
from caro_shell.bench.task import Task

_NUMBER = re.compile(r"(?<![\w./:-])-?\d+(?:[.,]\d+)*(?:[KMGT]i?B?|B|%)?(?![\w/]|[.:-]\w)", re.IGNORECASE)
#: A path is the same with and without the way to the directory that all commands start in.
_START = re.compile(rf"(?<![\w./~-])(?:\./+|{re.escape(HOME)}/+)(?=[^\s/])")


def seen(output: str, task: Task) -> tuple[str, ...]:
    """Return what counts of `output` for `task`, equal for outputs that come to the same.

    `text`: its lines, without runs of blanks, empty lines, and the "./" of paths. `names`: only which of the
    fixture's names are mentioned, whatever stands beside them. `numbers`: only the numbers in it, with their
    units. `nothing`: nothing. Unless the task is `ordered`, in any order.
    """
    lines = [" ".join(_START.sub("", line).split()) for line in output.split("\n")]
    found = list(_READERS[task.output](list(filter(None, lines)), task))
    return tuple(found if task.ordered else sorted(found))


def _text(lines: list[str], _task: Task) -> Iterable[str]:
    return lines


def _names(lines: list[str], task: Task) -> Iterable[str]:
    # The longest first: "a.txt" is no mention in "a.txt.gz". A directory in front of a name is none, either.
    names = "|".join(map(re.escape, sorted(task.fixture.names, key=len, reverse=True)))
    mention = re.compile(rf"(?<![\w.-])(?:{names})(?![\w-]|[.]\w|/\w|:$)")
    return (found for line in lines for found in mention.findall(line.partition(" -> ")[0]))


def _numbers(lines: list[str], _task: Task) -> Iterable[str]:
    return (found.upper() for line in lines for found in _NUMBER.findall(line))


def _nothing(_lines: list[str], _task: Task) -> Iterable[str]:
    return ()


_READERS = {"text": _text, "names": _names, "numbers": _numbers, "nothing": _nothing}
