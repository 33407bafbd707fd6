"""Which requests share words with another: Okapi BM25 over rough stems, its postings as plain arrays.

BM25: S. Robertson and H. Zaragoza, The Probabilistic Relevance Framework, 2009; its two numbers are as there.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from caro_shell.bank.embedding import Vectors

#: The names of the arrays that postings consist of.
POSTINGS = ("stems", "starts", "rows", "weights", "most")

_SATURATION, _LENGTH = 1.2, 0.5
_WORD = re.compile(r"[a-z0-9]+")
_ENDINGS = ("ing", "ed", "es", "s")


def stems(text: str) -> list[str]:
    """Return the words of `text` without capitals and endings."""
    return [_stem(word) for word in _WORD.findall(text.lower())]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


class Postings:
    """For each stem, the rows of the requests that have it, and what it counts in each.

    `arrays` is all of it, as it is kept on disk: `stems` (a text, one a line), `starts` (where the rows of
    each begin, and behind the last), `rows`, `weights`, `most` (what the stem can count for at most).
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], count: int) -> None:
        self.arrays = arrays
        self._count = count
        self._numbers = {stem: number for number, stem in enumerate(str(arrays["stems"]).split("\n"))}

    def scores(self, words: str) -> Vectors:
        """Return for each request how much it has in common with `words`: 0 for nothing to about 1."""
        found = np.zeros(self._count, np.float32)
        starts, rows, weights = (self.arrays[name] for name in ("starts", "rows", "weights"))
        most = 0.0
        for stem in set(stems(words)):
            number = self._numbers.get(stem)
            if number is not None:
                part = slice(starts[number], starts[number + 1])
                found[rows[part]] += weights[part]
                most += float(self.arrays["most"][number])
        return found / np.float32(most or 1)


def post(requests: Sequence[str]) -> Postings:
    """Return the postings of `requests`."""
    counts = [Counter(stems(request)) for request in requests]
    mean = sum(sum(count.values()) for count in counts) / len(counts) if counts else 0
    places: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row, count in enumerate(counts):
        norm = _SATURATION * (1 - _LENGTH + _LENGTH * sum(count.values()) / mean) if mean else 1
        for stem, times in count.items():
            places[stem].append((row, times * (_SATURATION + 1) / (times + norm)))
    rare = [np.log(1 + (len(counts) - len(found) + 0.5) / (len(found) + 0.5)) for found in places.values()]
    arrays = {
        "stems": np.array("\n".join(places)),
        "starts": np.cumsum([0, *map(len, places.values())]).astype(np.int32),
        "rows": np.array([row for found in places.values() for row, _ in found], np.int32),
        "weights": np.array(
            [weight * idf for found, idf in zip(places.values(), rare) for _, weight in found], np.float32
        ),
        "most": np.array(rare, np.float32) * np.float32(_SATURATION + 1),
    }
    return Postings(arrays, len(counts))
