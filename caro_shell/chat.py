"""Chat formats: how a model was taught to see a conversation. Pure; tokens are the backends' business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caro_shell.prompt import Prompt


@dataclass(frozen=True)
class Piece:
    """Text of a prompt. In a piece that is not `special`, "<|im_end|>" is ten characters, no token."""

    text: str
    special: bool


@dataclass(frozen=True)
class Chat:
    """A prompt in a model's own format: `prefix` is the same for every request, `request` is not."""

    prefix: tuple[Piece, ...]
    request: tuple[Piece, ...]


def chatml(prompt: Prompt) -> Chat:
    """Write `prompt` as ChatML, the format of Qwen2.5 and SmolLM2."""
    prefix = [f"<|im_start|>system\n{prompt.system}<|im_end|>\n"]
    prefix += [
        f"<|im_start|>user\n{words}<|im_end|>\n<|im_start|>assistant\n{command}<|im_end|>\n"
        for words, command in prompt.examples
    ]
    return Chat(
        prefix=(Piece("".join(prefix), special=True),),
        request=(
            Piece("<|im_start|>user\n", special=True),
            Piece(prompt.request, special=False),
            Piece("<|im_end|>\n<|im_start|>assistant\n", special=True),
        ),
    )


FORMATS = {"chatml": chatml}
