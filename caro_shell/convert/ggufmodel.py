"""A GGUF file as the conversion sees it: what it says of itself, and its tensors one by one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from caro_shell.errors import BackendUnavailable, ModelDamaged, ModelError

try:
    import gguf
except ImportError as error:
    raise BackendUnavailable(
        f"a conversion needs a package that is not installed here: {sys.executable} -m pip install gguf"
    ) from error

#: Kinds of tokens, by their number in the file.
_CONTROL, _USER_DEFINED, _UNUSED = 3, 4, 5


class Tensor(NamedTuple):
    """One tensor: `kind` is the name of its type (`Q4_K`), `data` its rows as they lie in the mapped file.

    `columns` counts the numbers in a row, `numbers` all of them.
    """

    name: str
    kind: str
    data: Any
    columns: int
    numbers: int

    def unpacked(self, start: int, end: int) -> Any:
        """Return the rows from `start` to before `end` as 32-bit numbers."""
        kind = gguf.GGMLQuantizationType[self.kind]
        return np.asarray(gguf.quants.dequantize(self.data[start:end], kind), np.float32)


class GgufModel:
    """The GGUF file at `path`. Raises ModelDamaged for one that cannot be read."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._reader = gguf.GGUFReader(path)
        except (OSError, ValueError, IndexError, KeyError, TypeError) as error:
            raise ModelDamaged(f"{path} cannot be read ({error}); fetch it again: caro model list") from error
        self.kind = self.text("general.architecture")
        self.size = sum(int(tensor.n_bytes) for tensor in self._reader.tensors)

    def text(self, key: str) -> str:
        """Return the text under `key`, or nothing."""
        return str(self._value(key, ""))

    def number(self, key: str, otherwise: Any = None) -> Any:
        """Return the number under `key`. Raises ModelError where there is none, and no `otherwise`."""
        found = self._value(key, otherwise)
        if found is None:
            raise ModelError(f"{self.path} does not say its {key}; such a model cannot be converted")
        return found

    def items(self, key: str) -> list[Any]:
        """Return the list under `key`, perhaps empty."""
        return list(self._value(key, []))

    def tensors(self) -> Iterator[Tensor]:
        """Yield the tensors in the order of the file."""
        for tensor in self._reader.tensors:
            yield Tensor(
                tensor.name,
                tensor.tensor_type.name,
                tensor.data,
                int(tensor.shape[0]),
                int(tensor.n_elements),
            )

    def control_tokens(self) -> list[int]:
        """Return the tokens that are no text."""
        return [n for n, kind in enumerate(self.items("tokenizer.ggml.token_type")) if kind == _CONTROL]

    def added_tokens(self) -> list[int]:
        """Return the tokens that are looked for in a text before it is cut up."""
        kinds = self.items("tokenizer.ggml.token_type")
        return [n for n, kind in enumerate(kinds) if kind in (_CONTROL, _USER_DEFINED, _UNUSED)]

    def _value(self, key: str, otherwise: Any) -> Any:
        found = self._reader.fields.get(key)
        return otherwise if found is None else found.contents()
