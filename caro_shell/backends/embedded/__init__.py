"""The embedded model, whichever library runs it: a prefix read once, a request behind it, greedy decoding."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from caro_shell import chat, paths
from caro_shell.backends import Completion, Draft, Listener
from caro_shell.backends.embedded.context import CONTEXT_TOKENS, OUTPUTS, Context
from caro_shell.backends.embedded.cores import Cores
from caro_shell.backends.embedded.kvcache import KVCache
from caro_shell.backends.embedded.modelfile import CHOOSE
from caro_shell.backends.embedded.prefixstate import PrefixStates
from caro_shell.backends.embedded.writing import Branch, Desk, Writing, branches
from caro_shell.config import Config
from caro_shell.errors import BackendError, BackendTimeout, Cancelled
from caro_shell.prompt import Prompt

#: How likely a token must be for an answer with it to be worth showing.
_WORTH_SHOWING = 0.02
#: Tokens that there must be room for behind a request; a long command has fifty.
_LEAST_ROOM = 160
#: Tokens that a request may have, with the examples nearest to it; on two cores more take above five seconds.
_LONGEST_REQUEST = 512
#: Tokens that a request may have at the least, or the model is of no use; an ordinary one has twenty.
_LEAST_REQUEST = 64


class EmbeddedBackend:
    """A model loaded into this process; see `Backend` for the contract.

    `context` is the loaded model, `form` the name of its chat format, `identity` what a saved state of its
    prefix depends on besides the tokens.
    """

    name = "embedded"
    is_trained = False

    def __init__(self, model: str, config: Config, context: Context, form: str, identity: object) -> None:
        self.model = model
        self._max_tokens = config.max_tokens
        self._timeout_s = config.timeout_s
        self._format = chat.FORMATS[form]
        states = PrefixStates(os.path.join(paths.home(), "cache"))
        self._desk = Desk(context, KVCache(context, states, identity), Cores())
        self._answer = Writing([], [])  # the last one

    def prepare(self, prompt: Prompt, listener: Listener) -> None:
        """Read the fixed part of `prompt`; see `Backend.prepare`."""
        self._hold_prefix(self._writing(prompt).prefix, listener)

    def complete(self, prompt: Prompt, listener: Listener) -> Completion:
        """Answer `prompt`; see `Backend.complete`."""
        return self.complete_if_sure(prompt, listener, 0.0)

    def complete_if_sure(self, prompt: Prompt, listener: Listener, least: float) -> Completion:
        """Answer `prompt` unless a token is too unlikely; see `DoubtingBackend`."""
        writing = self._writing(prompt)
        began = time.monotonic()
        new = self._hold_prefix(writing.prefix, listener)
        self._desk.context.use_threads(self._desk.cores.begin())
        prefilled = math.inf  # the first step reads the request, and knows a token then
        for _ in writing.steps(self._desk, self._room(writing)):
            prefilled = min(prefilled, time.monotonic())
            in_doubt = any(probability < least for probability in writing.probabilities[-1:])
            if not in_doubt:
                listener.text(writing.text)
            if listener.cancelled():
                raise Cancelled
            if in_doubt:
                break
            if time.monotonic() > prefilled + self._timeout_s:
                raise BackendTimeout(
                    f"the model did not finish within {self._timeout_s:g} s; "
                    "raise generation.timeout_s, or ask for something shorter"
                )
        self._answer = writing
        prefilled = min(prefilled, time.monotonic())
        prompt_tokens = len(writing.prefix) + len(writing.request)
        return Completion(
            text=writing.text,
            prefill_ms=(prefilled - began) * 1e3,
            decode_ms=(time.monotonic() - prefilled) * 1e3,
            prompt_tokens=prompt_tokens,
            cached_tokens=prompt_tokens - new - writing.evaluated,
            generated_tokens=len(writing.tokens),
            probabilities=tuple(writing.probabilities),
        )

    def alternatives(self, prompt: Prompt) -> Iterator[Draft]:
        """Write other answers to `prompt`; see `Backend.alternatives`.

        They leave the greedy answer where it was least certain and go on greedily from there: what was
        likely, and mostly another tool or option. Answers sampled at a temperature of 0.7 were mostly the
        same one again, or nonsense.
        """
        self._desk.context.use_threads(self._desk.cores.begin())
        first = self._writing(prompt)
        if (first.prefix, first.request) == (self._answer.prefix, self._answer.request):
            first = self._answer
        else:
            for _ in first.steps(self._desk, self._room(first)):
                yield Draft("", finished=False)
            yield Draft(first.text, finished=True)  # perhaps another one than without the nearest examples
        found: list[Branch] = []
        for some in branches(self._desk, first, at_once=OUTPUTS, width=4):
            found += some
            yield Draft("", finished=False)
        for branch in sorted(found, key=lambda branch: -branch.probability):
            if branch.probability < _WORTH_SHOWING:
                return
            head = [*first.tokens[: branch.kept], branch.token]
            writing = Writing(first.prefix, first.request, head)
            for _ in writing.steps(self._desk, self._room(writing)):
                yield Draft(writing.text, finished=False)
            yield Draft(writing.text, finished=True)

    def improve(self, listener: Listener) -> None:
        """Do nothing: there is nothing to make faster; see `Backend.improve`."""

    def close(self) -> None:
        """Give back the memory."""
        self._desk.context.close()

    def _writing(self, prompt: Prompt) -> Writing:
        """Return an empty answer to `prompt`."""
        rendered = self._format(prompt)
        prefix, request = self._tokens(rendered.prefix), self._tokens(rendered.request)
        if prompt.nearest and len(request) > _LONGEST_REQUEST:
            return self._writing(replace(prompt, nearest=prompt.nearest[1:]))  # without the farthest
        room = CONTEXT_TOKENS - len(prefix) - _LEAST_ROOM
        if room < _LEAST_REQUEST:
            raise BackendError(
                f"{os.path.basename(self.model)} cannot hold caro's examples: to it they are {len(prefix)} "
                f"tokens, of {CONTEXT_TOKENS} in all; {CHOOSE}"
            )
        if len(request) > min(_LONGEST_REQUEST, room):
            raise BackendError("the line is too long for the model; say it in fewer words")
        return Writing(prefix, request)

    def _room(self, writing: Writing) -> int:
        """Return how many tokens the answer may have: what the settings allow, and what fits."""
        return min(self._max_tokens, CONTEXT_TOKENS - len(writing.prefix) - len(writing.request))

    def _tokens(self, pieces: Sequence[chat.Piece]) -> list[int]:
        return [t for piece in pieces for t in self._desk.context.tokenize(piece.text, special=piece.special)]

    def _hold_prefix(self, prefix: list[int], listener: Listener) -> int:
        """Make the cache hold `prefix`; return how many of its tokens had to be evaluated."""
        kept = len(prefix)
        if not self._desk.cache.has(prefix):
            self._desk.context.use_threads(self._desk.cores.begin())
            for held in self._desk.cache.hold_prefix(prefix):
                kept = min(kept, held)
                listener.stage(f"reading the examples, once only: {100 * held // len(prefix)} %")
                if listener.cancelled():
                    raise Cancelled
        return len(prefix) - kept
