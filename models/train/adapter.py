"""Make a GGUF adapter, which llama.cpp adds to a model while it loads it, of a LoRA as PEFT saves it.

    python models/train/adapter.py OUTPUT/adapter MODEL.gguf ADAPTER.gguf

What llama.cpp expects of the file: `general.type` adapter, `general.architecture` that of the model,
`adapter.type` lora, `adapter.lora.alpha`; for a tensor NAME of the model two more, `NAME.lora_a` (as many
rows as the rank, as wide as its input) and `NAME.lora_b` (a row for each of its outputs, as wide as the
rank). To NAME it adds b * a * alpha / rank.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import rowsorder

from caro_shell.convert.architecture import Architecture
from caro_shell.convert.ggufmodel import GgufModel

_IN_FILE = "base_model.model."
_KINDS = {"F32": np.float32, "F16": np.float16}


def main() -> None:
    """Read the arguments, convert."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("adapter", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--type", choices=("F16", "F32"), default="F16")
    given = parser.parse_args()
    convert(given.adapter, given.model, given.output, _KINDS[given.type])
    print(f"{given.output}: {given.output.stat().st_size / 1e6:.1f} MB")


def convert(adapter: Path, model: Path, output: Path, kind: Any = np.float16) -> None:
    """Write the adapter in the directory `adapter` for the GGUF file `model` to `output`.

    `kind` is numpy's type of its numbers. Raises ValueError for what a GGUF adapter cannot say.
    """
    base = GgufModel(str(model))
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    if config.get("use_dora") or config.get("bias", "none") != "none" or config.get("rank_pattern"):
        raise ValueError(f"{adapter} has more than low-rank matrices of one rank; llama.cpp cannot add it")
    alpha = float(config["lora_alpha"])
    if config.get("use_rslora"):
        alpha *= float(np.sqrt(config["r"]))
    write(output, base.kind, alpha, renamed(read(adapter / "adapter_model.safetensors"), base), kind)


def read(path: Path) -> dict[str, Any]:
    """Return the arrays of a safetensors file as 32-bit numbers; numpy has no bfloat16 of its own.

    The file: the header's length in eight bytes, the header in JSON, the data that its offsets count from.
    """
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    found = {}
    for name, about in header.items():
        if name != "__metadata__":
            part = data[slice(*about["data_offsets"])]
            found[name] = _numbers(about["dtype"], part).reshape(about["shape"])
    return found


def _numbers(kind: str, part: bytes) -> Any:
    if kind == "BF16":  # the upper half of a 32-bit number
        return (np.frombuffer(part, "<u2").astype("<u4") << 16).view("<f4")
    return np.frombuffer(part, {"F32": "<f4", "F16": "<f2"}[kind]).astype(np.float32)


def renamed(arrays: Mapping[str, Any], base: GgufModel) -> dict[str, Any]:
    """Return PEFT's arrays under the names, and with the rows in the order, of the model `base`.

    Raises ValueError for one that belongs to no tensor of it, or that has another shape.
    """
    architecture = Architecture(base)
    tensors = {architecture.name(tensor.name): tensor for tensor in base.tensors()}
    found = {}
    for name, array in arrays.items():
        layer, _, which = name.removeprefix(_IN_FILE).removesuffix(".weight").rpartition(".")
        tensor = tensors.get(f"{layer}.weight")
        if tensor is None or which not in ("lora_A", "lora_B"):
            raise ValueError(f"{base.path} has nothing that {name} could be added to")
        outputs = tensor.numbers // tensor.columns
        if array.shape[-1 if which == "lora_A" else 0] != (tensor.columns if which == "lora_A" else outputs):
            raise ValueError(f"{name} is {array.shape}, which does not fit {tensor.name} of {base.path}")
        heads = rowsorder.heads_in_another_order(tensor.name, base)
        turned = heads and which == "lora_B"
        found[f"{tensor.name}.{which.lower()}"] = rowsorder.in_neighbours(array, heads) if turned else array
    return found


def write(path: Path, architecture: str, alpha: float, arrays: Mapping[str, Any], kind: Any) -> None:
    """Write a GGUF adapter of `arrays`, under the names that llama.cpp looks for."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name in sorted(arrays):
        writer.add_tensor(name, np.ascontiguousarray(arrays[name], kind))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
