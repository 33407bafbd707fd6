"""One answer being written behind a request, token by token, greedily; it may be left and taken up again."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from caro_shell.backends import STOPS
from caro_shell.backends.embedded.context import Context
from caro_shell.backends.embedded.cores import Cores
from caro_shell.backends.embedded.kvcache import KVCache


@dataclass(frozen=True)
class Desk:
    """What it takes to write: a model, its cache, and cores to run on."""

    context: Context
    cache: KVCache
    cores: Cores


@dataclass
class Writing:
    """An answer to `request` behind `prefix`; `tokens` and `text` are what is written so far.

    `tokens` may begin with some that are given: the answer then goes on from there. `evaluated` counts the
    tokens behind the prefix that had to be evaluated before the first could be written. `probabilities` are
    those of the tokens that were not given.
    """

    prefix: list[int]
    request: list[int]
    tokens: list[int] = field(default_factory=list)
    text: str = ""
    evaluated: int = 0
    probabilities: list[float] = field(default_factory=list)
    _bytes: bytes = b""

    def steps(self, desk: Desk, limit: int) -> Iterator[None]:
        """Write up to `limit` tokens or to the end of the answer, yielding after each token.

        Between two steps the cache may have been used for something else. Raises BackendError.
        """
        given, self.tokens = self.tokens, []
        ended = any(self._add(desk, token) for token in given)
        while not ended and len(self.tokens) < limit:
            for _ in desk.cache.hold_prefix(self.prefix):
                yield
            new = desk.cache.hold_request(self.request + self.tokens)
            self.evaluated = self.evaluated or new
            token, probability = desk.context.greedy()
            self.probabilities.append(probability)
            # Looked at now, while everything else of caro sleeps: what the caller sends wakes the client.
            desk.context.use_threads(desk.cores.next())
            ended = self._add(desk, token)
            if not ended:
                yield

    def _add(self, desk: Desk, token: int) -> bool:
        """Add `token`; say whether it ends the answer."""
        if desk.context.is_end(token):
            return True
        self.tokens.append(token)
        self._bytes += desk.context.piece(token)
        # All of it each time, which is short: a character that is spread over tokens waits for its last.
        self.text = codecs.getincrementaldecoder("utf-8")("replace").decode(self._bytes)
        for stop in STOPS:
            if stop in self.text:
                self.text = self.text[: self.text.index(stop)]
                return True
        return False


@dataclass(frozen=True)
class Branch:
    """A place where another token was likely: after `kept` tokens of the answer, `token`."""

    probability: float
    kept: int
    token: int


def branches(desk: Desk, first: Writing, *, at_once: int, width: int) -> Iterator[Sequence[Branch]]:
    """Yield the other tokens that could have stood in `first`, for `at_once` of its tokens at a time.

    Its last place is the one behind it, where the answer might have gone on.
    """
    context = desk.context
    for start in range(0, len(first.tokens) + 1, at_once):
        end = min(start + at_once, len(first.tokens) + 1)
        for _ in desk.cache.hold_prefix(first.prefix):
            yield ()
        desk.cache.hold_request(first.request + first.tokens[: end - 1], outputs=end - start)
        yield [
            Branch(probability, place, token)
            for place in range(start, end)
            for token, probability in context.likeliest(place - end, width)
            if token not in first.tokens[place : place + 1]
            if place < len(first.tokens) or not context.is_end(token)  # it did end there
        ]
