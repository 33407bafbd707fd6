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


@dataclass(frozen=True)
class Format:
    """A chat format: what stands around the system text, the words and a command.

    `opening` holds the system text at "{}"; `markup` says whether the rest is read as special tokens in the
    prefix, too, which is false where there are none.
    """

    opening: str
    asks: str
    answers: str
    ends: str
    markup: bool = True

    def __call__(self, prompt: Prompt) -> Chat:
        """Write `prompt` in this format."""
        prefix = self.opening.format(prompt.system) + "".join(
            f"{self.asks}{words}{self.answers}{command}{self.ends}" for words, command in prompt.examples
        )
        request = [Piece(self.asks, special=True)]
        for turn, text in enumerate(prompt.turns):
            between = self.answers if turn % 2 == 0 else self.ends + self.asks
            request += [Piece(text, special=False), Piece(between, special=True)]
        return Chat((Piece(prefix, special=self.markup),), tuple(request))


#: What Qwen2.5 and SmolLM2 were taught.
chatml = Format(
    opening="<|im_start|>system\n{}<|im_end|>\n",
    asks="<|im_start|>user\n",
    answers="<|im_end|>\n<|im_start|>assistant\n",
    ends="<|im_end|>\n",
)
#: Llama 3 and its descendants.
llama3 = Format(
    opening="<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n{}<|eot_id|>",
    asks="<|start_header_id|>user<|end_header_id|>\n\n",
    answers="<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
    ends="<|eot_id|>",
)
phi3 = Format(
    opening="<|system|>\n{}<|end|>\n",
    asks="<|user|>\n",
    answers="<|end|>\n<|assistant|>\n",
    ends="<|end|>\n",
)
#: A text that goes on: for a base model, which was taught no format.
plain = Format(opening="# {}\n\n", asks="# ", answers="\n", ends="\n\n", markup=False)

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
