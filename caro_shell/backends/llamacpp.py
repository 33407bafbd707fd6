"""The embedded model on llama.cpp: a prefix evaluated once, a request behind it, greedy decoding."""

from __future__ import annotations

import codecs
import os
import time
from collections.abc import Sequence

from caro_shell import catalog, chat, paths
from caro_shell.backends import Completion, Listener
from caro_shell.backends.cores import Cores
from caro_shell.backends.llamacontext import BATCH_TOKENS, CONTEXT_TOKENS, LlamaContext, build
from caro_shell.backends.prefixstate import PrefixStates, state_key
from caro_shell.config import Config
from caro_shell.errors import BackendError, BackendTimeout, Cancelled
from caro_shell.prompt import Prompt

#: What ends an answer besides the end of the turn: an empty line, a closing fence.
STOPS = ("\n\n", "\n```")
_PREFIX, _REQUEST = 0, 1  # the two sequences
_CANCEL_EVERY = 64  # tokens of a prefix evaluated between two questions to the listener


class LlamaCppBackend:
    """A loaded GGUF model; see `Backend` for the contract."""

    name = "embedded"

    def __init__(self, config: Config) -> None:
        entry = catalog.find(config.model)
        path = catalog.locate(entry)
        self.model = entry.id
        self._max_tokens = config.max_tokens
        self._timeout_s = config.timeout_s
        self._format = chat.FORMATS[entry.chat]
        self._context = LlamaContext(path)
        self._cores = Cores()
        self._identity = (catalog.weights(entry, path), build())
        self._states = PrefixStates(os.path.join(paths.home(), "cache"))
        self._held: list[int] = []  # the tokens that the prefix sequence holds

    def complete(self, prompt: Prompt, listener: Listener) -> Completion:
        """Answer `prompt`; see `Backend.complete`."""
        rendered = self._format(prompt)
        prefix, request = self._tokens(rendered.prefix), self._tokens(rendered.request)
        if len(request) > min(BATCH_TOKENS, CONTEXT_TOKENS - len(prefix) - self._max_tokens):
            raise BackendError("the line is too long for the model; say it in fewer words")
        began = time.monotonic()
        cached = self._hold_prefix(prefix, listener)
        try:
            self._context.share(_PREFIX, _REQUEST)
            self._context.use_threads(self._cores.begin())
            self._context.evaluate(request, sequence=_REQUEST, start=len(prefix))
            prefilled = time.monotonic()
            text, generated = self._decode(len(prefix) + len(request), listener)
        finally:
            self._context.cut(_REQUEST)
        return Completion(
            text=text,
            prefill_ms=(prefilled - began) * 1e3,
            decode_ms=(time.monotonic() - prefilled) * 1e3,
            prompt_tokens=len(prefix) + len(request),
            cached_tokens=cached,
            generated_tokens=generated,
        )

    def close(self) -> None:
        """Give back the memory."""
        self._context.close()

    def _tokens(self, pieces: Sequence[chat.Piece]) -> list[int]:
        return [t for piece in pieces for t in self._context.tokenize(piece.text, special=piece.special)]

    def _hold_prefix(self, prefix: list[int], listener: Listener) -> int:
        """Make the prefix sequence hold exactly `prefix`; return how many tokens were there already.

        What was evaluated before a cancellation stays, so that the next request goes on from there.
        """
        if self._held == prefix:
            return len(prefix)
        key = state_key(self._identity, prefix)
        state = self._states.load(key)
        if state is not None and self._context.restore(state, _PREFIX):
            self._held = prefix
            return len(prefix)
        kept = _common(self._held, prefix) if state is None else 0
        self._context.cut(_PREFIX, kept)
        self._held = prefix[:kept]
        self._context.use_threads(self._cores.begin())
        while len(self._held) < len(prefix):
            if listener.cancelled():
                raise Cancelled
            start = len(self._held)
            listener.stage(f"reading the examples, once only: {100 * start // len(prefix)} %")
            chunk = prefix[start : start + _CANCEL_EVERY]
            self._context.evaluate(chunk, sequence=_PREFIX, start=start)
            self._held = prefix[: start + len(chunk)]
        self._states.save(key, self._context.state(_PREFIX))
        return kept

    def _decode(self, position: int, listener: Listener) -> tuple[str, int]:
        """Write until the turn ends, a stop, the token limit or the time limit; return text and tokens."""
        deadline = time.monotonic() + self._timeout_s
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = ""
        for count in range(self._max_tokens):
            token = self._context.greedy()
            # Looked at now, while everything else of caro sleeps: what is sent below wakes the client.
            self._context.use_threads(self._cores.next())
            if self._context.is_end(token):
                return text, count
            text += decoder.decode(self._context.piece(token))
            for stop in STOPS:
                if stop in text:
                    return text[: text.index(stop)], count + 1
            listener.text(text)
            if listener.cancelled():
                raise Cancelled
            if time.monotonic() > deadline:
                raise BackendTimeout(
                    f"the model did not finish within {self._timeout_s:g} s; "
                    "raise generation.timeout_s, or ask for something shorter"
                )
            self._context.evaluate([token], sequence=_REQUEST, start=position + count)
        return text, self._max_tokens


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    """Return the length of the common beginning."""
    length = 0
    for a, b in zip(left, right):
        if a != b:
            break
        length += 1
    return length
