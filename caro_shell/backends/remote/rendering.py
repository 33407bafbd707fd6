"""Pure: a prompt as a server is told it, such that a person's words stay words."""

from __future__ import annotations

import itertools
import re

from caro_shell import chat
from caro_shell.backends import STOPS
from caro_shell.prompt import Prompt

# A server reads control tokens out of any text, those of ChatML, Llama, Phi, DeepSeek, Gemma or Mistral.
_CONTROL = re.compile(r"<(?=[|｜]|/?s>|(?:start|end)_of_turn>)|\[(?=/?INST\])")
# Servers put it in front of every text themselves.
_BEGINNING = "<|begin_of_text|>"

#: What ends an answer to `system_and_request`: a model that goes on with a request of its own making.
NEXT_REQUEST = "\nRequest:"


def harmless(words: str) -> str:
    """Return `words` with a blank in all that a model could take for a control token: "< |im_end|>"."""
    return _CONTROL.sub(r"\g<0> ", words)


def text(prompt: Prompt, form: str) -> str:
    """Return `prompt` in the chat format named `form`, for a server that adds nothing to it."""
    rendered = chat.FORMATS[form](prompt)
    pieces = (piece.text if piece.special else harmless(piece.text) for piece in _all(rendered))
    return "".join(pieces).removeprefix(_BEGINNING)


def stops(form: str) -> tuple[str, ...]:
    """Return what ends an answer to a prompt that was written in the format `form`."""
    return (*STOPS, chat.TURN_ENDS[form])


def messages(prompt: Prompt, *, system: bool = True) -> list[dict[str, str]]:
    """Return `prompt` as the turns of a conversation, the examples among them.

    Some models know no turn of the system: without `system` the first user says what it says.
    """
    said = [text for pair in prompt.examples for text in pair] + [harmless(text) for text in prompt.turns]
    turns = [("system", prompt.system), *zip(itertools.cycle(("user", "assistant")), said)]
    if not system:
        turns[:2] = [("user", f"{prompt.system}\n\n{turns[1][1]}")]
    return [{"role": role, "content": content} for role, content in turns]


def system_and_request(prompt: Prompt) -> tuple[str, str]:
    """Return `prompt` as two texts, the examples within the first, which is always the same."""
    *said, last = (harmless(text) for text in prompt.turns)
    system = [prompt.system, *itertools.starmap(_answered, prompt.examples)]
    request = [*map(_answered, said[::2], said[1::2]), _asked(last)]
    return "\n\n".join(system), "\n\n".join(request)


def _all(rendered: chat.Chat) -> tuple[chat.Piece, ...]:
    return (*rendered.prefix, *rendered.request)


def _answered(words: str, command: str) -> str:
    return f"{_asked(words)} {command}"


def _asked(words: str) -> str:
    return f"Request: {words}\nCommand:"
