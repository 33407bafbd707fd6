"""The rows of Q and K: llama.cpp's order and that of transformers.

A rotary embedding turns pairs of a head's numbers: in transformers the first of each half, the second, and so
on; in llama.cpp, for models of the kind llama, neighbours. So its files hold a head's rows in the order 0,
n/2, 1, n/2 + 1 ... For the kind qwen2 both turn halves.
"""

from __future__ import annotations

from typing import Any

from caro_shell.convert.ggufmodel import GgufModel


def heads_in_another_order(tensor: str, gguf: GgufModel) -> int:
    """Return how many heads the tensor called `tensor` of `gguf` has, 0 where its rows have one order."""
    part = tensor.split(".")[-2] if gguf.kind == "llama" else ""
    key = f"{gguf.kind}.attention.head_count"
    if part == "attn_q":
        return int(gguf.number(key))
    return int(gguf.number(f"{key}_kv", gguf.number(key))) if part == "attn_k" else 0


def in_halves(rows: Any, heads: int) -> Any:
    """Return `rows` of a GGUF file in the order of transformers."""
    return rows.reshape(heads, -1, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def in_neighbours(rows: Any, heads: int) -> Any:
    """Return `rows` of transformers in the order of a GGUF file."""
    return rows.reshape(heads, 2, -1, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)
