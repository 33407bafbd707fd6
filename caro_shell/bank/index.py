"""The bank as it is searched: its pairs and where their requests lie, kept on disk for a quick start."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from caro_shell import __version__, paths
from caro_shell.bank import pairs
from caro_shell.bank.embedding import Embedding, Vectors, read_arrays
from caro_shell.bank.lexical import POSTINGS, Postings, post
from caro_shell.bank.pairs import Pair

log = logging.getLogger("caro.bank")

#: What no request, command or name of a table holds.
_BETWEEN, _END = "\x1f", "\x1e"
#: Counted up where the file on disk changes its form.
_LAYOUT = 1


@dataclass(frozen=True)
class Index:
    """Pairs, where the request of each lies and which words it has, and what the `vectors` were made with.

    The vectors are halves, on disk and in memory: ten thousand of them are 2.5 MB.
    """

    pairs: list[Pair]
    vectors: npt.NDArray[np.float16]
    postings: Postings
    embedding: Embedding

    def alike(self, words: str) -> Vectors:
        """Return for each pair how near its request is to `words`: from about 0 to about 2.

        Meaning and common words count the same; either alone finds less (docs/quality.md).
        """
        # Not `@`: BLAS has threads of its own, which spin for a while and take the cores from the model.
        asked = self.embedding.vectors([words])[0]
        meaning: Vectors = np.einsum("ij,j->i", self.vectors, asked, dtype=np.float32)
        return meaning + self.postings.scores(words)


def load(directory: str, embedding: str) -> Index:
    """Return the index of the pairs in `directory` with the embedding at that path.

    From disk if it is there for exactly these files, else made, which takes half a second, and kept. Raises
    OSError or ValueError when one of the files cannot be used.
    """
    known = Embedding(embedding)
    kept = kept_at(directory, embedding)
    with contextlib.suppress(OSError, ValueError, TypeError):
        arrays = read_arrays(kept, "pairs", "vectors", *POSTINGS)
        lines = arrays["pairs"].item().decode().split(_END)
        found = [_pair(*line.split(_BETWEEN)) for line in lines]
        if len(found) == len(arrays["vectors"]):
            return Index(found, arrays["vectors"], Postings(arrays, len(found)), known)
    found = pairs.read(directory)
    requests = [pair.words for pair in found]
    made = Index(found, known.vectors(requests).astype(np.float16), post(requests), known)
    _keep(kept, made)
    return made


def _pair(words: str, command: str, table: str) -> Pair:
    """Return a pair that shares its command and table with others that have the same."""
    return Pair(words, sys.intern(command), sys.intern(table))


def _keep(path: str, made: Index) -> None:
    """Keep the index at `path`, in place of older ones; a full or read-only disk costs only time."""
    directory, draft = os.path.dirname(path), f"{path}.{os.getpid()}.npz"
    arrays: dict[str, Any] = dict(made.postings.arrays)
    text = _END.join(map(_BETWEEN.join, made.pairs))
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        np.savez(draft, pairs=np.array(text.encode()), vectors=made.vectors, **arrays)
        for entry in os.listdir(directory):
            if entry.startswith("bank-") and entry != os.path.basename(draft):
                os.unlink(os.path.join(directory, entry))
        os.replace(draft, path)
    except OSError as error:
        log.warning("the index of the example bank cannot be kept: %s", error)
        with contextlib.suppress(OSError):
            os.unlink(draft)


def kept_at(directory: str, embedding: str) -> str:
    """Return where the index is kept: its name tells what it was made of."""
    content = hashlib.sha256(f"{__version__} {_LAYOUT}".encode())
    files = sorted(name for name in os.listdir(directory) if name.endswith(".toml"))
    for path in (*(os.path.join(directory, name) for name in files), embedding):
        with open(path, "rb") as file:
            content.update(file.read())
    return os.path.join(paths.home(), "cache", f"bank-{content.hexdigest()[:24]}.npz")
