"""The example bank: what people ask for, and the commands that do it. Our own writing, in models/bank."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import tomli

#: The tables of a file: where its commands are right.
TABLES = ("common", "gnu", "bsd", "posix", "fish")


class Pair(NamedTuple):
    """A request, and a command that does it; `table` is one of `TABLES`."""

    words: str
    command: str
    table: str


def read(directory: str) -> list[Pair]:
    """Return the pairs of the files in `directory`, in the order of their names.

    A command with several requests makes several pairs. Raises OSError, or ValueError for a file that cannot
    be read as one of the bank.
    """
    names = sorted(name for name in os.listdir(directory) if name.endswith(".toml"))
    return [pair for name in names for pair in read_file(os.path.join(directory, name))]


def read_file(path: str) -> list[Pair]:
    """Return the pairs of one file, and raise what `read` raises."""
    with open(path, "rb") as file:
        content = tomli.load(file)
    try:
        return list(_pairs(content))
    except (AttributeError, TypeError) as error:
        raise ValueError(f"{path} holds something else than pairs ({error})") from error


def _pairs(content: dict[str, Any]) -> Iterator[Pair]:
    for table in TABLES:
        for command, requests in content.get(table, {}).items():
            yield from (Pair(words, command, table) for words in requests)


def tables(shell: str, platform: str) -> frozenset[str]:
    """Return the tables whose commands are right in `shell` on `platform` (as in `sys.platform`)."""
    return frozenset(
        ("common", "bsd" if platform == "darwin" else "gnu", "fish" if shell == "fish" else "posix")
    )
