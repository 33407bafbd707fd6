"""A GGUF file loaded by llama.cpp, if it is a model that caro can use; else a sentence that says why not."""

from __future__ import annotations

import os
from typing import Any

from caro_shell.backends.embedded import modelfile
from caro_shell.backends.embedded.context import CONTEXT_TOKENS
from caro_shell.backends.embedded.modelfile import CHOOSE
from caro_shell.backends.llamacpp.library import complaints, llama_cpp, load, metadata
from caro_shell.backends.llamacpp.loadfailures import meaning
from caro_shell.errors import CaroError, ModelDamaged, ModelError

#: Bytes that a model takes beside its weights and KV cache: the buffers it calculates in, and the library.
_BUFFER_BYTES = 200 << 20
_HALF = 2  # bytes of a number in the KV cache


def load_suitable(path: str) -> Any:
    """Return llama.cpp's model of the file at `path`, its weights in the mapped file.

    Raises ModelMissing or ModelDamaged for a file that is none, ModelError for a model that is of no use
    here, BackendUnavailable where memory is short; for that it is looked at before anything is loaded.
    """
    modelfile.check(path)
    size = os.path.getsize(path)
    modelfile.check_memory(path, _BUFFER_BYTES, mapped=size)
    model = load(path, repacked=False)
    if not model:
        raise ModelDamaged(f"{path} {meaning(complaints)}")
    try:
        _check_use(path, model)
        modelfile.check_memory(path, _BUFFER_BYTES + _cache_bytes(model), mapped=size)
    except CaroError:
        llama_cpp.llama_model_free(model)
        raise
    return model


def _check_use(path: str, model: Any) -> None:
    """Raise ModelError if `model` does not write text from left to right, or remembers too little."""
    kind = metadata(model, "general.architecture")
    pooling = metadata(model, f"{kind}.pooling_type")  # how it makes one vector of a text
    if (
        "bert" in kind
        or pooling not in ("", "0")
        or llama_cpp.llama_model_has_encoder(model)
        or not llama_cpp.llama_model_has_decoder(model)
    ):
        raise ModelError(f"{path} was made to compare or translate texts, not to go on with them; {CHOOSE}")
    if llama_cpp.llama_model_is_diffusion(model):
        raise ModelError(f"{path} does not write word by word, which caro needs; {CHOOSE}")
    if llama_cpp.llama_model_is_recurrent(model) or llama_cpp.llama_model_is_hybrid(model):
        raise ModelError(
            f"{path} cannot return to what it has read before ({kind}), which caro needs; {CHOOSE}"
        )
    room = llama_cpp.llama_model_n_ctx_train(model)
    if room < CONTEXT_TOKENS:
        raise ModelError(f"{path} takes in {room} tokens at once, and caro needs {CONTEXT_TOKENS}; {CHOOSE}")


def _cache_bytes(model: Any) -> int:
    """Return the size of the KV cache: two vectors for each token, layer and head that has its own."""
    kind = metadata(model, "general.architecture")
    usual = llama_cpp.llama_model_n_embd(model) // max(1, llama_cpp.llama_model_n_head(model))
    lengths = (metadata(model, f"{kind}.attention.{name}_length") for name in ("key", "value"))
    width = sum(int(length) if length.isdecimal() else usual for length in lengths)
    heads = llama_cpp.llama_model_n_layer(model) * llama_cpp.llama_model_n_head_kv(model)
    return int(CONTEXT_TOKENS * heads * width * _HALF)
