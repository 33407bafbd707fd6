"""Compare what llama.cpp says with a GGUF adapter to what transformers says with the one it was made of.

    python models/train/agreement.py BASE OUTPUT/adapter MODEL.gguf ADAPTER.gguf

Both are asked for the logits behind some prompts, without the adapter and with it. llama.cpp rounds what it
multiplies with quantised weights to 8 bits, so that they differ a little even without one. With it they may
differ hardly more, and what it changes must be the same. Exit status 1 where that is not so.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lora
import numpy as np
import peft
import torch
import transformers

from caro_shell import chat
from caro_shell.backends.llamacpp import library
from caro_shell.backends.llamacpp.library import llama_cpp
from caro_shell.prompt import Prompt

_SYSTEM = "You write bash commands."
_REQUESTS = ("list all files here, the newest first", "how many lines has notes.txt", "who is logged in")
#: Least cosine of the two changes. How far apart the logits may be: as often as far as without the adapter,
#: and a share of what it changes.
LEAST_COSINE, TIMES_APART, SHARE_APART = 0.98, 1.5, 0.02


def main() -> None:
    """Read the arguments, compare, say so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name in ("base", "adapter", "model", "gguf_adapter"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    prompts = prompts_for(given.base)
    plain, adapted = of_transformers(given.base, given.adapter, prompts)
    here = [of_llama_cpp(given.model, path, prompts) for path in (None, given.gguf_adapter)]
    agree = True
    for request, *logits in zip(_REQUESTS, plain, adapted, *here):
        found = compared(*logits)
        agree = agree and agrees(found)
        print(request, {name: round(value, 5) for name, value in found.items()})
    print("they agree" if agree else "they do not agree")
    sys.exit(not agree)


def compared(plain: Any, adapted: Any, plain_here: Any, adapted_here: Any) -> dict[str, float]:
    """Return how far the two libraries are apart: by root mean squares of logits, and by the change.

    `plain_apart` and `adapted_apart` are without the adapter and with it, `change` is what the adapter
    changes; `cosine` compares the change in llama.cpp with that in transformers.
    """
    there, here = adapted - plain, adapted_here - plain_here
    lengths = np.linalg.norm(there), np.linalg.norm(here)
    return {
        "plain_apart": _size(plain_here - plain),
        "adapted_apart": _size(adapted_here - adapted),
        "change": _size(there),
        "cosine": float(there @ here / max(1e-9, float(lengths[0] * lengths[1]))),
    }


def agrees(found: Mapping[str, float]) -> bool:
    """Say whether what `compared` has found is agreement."""
    limit = TIMES_APART * found["plain_apart"] + SHARE_APART * found["change"]
    return found["cosine"] >= LEAST_COSINE and found["adapted_apart"] <= limit


def prompts_for(base: Path) -> list[list[int]]:
    """Return the tokens of the prompts."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    tokenize = lora.tokenizing(tokenizer)
    form = chat.format_in(tokenizer.chat_template or "") or "chatml"
    found = []
    for request in _REQUESTS:
        written = chat.FORMATS[form](Prompt(_SYSTEM, (), request))
        pieces = (*written.prefix, *written.request)
        found.append([token for piece in pieces for token in tokenize(piece.text, piece.special)])
    return found


def of_transformers(base: Path, adapter: Path, prompts: Sequence[Sequence[int]]) -> list[list[Any]]:
    """Return the logits behind each prompt without the adapter, and with it; in 32 bits."""
    model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    adapted = peft.PeftModel.from_pretrained(model, adapter).eval()
    with torch.no_grad():
        with adapted.disable_adapter():
            plain = [adapted(torch.tensor([list(one)])).logits[0, -1].numpy() for one in prompts]
        return [plain, [adapted(torch.tensor([list(one)])).logits[0, -1].numpy() for one in prompts]]


def of_llama_cpp(model: Path, adapter: Path | None, prompts: Sequence[Sequence[int]]) -> list[Any]:
    """Return llama.cpp's logits behind each prompt. Raises ValueError for an adapter that it refuses."""
    loaded = library.load(str(model), repacked=False)
    context = library.new_context(loaded)
    if adapter is not None:
        use(loaded, context, adapter)
    count = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(loaded))
    found = []
    for prompt in prompts:
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
        tokens = (llama_cpp.llama_token * len(prompt))(*prompt)
        if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(tokens, len(prompt))):
            raise ValueError(f"llama.cpp cannot evaluate {model} with {adapter}")
        found.append(np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, -1), (count,)).copy())
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(loaded)
    return found


def use(model: Any, context: Any, adapter: Path) -> None:
    """Add the GGUF adapter to llama.cpp's `context` of `model`. Raises ValueError where it is refused."""
    found = llama_cpp.llama_adapter_lora_init(model, os.fsencode(adapter))
    if not found:
        raise ValueError(f"llama.cpp refuses {adapter}: {'; '.join(library.complaints)}")
    adapters = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(found)
    llama_cpp.llama_set_adapters_lora(context, adapters, 1, (ctypes.c_float * 1)(1.0))


def _size(numbers: Any) -> float:
    return float(np.sqrt(np.mean(np.square(numbers))))


if __name__ == "__main__":
    main()
