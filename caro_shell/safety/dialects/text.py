"""A text that is put together from another one, piece by piece, and where each character of it comes from."""

from __future__ import annotations

import re
from collections.abc import Callable


class Piecewise:
    """The text so far; `put` adds what stands for a place, `copy` what is the same in both."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._places: list[int] = []

    def put(self, text: str, at: int) -> None:
        """Add `text` for what stands `at` a place."""
        self.pieces.append(text)
        self._places.extend([at] * len(text))

    def copy(self, text: str, at: int) -> None:
        """Add `text`, which stands `at` a place."""
        self.pieces.append(text)
        self._places.extend(range(at, at + len(text)))

    def whole(self, end: int) -> tuple[str, list[int]]:
        """Return the text, and the places of its characters and of its end."""
        return "".join(self.pieces), [*self._places, end]

    @classmethod
    def replaced(
        cls, line: str, pattern: re.Pattern[str], form: Callable[[re.Match[str]], str | None]
    ) -> tuple[str, list[int]]:
        """Return `line` with each `pattern` in its new `form`; as it is where that is None."""
        made, at = cls(), 0
        for found in pattern.finditer(line):
            text = form(found)
            if text is None:
                continue
            made.copy(line[at : found.start()], at)
            offset = text.find(found[1]) if found.re.groups and found[1] else -1
            if offset >= 0:
                made.put(text[:offset], found.start())
                made.copy(found[1], found.start(1))
                made.put(text[offset + len(found[1]) :], max(found.end(1) - 1, found.start()))
            else:
                made.put(text, found.start())
            at = found.end()
        made.copy(line[at:], at)
        return made.whole(len(line))
