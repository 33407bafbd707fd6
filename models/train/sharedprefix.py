"""Attention of many short texts to one long beginning that is evaluated once: what training costs here.

At a key press the model reads the request behind the system text and the fixed examples, some thousand tokens
that are the same each time. In training they are evaluated once for all the texts of a step, without
gradients, as the daemon keeps them; the texts then attend to those keys and values and to themselves. Against
a thousand tokens in front of each text that is a twentieth of the work, and the model sees what it will see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import transformers

#: The name under which transformers knows `attend`.
ATTENTION = "shared_prefix"

#: Keys and values of the beginning, for each layer: (heads, tokens, numbers).
Prefix = list[tuple[torch.Tensor, torch.Tensor]]


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,  # noqa: ARG001  each text's own end is padded, and causality hides it
    scaling: float,
    prefix: Prefix | None = None,
    kept: Prefix | None = None,
    **_others: Any,
) -> tuple[torch.Tensor, None]:
    """Return the attention of each text (batch, heads, tokens, numbers) to `prefix` and, causally, to itself.

    Keys and values are appended to `kept`, if given: that is how a prefix is made.
    """
    if kept is not None:
        kept.append((key[0], value[0]))
    if prefix is None:
        groups = query.shape[1] != key.shape[1]
        found = torch.nn.functional.scaled_dot_product_attention(
            query, key, value, is_causal=True, scale=scaling, enable_gqa=groups
        )
        return found.transpose(1, 2), None
    texts, heads, length, size = query.shape
    kinds = key.shape[1]  # heads that share keys and values
    before, before_values = prefix[module.layer_idx]
    # All texts together ask the prefix: one large product for each kind of head.
    asked = query.view(texts, kinds, -1, length, size).transpose(0, 1) * scaling
    to_prefix = (asked.reshape(kinds, -1, size) @ before.transpose(1, 2)).view(*asked.shape[:-1], -1)
    to_own = (asked.flatten(2, 3) @ key.transpose(0, 1).transpose(2, 3)).view(*asked.shape[:-1], length)
    ahead = torch.ones(length, length, dtype=torch.bool, device=query.device).triu(1)
    to_own = to_own.masked_fill(ahead, float("-inf"))
    shares = torch.cat((to_prefix, to_own), -1).softmax(-1)
    of_prefix, of_own = shares.split((to_prefix.shape[-1], length), -1)
    found = (of_prefix.reshape(kinds, -1, of_prefix.shape[-1]) @ before_values).view(asked.shape)
    found = found + (of_own.flatten(2, 3) @ value.transpose(0, 1)).view(asked.shape)
    return found.permute(1, 3, 0, 2, 4).reshape(texts, length, heads, size), None


transformers.AttentionInterface.register(ATTENTION, attend)


def evaluate_prefix(body: Any, tokens: Sequence[int]) -> Prefix:
    """Return the keys and values of `tokens` in `body` (the model without its head)."""
    kept: Prefix = []
    ids = torch.tensor([list(tokens)], device=body.embed_tokens.weight.device)
    with torch.no_grad():
        body(input_ids=ids, use_cache=False, kept=kept)
    return kept


def hidden_states(body: Any, ids: torch.Tensor, prefix: Prefix) -> torch.Tensor:
    """Return the last layer's output for the texts `ids` (batch, tokens; padded at their ends)."""
    start = prefix[0][0].shape[1]
    positions = torch.arange(start, start + ids.shape[1], device=ids.device)[None]
    return body(input_ids=ids, position_ids=positions, use_cache=False, prefix=prefix).last_hidden_state
