"""A model in memory and its KV cache, in the few words the backend needs, over llama.cpp's C API.

llama-cpp-python's `Llama` class holds one sequence and copies whole states; here a fixed prefix stays
in one sequence of a unified KV cache and each request continues it in another, sharing its cells.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
from collections.abc import Sequence

# Read by GNU OpenMP when it is loaded. With its default a waiting thread spins through its whole
# time slice: one busy core makes decoding 40 times slower; 1,000 spins cost 5 % on an idle machine.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

try:
    import llama_cpp
except (ImportError, OSError, RuntimeError) as error:  # a missing package, or a library that does not load
    from caro_shell.errors import BackendUnavailable

    raise BackendUnavailable(
        f"llama-cpp-python cannot be loaded ({error}); run install.sh again to rebuild it"
    ) from error

import numpy as np

from caro_shell.backends import residency
from caro_shell.errors import BackendError, ModelDamaged

log = logging.getLogger("caro.llama")

#: Tokens the KV cache holds: the prefix, the longest request and the longest answer.
CONTEXT_TOKENS = 2048
#: Tokens evaluated in one go; smaller needs less memory, larger is no faster here.
BATCH_TOKENS = 256
#: Tokens of one evaluation whose logits can be kept (0.6 MB each for the default model).
OUTPUTS = 8
# llama.cpp repacks most weights for the processor's vector units. A mapped file loads fastest, and where the
# mapped pages can be dropped afterwards it also takes least memory; elsewhere it would be held twice.
LOAD_MODE = llama_cpp.LLAMA_LOAD_MODE_MMAP if residency.CAN_DROP else llama_cpp.LLAMA_LOAD_MODE_NONE
_LOG_LEVELS = {3: logging.WARNING, 4: logging.WARNING}  # ggml's warning and error; the rest is chatter


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator,unused-ignore]
def _to_log(level: int, text: bytes, _data: object) -> None:
    log.log(_LOG_LEVELS.get(level, logging.DEBUG), "%s", text.decode("utf-8", "replace").rstrip())


class LlamaContext:
    """One loaded model with a unified KV cache of `CONTEXT_TOKENS` and a few numbered sequences."""

    def __init__(self, path: str) -> None:
        """Load the GGUF file at `path`. Raises ModelDamaged or BackendError (no memory)."""
        llama_cpp.llama_log_set(_to_log, None)
        llama_cpp.llama_backend_init()
        model_params = llama_cpp.llama_model_default_params()
        model_params.load_mode = LOAD_MODE
        self._model = llama_cpp.llama_model_load_from_file(os.fsencode(path), model_params)
        if not self._model:
            raise ModelDamaged(f"{path} cannot be loaded as a model; check it with: caro model verify")
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = CONTEXT_TOKENS
        params.n_batch = params.n_ubatch = BATCH_TOKENS
        params.n_seq_max = 2
        params.kv_unified = True
        params.n_outputs_max = OUTPUTS  # by default there is room for a whole batch: 120 MB more
        params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED  # slower on CPUs
        params.no_perf = True
        self._context = llama_cpp.llama_init_from_model(self._model, params)
        if not self._context:
            llama_cpp.llama_model_free(self._model)
            raise BackendError(f"there is not enough memory to run {os.path.basename(path)}; close something")
        residency.drop_mapped(path)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._batch = llama_cpp.llama_batch_init(BATCH_TOKENS, 0, 1)
        self._greedy = llama_cpp.llama_sampler_init_greedy()

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

    def greedy(self) -> int:
        """Return the most likely token after the last one evaluated."""
        return int(llama_cpp.llama_sampler_sample(self._greedy, self._context, -1))

    def likeliest(self, row: int, count: int) -> list[tuple[int, float]]:
        """Return the `count` likeliest tokens and their probabilities, best first.

        `row` counts back from the last token evaluated: -1 is that one, -2 the one before it.
        """
        size = llama_cpp.llama_vocab_n_tokens(self._vocab)
        logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(self._context, row), shape=(size,))
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
        """Free the model and its cache."""
        llama_cpp.llama_sampler_free(self._greedy)
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)


def build() -> str:
    """Return what a saved state depends on besides model and tokens: library version and build flags."""
    flags = ""
    with contextlib.suppress(AttributeError, UnicodeDecodeError):
        flags = llama_cpp.llama_print_system_info().decode()
    return f"{llama_cpp.__version__} {flags}"
