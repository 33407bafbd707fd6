"""What a model's parts are called in both forms, and what its config.json says."""

from __future__ import annotations

import re
from typing import Any

from caro_shell.convert.ggufmodel import GgufModel
from caro_shell.errors import ModelError

#: Kinds of models whose parts mlx-lm calls as below, and whether their rotary embedding turns neighbours
#: (llama.cpp's way, for which it has put the rows of Q and K in another order) or halves.
_NEIGHBOURS = {"llama": True, "qwen2": False}

_NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}
_NAMES_IN_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_TENSOR = re.compile(r"(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)")


class Architecture:
    """The kind of model that `gguf` holds. Raises ModelError for one that caro cannot convert."""

    def __init__(self, gguf: GgufModel) -> None:
        self._gguf = gguf
        names = {tensor.name for tensor in gguf.tensors()}
        self._tied = "output.weight" not in names
        strange = sorted(name for name in names if self._name(name) is None)
        scaling = gguf.text(f"{gguf.kind}.rope.scaling.type") or "none"
        if gguf.kind not in _NEIGHBOURS or strange or scaling != "none":
            reason = gguf.kind if not strange and scaling == "none" else strange[0] if strange else scaling
            raise ModelError(
                f"{gguf.path} is of a kind that caro cannot convert ({reason}); it converts "
                f"{' and '.join(_NEIGHBOURS)}; for others pull a model in MLX form: caro model list"
            )

    def name(self, tensor: str) -> str:
        """Return what mlx-lm calls the GGUF tensor `tensor`."""
        return self._name(tensor) or tensor

    def config(self) -> dict[str, Any]:
        """Return the content of config.json, as Hugging Face's models have it."""
        kind, number = self._gguf.kind, self._gguf.number
        heads, width = number(f"{kind}.attention.head_count"), number(f"{kind}.embedding_length")
        return {
            "model_type": kind,
            "hidden_size": width,
            "head_dim": number(f"{kind}.attention.key_length", width // heads),
            "num_hidden_layers": number(f"{kind}.block_count"),
            "intermediate_size": number(f"{kind}.feed_forward_length"),
            "num_attention_heads": heads,
            "num_key_value_heads": number(f"{kind}.attention.head_count_kv", heads),
            "rms_norm_eps": number(f"{kind}.attention.layer_norm_rms_epsilon"),
            "vocab_size": len(self._gguf.items("tokenizer.ggml.tokens")),
            "max_position_embeddings": number(f"{kind}.context_length"),
            "rope_theta": number(f"{kind}.rope.freq_base", 10000.0),
            "rope_traditional": _NEIGHBOURS[kind],
            "tie_word_embeddings": self._tied,
        }

    @staticmethod
    def _name(tensor: str) -> str | None:
        found = _TENSOR.fullmatch(tensor)
        if found is None:
            return None
        layer, part, what = found.groups()
        name = (_NAMES if layer is None else _NAMES_IN_LAYER).get(part)
        if name is None:
            return None
        return f"{name}.{what}" if layer is None else f"model.layers.{layer}.{name}.{what}"
