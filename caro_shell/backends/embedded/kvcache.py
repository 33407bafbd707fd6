"""What the model has read already: a prefix that stays, and a request behind it. Only news is evaluated.

Prefix: system text and examples, the same for every request of a shell; its state is kept on disk, too.
Request: whatever stands behind it, the words and then the answer as it is written. One that begins like
the last one keeps that beginning: a word changed, another way to end an answer.
Both live in one unified cache, as two sequences; the request's begins with the prefix's cells, not a copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from caro_shell.backends.embedded.context import BATCH_TOKENS, Context
from caro_shell.backends.embedded.prefixstate import PrefixStates, state_key
from caro_shell.errors import BackendError

_PREFIX, _REQUEST = 0, 1  # the two sequences
_AT_ONCE = 64  # tokens of a prefix evaluated between two moments in which one may give up


class KVCache:
    """The KV cache of one context; `identity` is what a saved state depends on besides its tokens."""

    def __init__(self, context: Context, states: PrefixStates, identity: object) -> None:
        self._context = context
        self._states = states
        self._identity = identity
        self._prefix: list[int] = []
        self._request: list[int] = []

    def has(self, prefix: Sequence[int]) -> bool:
        """Say whether exactly `prefix` is held."""
        return self._prefix == prefix

    def hold_prefix(self, prefix: list[int]) -> Iterator[int]:
        """Hold exactly `prefix`, which ends the request; yield how many of its tokens are held so far.

        One may stop between two yields: what was evaluated stays, and the next call goes on from there.
        Raises BackendError.
        """
        if self.has(prefix):
            return
        self._forget_request()
        key = state_key(self._identity, prefix)
        state = self._states.load(key)
        if state is not None and self._context.restore(state, _PREFIX):
            self._prefix = prefix
            return
        kept = _common(self._prefix, prefix) if state is None else 0
        self._context.cut(_PREFIX, kept)
        self._prefix = prefix[:kept]
        while len(self._prefix) < len(prefix):
            start = len(self._prefix)
            yield start
            if self._prefix != prefix[:start]:  # the cache was used for another one meanwhile
                yield from self.hold_prefix(prefix)
                return
            chunk = prefix[start : start + _AT_ONCE]
            self._evaluate(chunk, sequence=_PREFIX, start=start)
            self._prefix = prefix[: start + len(chunk)]
        self._states.save(key, self._context.state(_PREFIX))

    def hold_request(self, tokens: list[int], *, outputs: int = 1) -> int:
        """Hold exactly `tokens` behind the prefix; return how many of them had to be evaluated.

        The last `outputs` of them always are, and their logits are kept. Raises BackendError.
        """
        kept = min(_common(self._request, tokens), len(tokens) - outputs)
        if not self._request:
            self._context.share(_PREFIX, _REQUEST)
        self._context.cut(_REQUEST, len(self._prefix) + kept)
        self._request = tokens[:kept]
        last = len(tokens) - outputs  # what has its logits kept is evaluated at once
        ends = [*range(kept + BATCH_TOKENS - outputs, last, BATCH_TOKENS - outputs), len(tokens)]
        for end in ends:
            start = len(self._request)
            place = len(self._prefix) + start
            self._evaluate(
                tokens[start:end], sequence=_REQUEST, start=place, outputs=min(outputs, end - start)
            )
            self._request = tokens[:end]
        return len(tokens) - kept

    def _evaluate(self, tokens: list[int], *, sequence: int, start: int, outputs: int = 1) -> None:
        try:
            self._context.evaluate(tokens, sequence=sequence, start=start, outputs=outputs)
        except BackendError:
            self._prefix = []  # what is left there is not known; the next one begins anew
            raise

    def _forget_request(self) -> None:
        self._context.cut(_REQUEST)
        self._request = []


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    """Return the length of the common beginning."""
    length = 0
    for a, b in zip(left, right):
        if a != b:
            break
        length += 1
    return length
