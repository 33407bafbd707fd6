"""The weights: read tensor by tensor from the GGUF file, written as safetensors in parts of limited size."""

from __future__ import annotations

import os
from typing import Any

from caro_shell.backends.mlx.library import failing, mx
from caro_shell.convert.architecture import Architecture
from caro_shell.convert.ggufmodel import GgufModel, Tensor
from caro_shell.convert.packing import GROUP, PACKED_BITS, repacked
from caro_shell.errors import ModelDamaged
from caro_shell.pull.progress import Progress

#: Bytes of the weights that are held in memory before they are written, and weights unpacked at once.
_PART_BYTES = 256 << 20
_AT_ONCE = 16 << 20
#: Bits for what has no groups of 32: the loss is far below that of its own type.
_BITS = 8
_PLAIN = ("F32", "F16", "BF16")


def expected_size(gguf: GgufModel) -> int:
    """Return the bytes that `write_weights` writes, all but exactly."""
    bits = {**dict.fromkeys(_PLAIN, 16), **{kind: 1 + own for kind, own in PACKED_BITS.items()}}
    sizes = (tensor.numbers * bits.get(tensor.kind, 1 + _BITS) for tensor in gguf.tensors())
    return sum(sizes) // 8


def write_weights(
    gguf: GgufModel, architecture: Architecture, directory: str, progress: Progress
) -> dict[str, Any]:
    """Write all tensors of `gguf` to `directory`; return how they are quantised, for config.json.

    What is not quantised there is written with 16 bits. Raises ModelDamaged, MlxFailed or OSError.
    """
    quantised: dict[str, Any] = {"group_size": GROUP, "bits": 4}
    part: dict[str, Any] = {}
    number = 1
    for tensor in gguf.tensors():
        name = architecture.name(tensor.name)
        try:
            arrays, bits = _arrays(tensor)
        except (ValueError, IndexError) as error:
            raise ModelDamaged(f"{gguf.path}: {tensor.name} cannot be read ({error})") from error
        layer = name.rpartition(".")[0]
        if bits:
            quantised[layer] = {"group_size": GROUP, "bits": bits}
            part.update({f"{layer}.{what}": array for what, array in arrays.items()})
        else:
            part[name] = arrays["weight"]
        progress.advance(int(tensor.data.nbytes))
        if sum(array.nbytes for array in part.values()) > _PART_BYTES:
            _write(part, directory, number)
            part, number = {}, number + 1
    _write(part, directory, number)
    return quantised


def _arrays(tensor: Tensor) -> tuple[dict[str, Any], int]:
    """Return the arrays that stand for `tensor` in MLX, and their bits, 0 for one that is not quantised."""
    if tensor.kind in _PLAIN:
        rows = tensor.unpacked(0, len(tensor.data))
        return {"weight": mx.array(rows).astype(mx.float16)}, 0
    packed = repacked(tensor.kind, tensor.data)
    if packed is not None:
        arrays = (mx.array(packed.codes), mx.array(packed.scales), mx.array(packed.offsets))
        bits = packed.bits
    else:
        arrays, bits = _quantised(tensor), _BITS
    return dict(zip(("weight", "scales", "biases"), arrays)), bits


def _quantised(tensor: Tensor) -> tuple[Any, ...]:
    """Return `tensor` unpacked and quantised by MLX, some rows at a time."""
    step = max(1, _AT_ONCE // tensor.columns)
    slices = []
    with failing(f"quantising {tensor.name}"):
        for start in range(0, len(tensor.data), step):
            rows = mx.array(tensor.unpacked(start, start + step))
            packed = mx.quantize(rows, group_size=GROUP, bits=_BITS)
            codes, scales, offsets = packed
            slices.append((codes, scales.astype(mx.float16), offsets.astype(mx.float16)))
            mx.eval(slices[-1])
        return tuple(mx.concatenate(list(same)) for same in zip(*slices))


def _write(part: dict[str, Any], directory: str, number: int) -> None:
    path = os.path.join(directory, f"model-{number:05}.safetensors")
    with failing(f"writing {path}"):
        mx.save_safetensors(path, part, {"format": "mlx"})
