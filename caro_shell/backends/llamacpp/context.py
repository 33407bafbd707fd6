"""A model in memory and its KV cache, in the few words the backend needs.

llama-cpp-python's `Llama` class holds one sequence and copies whole states; here a fixed prefix stays
in one sequence of a unified KV cache and each request continues it in another, sharing its cells.
"""

from __future__ import annotations

import ctypes
import logging
import os
import time
from collections.abc import Sequence
from typing import Any, Callable

import numpy as np
import numpy.typing as npt

from caro_shell.backends.embedded.context import BATCH_TOKENS
from caro_shell.backends.llamacpp.library import (
    give_back,
    llama_cpp,
    load,
    load_adapter,
    metadata,
    new_context,
)
from caro_shell.backends.llamacpp.suitability import load_suitable
from caro_shell.errors import BackendError, BackendUnavailable, Cancelled

log = logging.getLogger("caro.llama")


class LlamaContext:
    """One loaded model with a unified KV cache of `CONTEXT_TOKENS` and a few numbered sequences.

    At first the weights are used as they lie in the mapped file, which is there at once; `repack` lays them
    out anew for the processor's vector units, which takes seconds where memory is slow to come by, and makes
    every later token a quarter faster.
    """

    def __init__(self, path: str, adapter: str = "") -> None:
        """Load the GGUF file at `path`, and the one of its low-rank `adapter` (LoRA), if one is named.

        An adapter that cannot be used is left out; `adapter` is empty then.

        Raises ModelMissing or ModelDamaged for a file that is none, ModelError for a model that is of no use
        here, BackendUnavailable where memory is short.
        """
        self._path = path
        self.is_repacked = False
        self._model = load_suitable(path)
        loaded = load_adapter(adapter, self._model)
        #: The path of the adapter that is in use.
        self.adapter = adapter if loaded else ""
        self._context = new_context(self._model, loaded)
        if not self._context:
            llama_cpp.llama_model_free(self._model)
            raise BackendUnavailable(
                f"there is not enough memory to run {os.path.basename(path)}; close something"
            )
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._batch = llama_cpp.llama_batch_init(BATCH_TOKENS, 0, 1)

    def repack(self, cancelled: Callable[[], bool]) -> None:
        """Repack the weights, once; all sequences stay. Raises Cancelled, with all as it was."""
        if self.is_repacked:
            return
        began = time.monotonic()
        model = load(self._path, repacked=True, cancelled=cancelled)
        if cancelled():
            llama_cpp.llama_model_free(model)
            raise Cancelled
        self.is_repacked = True  # or could not be, which will be no different next time
        adapter = load_adapter(self.adapter, model) if model else None
        context = new_context(model, adapter) if model and bool(adapter) == bool(self.adapter) else None
        if not context or not self._carry_over(context):
            llama_cpp.llama_free(context)
            llama_cpp.llama_model_free(model)
            log.warning("the weights could not be repacked; it goes on a little slower")
            return
        self._free()
        self._model, self._context = model, context
        self._vocab = llama_cpp.llama_model_get_vocab(model)
        self._memory = llama_cpp.llama_get_memory(context)
        give_back()
        log.info("the weights were repacked in %.0f ms", (time.monotonic() - began) * 1e3)

    def _carry_over(self, context: Any) -> bool:
        """Give `context` all sequences and the number of threads; say whether that worked."""
        size = llama_cpp.llama_state_get_size(self._context)
        state = (ctypes.c_uint8 * size)()
        size = llama_cpp.llama_state_get_data(self._context, state, size)
        threads = llama_cpp.llama_n_threads(self._context)
        llama_cpp.llama_set_n_threads(context, threads, threads)
        return bool(size and llama_cpp.llama_state_set_data(context, state, size) == size)

    def metadata(self, key: str) -> str:
        """Return what the file says under the GGUF key `key` (`tokenizer.chat_template`), or nothing."""
        return metadata(self._model, key)

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Return the tokens of `text`; `special` reads control tokens like <|im_end|> as such."""
        data = text.encode("utf-8", "replace")
        tokens = (llama_cpp.llama_token * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), tokens, len(tokens), False, special)
        return list(tokens[:count])

    def piece(self, token: int) -> bytes:
        """Return the bytes of one token; they may be part of a character."""
        buffer = ctypes.create_string_buffer(256)
        count = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(count, 0)]

    def is_end(self, token: int) -> bool:
        """Say whether `token` ends the model's turn."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))

    def use_threads(self, count: int) -> None:
        """Let the next evaluations run in `count` threads."""
        llama_cpp.llama_set_n_threads(self._context, count, count)

    def evaluate(self, tokens: Sequence[int], *, sequence: int, start: int, outputs: int = 1) -> None:
        """Put at most `BATCH_TOKENS` tokens into `sequence` at positions from `start` on.

        The logits of the last `outputs` (at most `OUTPUTS`) are kept for `greedy` and `likeliest`.
        Raises BackendError.
        """
        batch = self._batch
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = start + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = sequence
            batch.logits[i] = i >= len(tokens) - outputs
        status = llama_cpp.llama_decode(self._context, batch)
        if status != 0:
            raise BackendError(f"llama.cpp could not evaluate the prompt (status {status})")

    def greedy(self) -> tuple[int, float]:
        """Return the most likely token after the last one evaluated, and its probability."""
        logits = self._logits(-1)
        token = int(logits.argmax())
        return token, 1 / float(np.exp(logits - logits[token]).sum())

    def likeliest(self, row: int, count: int) -> list[tuple[int, float]]:
        """Return the `count` likeliest tokens and their probabilities, best first.

        `row` counts back from the last token evaluated: -1 is that one, -2 the one before it.
        """
        logits = self._logits(row)
        weights = np.exp(logits - logits.max())
        best = np.argpartition(weights, -count)[-count:]
        best = best[np.argsort(-weights[best])]
        return [(int(token), float(weights[token] / weights.sum())) for token in best]

    def share(self, source: int, target: int) -> None:
        """Let sequence `target` begin with all of `source`; the cells are shared, not copied."""
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def cut(self, sequence: int, start: int = 0) -> None:
        """Drop what `sequence` holds from position `start` on."""
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, start, -1)

    def state(self, sequence: int) -> bytes:
        """Return the KV state of `sequence` in llama.cpp's own format."""
        size = llama_cpp.llama_state_seq_get_size(self._context, sequence)
        buffer = (ctypes.c_uint8 * size)()
        count = llama_cpp.llama_state_seq_get_data(self._context, buffer, size, sequence)
        return bytes(memoryview(buffer)[:count])

    def restore(self, state: memoryview, sequence: int) -> bool:
        """Fill `sequence` with a state, in writable memory; False when llama.cpp does not take it."""
        buffer = (ctypes.c_uint8 * len(state)).from_buffer(state)
        self.cut(sequence)
        return bool(llama_cpp.llama_state_seq_set_data(self._context, buffer, len(state), sequence))

    def close(self) -> None:
        """Free the model and its cache, once."""
        if self._model is None:
            return
        llama_cpp.llama_batch_free(self._batch)
        self._free()
        self._model = self._context = None
        give_back()

    def _logits(self, row: int) -> npt.NDArray[np.float32]:
        size = llama_cpp.llama_vocab_n_tokens(self._vocab)
        return np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(self._context, row), shape=(size,))

    def _free(self) -> None:
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)
