"""Rebuild a model for transformers from its GGUF file: weights in bfloat16, configuration, tokenizer.

    python models/train/weights.py MODEL.gguf DIRECTORY

Training needs no download this way, and learns on the very weights that answer later: what quantisation cost
them is part of what the adapter sees. A minute and 3 GB for 1.5 billion weights.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rowsorder
import torch
from safetensors.torch import save_file

from caro_shell.convert import vocabulary
from caro_shell.convert.architecture import Architecture
from caro_shell.convert.ggufmodel import GgufModel, Tensor

#: What transformers calls the model of each kind.
_CLASSES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM"}
#: Bytes of the weights that are held in memory before they are written.
_PART_BYTES = 1 << 30


def main() -> None:
    """Read the arguments, rebuild."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("directory", type=Path)
    given = parser.parse_args()
    rebuild(given.gguf, given.directory)


def rebuild(path: Path, directory: Path) -> None:
    """Write the model of the GGUF file at `path` to `directory`, as `from_pretrained` reads it.

    Raises ModelDamaged, or ModelError for a kind of model other than qwen2 and llama, or a vocabulary that
    caro cannot convert.
    """
    gguf = GgufModel(str(path))
    architecture = Architecture(gguf)
    directory.mkdir(parents=True, exist_ok=True)
    index: dict[str, str] = {}
    part: dict[str, torch.Tensor] = {}
    for tensor in gguf.tensors():
        part[architecture.name(tensor.name)] = weights(tensor, gguf)
        if sum(weight.nbytes for weight in part.values()) > _PART_BYTES:
            _write(part, directory, index)
            part = {}
    _write(part, directory, index)
    _write_json(directory / "model.safetensors.index.json", {"metadata": {}, "weight_map": index})
    _write_json(directory / "config.json", config(architecture, gguf))
    _write_json(directory / "tokenizer.json", vocabulary.tokenizer(gguf))
    _write_json(directory / "tokenizer_config.json", vocabulary.tokenizer_config(gguf))


def weights(tensor: Tensor, gguf: GgufModel) -> torch.Tensor:
    """Return the weights of `tensor` with their rows in the order that transformers expects."""
    rows = tensor.unpacked(0, len(tensor.data))
    heads = rowsorder.heads_in_another_order(tensor.name, gguf)
    return torch.tensor(rowsorder.in_halves(rows, heads) if heads else rows).to(torch.bfloat16)


def config(architecture: Architecture, gguf: GgufModel) -> Mapping[str, Any]:
    """Return the content of config.json."""
    found = architecture.config()
    del found["rope_traditional"]  # MLX's own
    return {
        **found,
        "architectures": [_CLASSES[found["model_type"]]],
        "dtype": "bfloat16",
        "rope_parameters": {"rope_type": "default", "rope_theta": found["rope_theta"]},
        "eos_token_id": gguf.number("tokenizer.ggml.eos_token_id"),
        # transformers' own of Qwen2 says otherwise, and would drop the rest of a long text.
        "use_sliding_window": False,
        # The file this was made from: its adapter is for no other.
        "rebuilt_from": Path(gguf.path).name,
    }


def _write(part: Mapping[str, torch.Tensor], directory: Path, index: dict[str, str]) -> None:
    name = f"model-{len(set(index.values())) + 1:05}.safetensors"
    save_file(dict(part), directory / name, {"format": "pt"})
    index.update(dict.fromkeys(part, name))


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
