"""The limit a key press is held against: llama.cpp alone, the same model, settings, prefix and tokens.

    python -m lab.raw_llama MODEL_FILE [ADAPTER]
    {"line", "shell", "tokens", "read"} in → {"first_ms", "total_ms", "text"} out

Nothing but `llama_decode` and the greedy sampler runs between the two looks at the clock.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Sequence
from typing import Any

from caro_shell import chat, prompt
from caro_shell.backends.embedded.context import BATCH_TOKENS

# llama_cpp comes from there, too: that module sets what OpenMP reads, once, when the library is loaded.
from caro_shell.backends.embedded.cores import physical_cores
from caro_shell.backends.llamacpp.context import LlamaContext
from caro_shell.backends.llamacpp.library import llama_cpp
from caro_shell.bank import Bank
from caro_shell.config import Config

_PREFIX, _REQUEST = 0, 1


class RawLimit(LlamaContext):
    """The project's own context, so that every setting is the same; the calls are llama.cpp's."""

    def __init__(self, path: str, adapter: str = "") -> None:
        """Load the model at `path`; see `LlamaContext`."""
        super().__init__(path, adapter)
        self._greedy = llama_cpp.llama_sampler_init_greedy()

    def hold(self, prefix: Sequence[int]) -> None:
        """Evaluate `prefix` once; requests are put behind it."""
        for start in range(0, len(prefix), BATCH_TOKENS):
            self.evaluate(prefix[start : start + BATCH_TOKENS], sequence=_PREFIX, start=start)

    def time(self, request: Sequence[int], start: int, count: int) -> tuple[float, float, list[int]]:
        """Put `request` at position `start` and write `count` tokens behind it.

        Return the milliseconds until the first token was known and in all, and the tokens.
        """
        self.share(_PREFIX, _REQUEST)
        batch = llama_cpp.llama_batch_init(BATCH_TOKENS, 0, 1)
        step = self._fill(llama_cpp.llama_batch_init(1, 0, 1), [0], start)
        context, greedy, written = self._context, self._greedy, []
        began = time.perf_counter()
        for at in range(0, len(request), BATCH_TOKENS):
            llama_cpp.llama_decode(context, self._fill(batch, request[at : at + BATCH_TOKENS], start + at))
        token = llama_cpp.llama_sampler_sample(greedy, context, -1)
        known = time.perf_counter()
        for position in range(start + len(request), start + len(request) + count):
            written.append(token)
            step.token[0] = token
            step.pos[0] = position
            llama_cpp.llama_decode(context, step)
            token = llama_cpp.llama_sampler_sample(greedy, context, -1)
        ended = time.perf_counter()
        llama_cpp.llama_batch_free(batch)
        llama_cpp.llama_batch_free(step)
        self.cut(_REQUEST)
        return (known - began) * 1e3, (ended - began) * 1e3, written

    def _fill(self, batch: Any, tokens: Sequence[int], start: int) -> Any:
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i], batch.logits[i] = token, start + i, i == len(tokens) - 1
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, _REQUEST
        return batch

    def tokens(self, pieces: Sequence[chat.Piece]) -> list[int]:
        """Return the tokens of `pieces`."""
        return [token for piece in pieces for token in self.tokenize(piece.text, special=piece.special)]


def main() -> None:
    """Answer requests until standard input ends."""
    logging.getLogger("caro").addHandler(logging.NullHandler())
    raw = RawLimit(*sys.argv[1:])
    raw.repack(lambda: False)  # as a daemon has done that was idle for a moment
    raw.use_threads(physical_cores())
    bank, count = Bank(), Config().examples
    held: list[int] = []
    for record in sys.stdin:
        asked = json.loads(record)
        plain = prompt.make_prompt(asked["line"], asked["shell"])
        rendered = chat.chatml(bank.beside(plain, asked["shell"], sys.platform, count))
        prefix, request = raw.tokens(rendered.prefix), raw.tokens(rendered.request)
        if asked.get("read"):  # as many as caro has read, perhaps twice the same
            request = (request * (1 + asked["read"] // len(request)))[-asked["read"] :]
        if prefix != held:
            raw.cut(_PREFIX)
            raw.hold(prefix)
            held = prefix
        first_ms, total_ms, written = raw.time(request, len(prefix), asked["tokens"])
        text = b"".join(map(raw.piece, written)).decode("utf-8", "replace")
        print(json.dumps({"first_ms": first_ms, "total_ms": total_ms, "text": text}), flush=True)


if __name__ == "__main__":
    main()
