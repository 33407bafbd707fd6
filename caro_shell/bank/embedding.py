"""Where words lie in the space of meanings: a static embedding, the mean of one vector for each token.

Nothing is computed but that mean, so a request costs microseconds and no library but NumPy. The vectors were
distilled from a sentence transformer and trained on pairs of request and command (models/train/embedding.py);
the method is that of Model2Vec (https://github.com/MinishLab/model2vec).
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

_WORD = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")
#: Longer words are names, or no words at all.
_LONGEST = 40


def tokens(text: str, vocabulary: Mapping[str, int]) -> list[int]:
    """Return the numbers of the tokens of `text`, without accents and capitals.

    WordPiece: of each word the longest beginning that the vocabulary has, then the longest part behind it,
    marked with "##", and so on. What it has not is left out.
    """
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    return [number for word in _WORD.findall(plain) for number in _pieces(word[:_LONGEST], vocabulary)]


def _pieces(word: str, vocabulary: Mapping[str, int]) -> Iterable[int]:
    start, mark = 0, ""
    while start < len(word):
        for end in range(len(word), start, -1):
            number = vocabulary.get(mark + word[start:end])
            if number is not None:
                yield number
                break
        else:
            end = start + 1
        start, mark = end, "##"


def read_arrays(path: str, *names: str) -> dict[str, npt.NDArray[Any]]:
    """Return the named arrays of the archive at `path`. Raises OSError, and ValueError where damaged."""
    try:
        with open(path, "rb") as content, np.load(content, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except (EOFError, KeyError, RuntimeError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged ({error})") from error


class Embedding:
    """A vocabulary and its vectors, as `models/embedding.npz` holds them."""

    def __init__(self, path: str) -> None:
        """Read the file at `path`. Raises OSError or ValueError when it cannot be used."""
        kept = read_arrays(path, "vocabulary", "vectors", "scales")
        words = str(kept["vocabulary"]).split("\n")
        self._vectors, self._scales = kept["vectors"], kept["scales"].astype(np.float32)
        self._numbers = {word: number for number, word in enumerate(words)}
        if len(self._vectors) != len(words):
            raise ValueError(f"{path} holds {len(self._vectors)} vectors for {len(words)} tokens")

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return a row of length 1 for each of `texts`, or of length 0 for one without a known token."""
        rows = np.zeros((len(texts), self._vectors.shape[1]), np.float32)
        for row, text in zip(rows, texts):
            found = tokens(text, self._numbers)
            if found:
                row[:] = (self._vectors[found] * self._scales[found, None]).mean(axis=0)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        rows /= np.where(lengths > 0, lengths, 1)
        return rows
