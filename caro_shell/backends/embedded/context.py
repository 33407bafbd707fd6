"""A model in memory with its KV cache, as those see it that write with it, whichever library runs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

#: Tokens the KV cache holds: the prefix, the longest request and the longest answer.
CONTEXT_TOKENS = 2048
#: Tokens evaluated in one go; smaller needs less memory, larger is no faster here.
BATCH_TOKENS = 256
#: Tokens of one evaluation whose logits can be kept (0.6 MB each for the default model).
OUTPUTS = 8


class Context(Protocol):
    """A loaded model, and numbered sequences of tokens that it has read; 1 goes on from what 0 holds."""

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Return the tokens of `text`; `special` reads control tokens like <|im_end|> as such."""

    def piece(self, token: int) -> bytes:
        """Return the bytes of one token; they may be part of a character."""

    def is_end(self, token: int) -> bool:
        """Say whether `token` ends the model's turn."""

    def use_threads(self, count: int) -> None:
        """Let the next evaluations run in `count` threads."""

    def evaluate(self, tokens: Sequence[int], *, sequence: int, start: int, outputs: int = 1) -> None:
        """Put at most `BATCH_TOKENS` tokens into `sequence` at positions from `start` on.

        The logits of the last `outputs` (at most `OUTPUTS`) are kept for `greedy` and `likeliest`.
        Raises BackendError.
        """

    def greedy(self) -> tuple[int, float]:
        """Return the most likely token after the last one evaluated, and how likely. Raises BackendError."""

    def likeliest(self, row: int, count: int) -> list[tuple[int, float]]:
        """Return the `count` likeliest tokens and their probabilities, best first.

        `row` counts back from the last token evaluated: -1 is that one, -2 the one before it. Raises
        BackendError.
        """

    def share(self, source: int, target: int) -> None:
        """Let sequence `target` begin with all of `source`; nothing is copied."""

    def cut(self, sequence: int, start: int = 0) -> None:
        """Drop what `sequence` holds from position `start` on."""

    def state(self, sequence: int) -> bytes:
        """Return what `sequence` holds, in the library's own format. Raises BackendError."""

    def restore(self, state: memoryview, sequence: int) -> bool:
        """Fill `sequence` with a state, in writable memory; False when the library does not take it."""

    def close(self) -> None:
        """Free the model and its cache."""
