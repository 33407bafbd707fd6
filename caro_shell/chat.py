"""Chat formats: how a model was taught to see a conversation. Pure; tokens are the backends' business."""

from __future__ import annotations

import re
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


def llama3(prompt: Prompt) -> Chat:
    """Write `prompt` in the format of Llama 3 and its descendants."""
    turn = "<|start_header_id|>{}<|end_header_id|>\n\n".format
    prefix = [f"<|begin_of_text|>{turn('system')}{prompt.system}<|eot_id|>"]
    prefix += [
        f"{turn('user')}{words}<|eot_id|>{turn('assistant')}{command}<|eot_id|>"
        for words, command in prompt.examples
    ]
    return Chat(
        prefix=(Piece("".join(prefix), special=True),),
        request=(
            Piece(turn("user"), special=True),
            Piece(prompt.request, special=False),
            Piece(f"<|eot_id|>{turn('assistant')}", special=True),
        ),
    )


def phi3(prompt: Prompt) -> Chat:
    """Write `prompt` in the format of Phi-3."""
    prefix = [f"<|system|>\n{prompt.system}<|end|>\n"]
    prefix += [
        f"<|user|>\n{words}<|end|>\n<|assistant|>\n{command}<|end|>\n" for words, command in prompt.examples
    ]
    return Chat(
        prefix=(Piece("".join(prefix), special=True),),
        request=(
            Piece("<|user|>\n", special=True),
            Piece(prompt.request, special=False),
            Piece("<|end|>\n<|assistant|>\n", special=True),
        ),
    )


def plain(prompt: Prompt) -> Chat:
    """Write `prompt` as a text that goes on: for a base model, which was taught no format."""
    prefix = [f"# {prompt.system}\n\n"]
    prefix += [f"# {words}\n{command}\n\n" for words, command in prompt.examples]
    return Chat(
        prefix=(Piece("".join(prefix), special=False),),
        request=(
            Piece("# ", special=True),
            Piece(prompt.request, special=False),
            Piece("\n", special=True),
        ),
    )


FORMATS = {"chatml": chatml, "llama3": llama3, "phi3": phi3, "plain": plain}

#: What ends an answer in each format: for servers that are sent text and do not know the turn's end by it.
TURN_ENDS = {"chatml": "<|im_end|>", "llama3": "<|eot_id|>", "phi3": "<|end|>"}

#: What only the template of one format holds (`tokenizer.chat_template` in a GGUF file).
_TEMPLATES = (("<|im_start|>", "chatml"), ("<|start_header_id|>", "llama3"), ("<|end|>", "phi3"))

#: Parts of a model's name, as servers call it, that tell its format. What is in no row is not known.
_NAMES = (
    (re.compile(r"qwen|smollm|nl2sh|hermes|yi-coder|chatml"), "chatml"),
    (re.compile(r"llama-?3"), "llama3"),
    (re.compile(r"phi-?3"), "phi3"),
)


def format_in(template: str) -> str | None:
    """Return the name of the format that a model's chat template writes, None when it is not known."""
    return next((form for mark, form in _TEMPLATES if mark in template), None)


def format_of(model: str) -> str | None:
    """Return the name of the format of the model that a server calls `model`, None when it is not known.

    A base model, which was taught no format, is told from the others by its name alone, too.
    """
    name = model.lower()
    if "base" in name or "deepseek" in name:
        return None
    return next((form for pattern, form in _NAMES if pattern.search(name)), None)
