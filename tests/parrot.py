"""A GGUF model that llama.cpp loads in milliseconds, and that answers everything with the same command.

Its one layer does nothing, so what comes next depends on the last token alone: behind any other the command,
which is a token of its own, and behind that the end of the turn.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFValueType, GGUFWriter, TokenType

from caro_shell import chat
from caro_shell.prompt import make_prompt

WIDTH, FEED, MERGES = 32, 64, 500
SPECIAL = ("<|im_start|>", "<|im_end|>")
TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"


def parrot(path: Path, command: str, *, weight: int = 0) -> Path:
    """Write a model that says `command` to `path`, which is returned; `weight` bytes of it are of no use."""
    words = [*_alphabet(), *SPECIAL, *(merge.replace(" ", "") for merge in _merges()), _spelt(command)]
    metadata: dict[str, Any] = {
        "general.architecture": "llama",
        "general.name": command + "." * weight,
        "llama.embedding_length": WIDTH,
        "llama.feed_forward_length": FEED,
        "llama.block_count": 1,
        "llama.context_length": 4096,
        "llama.attention.head_count": 2,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.chat_template": TEMPLATE,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": words,
        "tokenizer.ggml.token_type": [
            int(TokenType.CONTROL if word in SPECIAL else TokenType.NORMAL) for word in words
        ],
        "tokenizer.ggml.merges": list(_merges()),
        "tokenizer.ggml.bos_token_id": words.index(SPECIAL[0]),
        "tokenizer.ggml.eos_token_id": words.index(SPECIAL[1]),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(path, "llama")
    for key, value in metadata.items():
        if isinstance(value, int):
            writer.add_uint32(key, value)
        elif key != "general.architecture":  # which the writer has from the beginning
            writer.add_key_value(key, value, GGUFValueType.get_type(value))
    for name, tensor in _tensors(len(words), words.index(SPECIAL[1])).items():
        writer.add_tensor(f"{name}.weight", tensor.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _tensors(tokens: int, end: int) -> dict[str, np.ndarray]:
    """Return what makes each token call for the last one, and that one for the `end`."""
    nothing = {f"blk.0.attn_{name}": np.zeros((WIDTH, WIDTH)) for name in ("q", "k", "v", "output")}
    meaning, output = np.zeros((tokens, WIDTH)), np.zeros((tokens, WIDTH))
    meaning[:-1, 0] = meaning[-1, 1] = 1
    output[-1, 0] = output[end, 1] = 1
    return {
        **nothing,
        "token_embd": meaning,
        "blk.0.attn_norm": np.ones(WIDTH),
        "blk.0.ffn_norm": np.ones(WIDTH),
        "blk.0.ffn_gate": np.zeros((FEED, WIDTH)),
        "blk.0.ffn_up": np.zeros((FEED, WIDTH)),
        "blk.0.ffn_down": np.zeros((WIDTH, FEED)),
        "output_norm": np.ones(WIDTH),
        "output": output,
    }


@lru_cache(maxsize=1)
def _merges() -> tuple[str, ...]:
    """Return pairs of tokens to be merged, so that caro's prompt, of 4,000 letters, fits into the context."""
    prompt = chat.FORMATS["chatml"](make_prompt("", "bash"))
    text = "".join(piece.text for piece in prompt.prefix)
    parts = Counter(tuple(_spelt(part)) for part in re.findall(r" ?[A-Za-z]+| ?[^\sA-Za-z]+|\s", text))
    merges = []
    while len(merges) < MERGES:
        pairs: Counter[tuple[str, str]] = Counter()
        for part, count in parts.items():
            for pair in zip(part, part[1:]):
                pairs[pair] += count
        first, second = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(f"{first} {second}")
        parts = Counter({_merged(part, first, second): count for part, count in parts.items()})
    return tuple(merges)


def _merged(part: tuple[str, ...], first: str, second: str) -> tuple[str, ...]:
    found: list[str] = []
    for letter in part:
        if found and found[-1] == first and letter == second:
            found[-1] += letter
        else:
            found.append(letter)
    return tuple(found)


def _spelt(text: str) -> str:
    return "".join(_alphabet()[byte] for byte in text.encode())


@lru_cache(maxsize=1)
def _alphabet() -> list[str]:
    """Return the characters that stand for the bytes in the vocabulary of GPT-2: most for themselves."""
    shown = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in shown else chr(next(others)) for byte in range(256)]
