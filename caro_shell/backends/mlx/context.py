"""A model in memory and mlx-lm's prompt cache, in the few words the backend needs; see `Context`.

The request stands behind the prefix in one and the same cache: what is read is appended in place, and what is
dropped is trimmed off the end. So two sequences that share a beginning need no more than its length.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from caro_shell.backends.mlx.library import caches, failing, load, mx, release
from caro_shell.backends.mlx.tokens import Tokens
from caro_shell.errors import MlxFailed

_PREFIX = 0  # the sequence that the other one begins with


class MlxContext:
    """One loaded model with its prompt cache."""

    def __init__(self, path: str) -> None:
        """Load the model in the directory `path`. Raises MlxFailed or BackendUnavailable (no memory)."""
        self._model: Any
        self._cache: Any
        self._model, config = load(path)
        tokens = Tokens(path, config)
        self.tokenize, self.piece, self.is_end = tokens.tokenize, tokens.piece, tokens.is_end
        self._logits: Any = None
        self._prefix = 0  # tokens
        self._new_cache()
        if not caches.can_trim_prompt_cache(self._cache):
            raise MlxFailed(f"loading {path}: such a model cannot return to what it has read before")

    def use_threads(self, count: int) -> None:
        """Do nothing: MLX has its own threads."""

    def evaluate(self, tokens: Sequence[int], *, sequence: int, start: int, outputs: int = 1) -> None:
        """Put tokens into `sequence` at positions from `start` on; see `Context.evaluate`."""
        with failing("reading the prompt"):
            if start == 0:
                self._new_cache()  # nothing of an evaluation that failed is left
            self._trim(start)
            self._logits = None  # or what they are calculated from could not be written over
            self._logits = self._model(mx.array([list(tokens)]), cache=self._cache)[0, -outputs:]
            # Those of a prefix are not looked at, and so not calculated.
            looked_at = [] if sequence == _PREFIX else [self._logits]
            mx.eval([layer.state for layer in self._cache], looked_at)
        if sequence == _PREFIX:
            self._prefix = start + len(tokens)

    def greedy(self) -> tuple[int, float]:
        """Return the most likely token after the last one evaluated, and its probability."""
        return self.likeliest(-1, 1)[0]

    def likeliest(self, row: int, count: int) -> list[tuple[int, float]]:
        """Return the `count` likeliest tokens and their probabilities; see `Context.likeliest`."""
        with failing("choosing tokens"):
            shares = mx.softmax(self._logits[row].astype(mx.float32))
            best = mx.argsort(-shares)[:count] if count > 1 else mx.argmax(shares, keepdims=True)
            return list(zip(best.tolist(), shares[best].tolist()))

    def share(self, source: int, target: int) -> None:
        """Do nothing: `target` stands behind `source` as it is."""

    def cut(self, sequence: int, start: int = 0) -> None:
        """Drop what `sequence` holds from position `start` on."""
        if sequence == _PREFIX:
            self._prefix = min(self._prefix, start)
        self._trim(max(self._prefix, start))

    def state(self, sequence: int) -> bytes:
        """Return what `sequence` holds, as safetensors: what mlx-lm keeps in files, without spare room."""
        del sequence  # only the prefix is asked for, and then nothing stands behind it
        buffer = io.BytesIO()
        with failing("saving the prompt cache"):
            layers = [layer.keys_and_values() for layer in self._cache]
            named = {f"{i}.{part}": a for i, layer in enumerate(layers) for part, a in zip("kv", layer)}
            mx.save_safetensors(buffer, named)
        return buffer.getvalue()

    def restore(self, state: memoryview, sequence: int) -> bool:
        """Fill the cache with a state; False when it is another model's, or none."""
        try:
            with failing("loading the prompt cache"):
                named = mx.load(io.BytesIO(state), format="safetensors")
                mx.eval(named)
                self._new_cache()
                for i, layer in enumerate(self._cache):
                    keys, values = named[f"{i}.k"], named[f"{i}.v"]
                    layer.state = (keys, values, keys.shape[2])
        except MlxFailed:
            self._new_cache()
            return False
        if sequence == _PREFIX:
            self._prefix = self._cache[0].offset
        return True

    def close(self) -> None:
        """Free the model and its cache."""
        self._model = self._cache = self._logits = None
        release()

    def _new_cache(self) -> None:
        self._cache = caches.make_prompt_cache(self._model)
        self._prefix = 0

    def _trim(self, length: int) -> None:
        """Drop what stands behind the first `length` tokens."""
        held = self._cache[0].offset
        if held > length:
            caches.trim_prompt_cache(self._cache, held - length)
