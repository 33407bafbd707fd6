"""GGUF's quantised blocks laid out as MLX has them, weight for weight.

Both write a group of weights as small whole numbers q with a scale and an offset: w = scale * q + offset.
Where a GGUF type has groups of 32, nothing needs to be quantised again: the q are the same, and scale and
offset are rounded to 16 bits. (Quantising anew would choose another scale wherever a group does not use all
of its range.) The blocks are those of ggml-quants.h.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

#: Weights that share a scale.
GROUP = 32
#: The types that are laid out anew, and the bits of their codes; scale and offset add one for each weight.
PACKED_BITS = {"Q4_0": 4, "Q4_1": 4, "Q4_K": 4, "Q8_0": 8}
_SUPER = 256  # weights in a block of the K types


class Packed(NamedTuple):
    """A matrix as MLX has it: `codes` of `bits` bits, the first in the lowest, with their groups' scales."""

    codes: Any
    scales: Any
    offsets: Any
    bits: int


def repacked(kind: str, rows: Any) -> Packed | None:
    """Return the `rows` of a tensor of the type `kind` (bytes, as in the file), None for another type."""
    unpack = _UNPACK.get(kind)
    if unpack is None:
        return None
    bits = PACKED_BITS[kind]
    codes, scales, offsets = unpack(np.ascontiguousarray(rows).view(np.uint8))
    count = len(rows)
    if bits == 4:
        codes = codes.reshape(count, -1, 2)
        codes = codes[..., 0] | (codes[..., 1] << 4)
    return Packed(
        np.ascontiguousarray(codes.reshape(count, -1)).view("<u4"),
        scales.reshape(count, -1).astype(np.float16),
        offsets.reshape(count, -1).astype(np.float16),
        bits,
    )


def _q4_0(data: Any) -> tuple[Any, Any, Any]:
    blocks = data.reshape(-1, 2 + GROUP // 2)
    scales = _half(blocks[:, :2])
    return _nibbles(blocks[:, 2:]), scales, -8 * scales


def _q4_1(data: Any) -> tuple[Any, Any, Any]:
    blocks = data.reshape(-1, 4 + GROUP // 2)
    return _nibbles(blocks[:, 4:]), _half(blocks[:, :2]), _half(blocks[:, 2:4])


def _q8_0(data: Any) -> tuple[Any, Any, Any]:
    blocks = data.reshape(-1, 2 + GROUP)
    scales = _half(blocks[:, :2])
    return blocks[:, 2:] ^ 0x80, scales, -128 * scales  # from signed to unsigned


def _q4_k(data: Any) -> tuple[Any, Any, Any]:
    blocks = data.reshape(-1, 4 + 12 + _SUPER // 2)
    scale, minimum = _half(blocks[:, :2]), _half(blocks[:, 2:4])
    # Eight scales and eight minima of 6 bits each: four of both whole, of the others the upper two bits
    # above those.
    low, middle, rest = (blocks[:, 4 + 4 * n : 8 + 4 * n] for n in range(3))
    scales = np.concatenate([low & 63, (rest & 15) | (low >> 6 << 4)], axis=1)
    minima = np.concatenate([middle & 63, (rest >> 4) | (middle >> 6 << 4)], axis=1)
    codes = _nibbles(blocks[:, 16:].reshape(-1, GROUP))  # each 32 bytes hold two groups
    return codes, scale * scales, -minimum * minima


def _nibbles(data: Any) -> Any:
    """Return the lower halves of all bytes of a row, and then the upper ones."""
    return np.concatenate([data & 15, data >> 4], axis=1)


def _half(data: Any) -> Any:
    return np.ascontiguousarray(data).view("<f2").astype(np.float32)


_UNPACK = {"Q4_0": _q4_0, "Q4_1": _q4_1, "Q8_0": _q8_0, "Q4_K": _q4_k}
