"""The nearest examples: pairs of request and command whose requests mean what the person's words mean.

They are shown to the model behind its fixed examples, just before the words. docs/quality.md says what that
gains and costs.
"""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from caro_shell.bank.pairs import Pair, tables
from caro_shell.check import line
from caro_shell.check.programs import Programs
from caro_shell.prompt import Prompt
from caro_shell.resources import resource

if TYPE_CHECKING:
    from caro_shell.bank.index import Index

log = logging.getLogger("caro.bank")


class Near(NamedTuple):
    """A pair, and how near its request is to the words; see `Index.alike`."""

    pair: Pair
    similarity: float


class Bank:
    """The bank of a directory of pairs; one that cannot be used is an empty one, and the log says why."""

    def __init__(self, directory: str = "", embedding: str = "") -> None:
        """Take the pairs of `directory` and the embedding at that path; by default caro's own."""
        self._directory = directory or resource("models", "bank")
        self._embedding = embedding or resource("models", "embedding.npz")
        self._index: Index | None = None

    def open(self) -> Index | None:
        """Return the index, None where there is none; the first call takes some milliseconds."""
        if self._index is None and self._directory:
            from caro_shell.bank import index  # noqa: PLC0415 - NumPy, which a start of the daemon need not wait for

            try:
                self._index = index.load(self._directory, self._embedding)
            except (OSError, ValueError) as error:
                self._directory = ""  # it would be no better the next time
                log.warning("the example bank cannot be used (%s); answers are less often right", error)
        return self._index

    def beside(self, prompt: Prompt, shell: str, platform: str, count: int) -> Prompt:
        """Return `prompt` with the `count` pairs nearest to its request, the nearest last; see `nearest`."""
        near = self.nearest(prompt.request, shell, platform, count)
        return replace(prompt, nearest=tuple((pair.words, pair.command) for pair, _ in reversed(near)))

    def nearest(self, words: str, shell: str, platform: str, count: int) -> list[Near]:
        """Return up to `count` pairs that come nearest to `words`, the nearest first.

        Only commands that are right in `shell` on `platform` (as in `sys.platform`), each once, and none with
        a program that is not installed, unless the words name it.
        """
        opened = self.open() if count else None
        if opened is None:
            return []
        here, programs = tables(shell, platform), Programs(shell, platform, os.environ.get("PATH"))
        said = set(words.lower().split())
        alike = opened.alike(words)
        found: dict[str, Near] = {}
        for row in (-alike).argsort(kind="stable"):
            pair = opened.pairs[row]
            if pair.table not in here or pair.command in found:
                continue
            if any(programs.lacks(name) and name not in said for name in _programs(pair.command, shell)):
                continue
            found[pair.command] = Near(pair, float(alike[row]))
            if len(found) == count:
                break
        return list(found.values())


def _programs(command: str, shell: str) -> set[str]:
    """Return the names of the programs that `command` runs, none where it cannot be read."""
    read = line.read(command, shell)
    return {called[0].text for called in read.commands} if read else set()
