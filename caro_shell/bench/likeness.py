"""Pure: texts that say almost the same, so that nothing the model is shown or taught is what it is asked."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

#: How many characters a shingle has.
_SHINGLE = 4


def normalised(text: str) -> str:
    """Return `text` without case, quotes and punctuation, and with single blanks."""
    return " ".join(re.findall(r"[a-z0-9]+|[|<>*~$-]", text.lower()))


class Shingles:
    """Texts, looked up by the shingles (sequences of characters) that they share with another."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._sizes: list[int] = []
        self._places: dict[str, list[int]] = defaultdict(list)
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """Take in another text."""
        found = _shingles(text)
        for shingle in found:
            self._places[shingle].append(len(self._sizes))
        self._sizes.append(len(found))

    def nearest(self, text: str) -> float:
        """Return the highest share of common shingles (Jaccard's index) that one of the texts has."""
        found = _shingles(text)
        common = Counter(place for shingle in found for place in self._places.get(shingle, ()))
        return max(
            (shared / (len(found) + self._sizes[place] - shared) for place, shared in common.items()),
            default=0.0,
        )


def _shingles(text: str) -> set[str]:
    plain = f" {normalised(text)} "
    return {plain[start : start + _SHINGLE] for start in range(max(1, len(plain) - _SHINGLE + 1))}
