"""Small GGUF files: a model that llama.cpp loads and that writes nonsense, and the same with something amiss.

model(path)                                      sound: 320 tokens, one layer, ChatML
model(path, without=("tokenizer",))              the metadata whose keys begin so are left out
model(path, **{"llama.context_length": 512})     a value changed or added
model(path, no_tensor="output.weight")           a tensor left out
adapter(path)                                    a low-rank adapter (LoRA) for the sound model
remembering(path)                                with a KV cache much larger than the file
bert(path), mamba(path)                          of other architectures
patch(path, offset, data)                        bytes replaced
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFEndian, GGUFValueType, GGUFWriter, TokenType

WIDTH, FEED, HEADS, TOKENS, CONTEXT = 32, 64, 2, 320, 4096
TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"

Shapes = Mapping[str, tuple[int, ...]]


def _alphabet() -> list[str]:
    """Return the characters that stand for the 256 bytes in the vocabulary of GPT-2 and its descendants."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + number) for number in range(len(rest))]


def metadata(architecture: str = "llama") -> dict[str, Any]:
    """Return the metadata of a sound model."""
    words = [*_alphabet(), "<|im_start|>", "<|im_end|>", *(f"<|spare {n}|>" for n in range(TOKENS - 258))]
    return {
        "general.architecture": architecture,
        "general.name": "nonsense",
        f"{architecture}.block_count": 1,
        f"{architecture}.context_length": CONTEXT,
        f"{architecture}.embedding_length": WIDTH,
        f"{architecture}.feed_forward_length": FEED,
        f"{architecture}.attention.head_count": HEADS,
        f"{architecture}.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": words,
        "tokenizer.ggml.token_type": [1] * 256 + [int(TokenType.CONTROL)] * (TOKENS - 256),
        "tokenizer.ggml.merges": ["a b"],
        "tokenizer.ggml.bos_token_id": 256,
        "tokenizer.ggml.eos_token_id": 257,
        "tokenizer.chat_template": TEMPLATE,
    }


