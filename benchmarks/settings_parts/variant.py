"""caro's own llama.cpp context with some settings changed; what is not named stays as caro has it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lab.raw_llama import RawLimit

from caro_shell import chat, prompt
from caro_shell.backends.embedded.context import BATCH_TOKENS
from caro_shell.backends.embedded.prefixstate import PrefixStates, state_key
from caro_shell.backends.llamacpp.library import llama_cpp

PREFIX, REQUEST = 0, 1
#: What a saved state depends on besides its tokens: what the KV cache is laid out by.
_LAYOUT = ("type_k", "type_v", "flash_attn_type")
#: The weights as caro has them once it was idle for a moment, here from the start.
_LOADING = {
    "use_extra_bufts": True,
    "load_mode": llama_cpp.LLAMA_LOAD_MODE_NONE,
}


class Variant(RawLimit):
    """A loaded model; `settings` are fields of llama.cpp's model and context parameters."""

    def __init__(self, path: str, settings: Mapping[str, Any], states: PrefixStates) -> None:
        """Load the model at `path`; prefixes are looked for in `states`, and saved there."""
        self._batch_tokens = settings.get("n_batch", BATCH_TOKENS)
        self._layout = [settings.get(name) for name in _LAYOUT]
        self._states = states
        #: The tokens of the prefix that is held.
        self.held: list[int] = []
        with _changed({**_LOADING, **settings}):
            super().__init__(path)
        llama_cpp.llama_batch_free(self._batch)
        self._batch = llama_cpp.llama_batch_init(self._batch_tokens, 0, 1)

    def begin(self, line: str) -> list[int]:
        """Let the request sequence hold the prefix of `line` and no more; return the request's own tokens."""
        prefix, request = self.rendered(line)
        self.cut(REQUEST)
        if self.held != prefix:
            key = state_key(self._layout, prefix)
            state = self._states.load(key)
            if state is None or not self.restore(state, PREFIX):
                self.read_prefix(prefix)
                self._states.save(key, self.state(PREFIX))
            self.held = prefix
        self.share(PREFIX, REQUEST)
        return request

    def rendered(self, line: str) -> tuple[list[int], list[int]]:
        """Return the tokens of the prefix and of the request for `line`."""
        rendered = chat.chatml(prompt.make_prompt(line, "zsh"))
        return self.tokens(rendered.prefix), self.tokens(rendered.request)

    def read_prefix(self, prefix: Sequence[int]) -> None:
        """Evaluate `prefix` in as large batches as there may be."""
        self.held = []
        self.cut(REQUEST)
        self.cut(PREFIX)
        for start in range(0, len(prefix), self._batch_tokens):
            self.evaluate(prefix[start : start + self._batch_tokens], sequence=PREFIX, start=start)

    def prefill(self, request: list[int], multiple: int, most: int) -> int:
        """Evaluate `request` behind the prefix, return the next token.

        The batch is filled up to a `multiple` of tokens where at most `most` are missing: a filling stands
        behind the request, so that nothing of it sees the filling, and is forgotten afterwards.
        """
        filling = -len(request) % multiple
        filling = filling if filling <= most else 0
        batch = self._fill(self._batch, [*request, *request[:1] * filling], len(self.held))
        for i in range(batch.n_tokens):
            batch.logits[i] = i == len(request) - 1
        llama_cpp.llama_decode(self._context, batch)
        self.cut(REQUEST, len(self.held) + len(request))
        return self._chosen(-1)

    def step(self, tokens: Sequence[int], position: int, sequences: int = 1) -> list[int]:
        """Put `tokens` at `position`, in place of what was there; return the greedy choice after each.

        With more than one of the `sequences`, each token is the next one of a sequence of its own.
        """
        batch = self._fill(self._batch, tokens, position)
        for i in range(len(tokens)):
            batch.logits[i] = 1
            if sequences > 1:
                batch.pos[i], batch.seq_id[i][0] = position, REQUEST + i
        for sequence in range(REQUEST, REQUEST + sequences):
            self.cut(sequence, position)
        llama_cpp.llama_decode(self._context, batch)
        return [self._chosen(i) for i in range(len(tokens))]

    def text(self, tokens: Sequence[int]) -> str:
        """Return the text of `tokens` up to the end of the turn."""
        end = next((i for i, token in enumerate(tokens) if self.is_end(token)), len(tokens))
        return b"".join(map(self.piece, tokens[:end])).decode("utf-8", "replace")

    def _chosen(self, place: int) -> int:
        return int(llama_cpp.llama_sampler_sample(self._greedy, self._context, place))


@contextlib.contextmanager
def _changed(settings: Mapping[str, Any]) -> Iterator[None]:
    """Let llama.cpp be given `settings` in place of what the project's own context gives it."""
    load, init = llama_cpp.llama_model_load_from_file, llama_cpp.llama_init_from_model

    def changed(params: Any) -> Any:
        for name, value in settings.items():
            if hasattr(params, name):
                setattr(params, name, value)
        return params

    llama_cpp.llama_model_load_from_file = lambda path, params: load(path, changed(params))
    llama_cpp.llama_init_from_model = lambda model, params: init(model, changed(params))
    yield
    llama_cpp.llama_model_load_from_file, llama_cpp.llama_init_from_model = load, init
