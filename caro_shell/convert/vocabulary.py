"""The vocabulary of a GGUF file as tokenizer.json, which cuts text into the same tokens as llama.cpp does."""

from __future__ import annotations

from typing import Any

from caro_shell.convert.ggufmodel import GgufModel
from caro_shell.errors import ModelError

_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

#: Where text is cut before pairs are merged, by what the file says under `tokenizer.ggml.pre`: expressions
#: that are applied one after the other.
_CUTS = {
    "gpt-2": (_GPT2,),
    "smollm": (r"\p{N}", _GPT2),
    "qwen2": (rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}|{_REST}",),
    "llama-bpe": (rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|{_REST}",),
}
#: Vocabularies in which a piece that is a token is not put together from smaller ones.
_WHOLE = ("llama-bpe",)


def tokenizer(gguf: GgufModel) -> dict[str, Any]:
    """Return the content of tokenizer.json. Raises ModelError for a vocabulary of another kind."""
    kind, cut = gguf.text("tokenizer.ggml.model"), gguf.text("tokenizer.ggml.pre")
    if kind != "gpt2" or cut not in _CUTS:
        raise ModelError(
            f"{gguf.path} has a vocabulary that caro cannot convert ({kind} {cut}); "
            "pull a model in MLX form: caro model list"
        )
    tokens = gguf.items("tokenizer.ggml.tokens")
    vocabulary = {text: number for number, text in enumerate(tokens)}
    merges = [pair.split(" ") for pair in gguf.items("tokenizer.ggml.merges")]
    control = set(gguf.control_tokens())
    split = [
        {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False}
        for expression in _CUTS[cut]
    ]
    of_bytes = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    return {
        "version": "1.0",
        "added_tokens": [
            {
                "id": token,
                "content": tokens[token],
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": token in control,
            }
            for token in gguf.added_tokens()
        ],
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [*split, of_bytes]},
        "decoder": of_bytes,
        "model": {
            "type": "BPE",
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": cut in _WHOLE,
            "vocab": vocabulary,
            # One that makes no token would be refused; llama.cpp takes it, and takes it apart again.
            "merges": [pair for pair in merges if {*pair, "".join(pair)} <= vocabulary.keys()],
        },
    }


def tokenizer_config(gguf: GgufModel) -> dict[str, Any]:
    """Return the content of tokenizer_config.json."""
    tokens = gguf.items("tokenizer.ggml.tokens")
    config: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "eos_token": tokens[gguf.number("tokenizer.ggml.eos_token_id")],
        "chat_template": gguf.text("tokenizer.chat_template"),
    }
    return {key: value for key, value in config.items() if value != ""}