def shapes_of(layers: int = 1, head: int = WIDTH // HEADS) -> Shapes:
    """Return the shapes of its tensors, as numpy has them; a head's vectors have `head` numbers."""
    inner = HEADS * head
    layer = {
        "attn_norm": (WIDTH,),
        "attn_q": (inner, WIDTH),
        "attn_k": (inner, WIDTH),
        "attn_v": (inner, WIDTH),
        "attn_output": (WIDTH, inner),
        "ffn_norm": (WIDTH,),
        "ffn_gate": (FEED, WIDTH),
        "ffn_up": (FEED, WIDTH),
        "ffn_down": (WIDTH, FEED),
    }
    return {
        "token_embd.weight": (TOKENS, WIDTH),
        "output_norm.weight": (WIDTH,),
        "output.weight": (TOKENS, WIDTH),
        **{f"blk.{number}.{name}.weight": layer[name] for number in range(layers) for name in layer},
    }


#: Bytes of all tensors of the sound model.
WEIGHTS_SIZE = 4 * sum(map(math.prod, shapes_of().values()))


def model(
    path: Path,
    *,
    architecture: str = "llama",
    without: tuple[str, ...] = (),
    no_tensor: str = "",
    shapes: Shapes | None = None,
    big_endian: bool = False,
    **changed: Any,
) -> Path:
    """Write a model to `path`, with what is asked for amiss; return the path."""
    order = GGUFEndian.BIG if big_endian else GGUFEndian.LITTLE
    writer = GGUFWriter(path, architecture, endianess=order)
    writer.kv_data[0].clear()  # which names the architecture
    for key, value in {**metadata(architecture), **changed}.items():
        if not key.startswith(without or "\0"):
            writer.add_key_value(key, value, _kind(key, value))
    random = np.random.default_rng(7)
    for name, shape in (shapes or shapes_of()).items():
        if name != no_tensor:
            writer.add_tensor(name, random.normal(size=shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def adapter(path: Path, *, architecture: str = "llama", width: int = WIDTH) -> Path:
    """Write a low-rank adapter for the sound model, or for one of another `width`, that changes much."""
    writer = GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 32)
    random = np.random.default_rng(3)
    for name, shape in (("lora_a", (4, width)), ("lora_b", (WIDTH, 4))):
        writer.add_tensor(f"blk.0.attn_output.weight.{name}", random.normal(size=shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def remembering(path: Path) -> Path:
    """Write a model of 13 MB whose KV cache takes 200 MB for 2048 tokens."""
    layers, head = 24, 512
    own = {"block_count": layers, "attention.key_length": head, "attention.value_length": head}
    return model(
        path, shapes=shapes_of(layers, head), **{f"llama.{key}": value for key, value in own.items()}
    )


def bert(path: Path) -> Path:
    """Write a model that makes vectors of texts."""
    both = ("weight", "bias")
    square = ("attn_q", "attn_k", "attn_v", "attn_output")
    norms = ("attn_output_norm", "layer_output_norm")
    shapes = {
        "token_embd.weight": (TOKENS, WIDTH),
        "token_types.weight": (2, WIDTH),
        "position_embd.weight": (CONTEXT, WIDTH),
        **{f"token_embd_norm.{kind}": (WIDTH,) for kind in both},
        **{f"blk.0.{name}.weight": (WIDTH, WIDTH) for name in square},
        **{f"blk.0.{name}.bias": (WIDTH,) for name in (*square, "ffn_down")},
        **{f"blk.0.{name}.{kind}": (WIDTH,) for name in norms for kind in both},
        "blk.0.ffn_up.weight": (FEED, WIDTH),
        "blk.0.ffn_up.bias": (FEED,),
        "blk.0.ffn_down.weight": (WIDTH, FEED),
    }
    own = {
        "bert.attention.layer_norm_epsilon": 1e-5,
        "bert.attention.causal": False,
        "tokenizer.ggml.token_type_count": 2,
    }
    return model(path, architecture="bert", shapes=shapes, **own)


def mamba(path: Path) -> Path:
    """Write a model that keeps one state instead of all that it has read."""
    inner, state, rank, past = 2 * WIDTH, 16, 2, 4
    shapes = {
        "token_embd.weight": (TOKENS, WIDTH),
        "output_norm.weight": (WIDTH,),
        "blk.0.attn_norm.weight": (WIDTH,),
        "blk.0.ssm_in.weight": (2 * inner, WIDTH),
        "blk.0.ssm_conv1d.weight": (inner, past),
        "blk.0.ssm_conv1d.bias": (inner,),
        "blk.0.ssm_x.weight": (rank + 2 * state, inner),
        "blk.0.ssm_dt.weight": (inner, rank),
        "blk.0.ssm_dt.bias": (inner,),
        "blk.0.ssm_a": (inner, state),
        "blk.0.ssm_d": (inner,),
        "blk.0.ssm_out.weight": (WIDTH, inner),
    }
    own = {"inner_size": inner, "state_size": state, "time_step_rank": rank, "conv_kernel": past}
    values = {f"mamba.ssm.{name}": value for name, value in own.items()}
    return model(path, architecture="mamba", shapes=shapes, **{**values, "mamba.attention.head_count": 0})


def _kind(key: str, value: Any) -> GGUFValueType:
    if isinstance(value, int) and not isinstance(value, bool):
        return GGUFValueType.UINT16 if key.startswith("split.") else GGUFValueType.UINT32
    return GGUFValueType.get_type(value)


def patch(path: Path, offset: int, data: bytes) -> Path:
    """Replace the bytes of a file from `offset` on, counted from its end where that is negative."""
    with path.open("r+b") as file:
        file.seek(offset, os.SEEK_SET if offset >= 0 else os.SEEK_END)
        file.write(data)
    return path
