"""Pure: an answer as it streams in, put together until it ends."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Generator, Sequence
from typing import NamedTuple

from caro_shell.backends import Completion, Listener
from caro_shell.errors import RemoteMalformed

# What a model thinks at first is no answer yet, and its paragraphs do not end one.
_THOUGHT = re.compile(r"\s*(?:<(think|thinking|thought|reasoning)>.*?(?:</\1>\s*|\Z))?", re.DOTALL)


class Part(NamedTuple):
    """What one line of a stream brings: text, and the counts of tokens where they are in it.

    `ends` says that the model has come to an end; an answer without such a part is not all there.
    """

    text: str = ""
    ends: bool = False
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0


def read(parts: Generator[Part, None, None], stops: Sequence[str], listener: Listener) -> Completion:
    """Return the answer that `parts` make up to the first of `stops`, telling the listener as it grows.

    `parts` is closed when there is enough. The times are those until the first text and from there on.
    Raises RemoteMalformed for an answer that breaks off, and what `parts` raises, Cancelled among it.
    """
    began = first = time.monotonic()
    text, pieces, whole, counted = "", 0, False, Part()
    with contextlib.closing(parts):
        for part in parts:
            counted = part if part.prompt_tokens or part.generated_tokens else counted
            whole = whole or part.ends
            if part.text:
                pieces += 1
                first = first if pieces > 1 else time.monotonic()
                text, shown, stopped = _cut(text + part.text, stops)
                whole = whole or stopped
                if shown:
                    listener.text(shown)
                if stopped:
                    break
    if not whole:
        raise RemoteMalformed("the server's answer broke off; try again")
    return Completion(
        text=text,
        prefill_ms=(first - began) * 1e3,
        decode_ms=(time.monotonic() - first) * 1e3,
        prompt_tokens=counted.prompt_tokens,
        cached_tokens=counted.cached_tokens,
        generated_tokens=counted.generated_tokens or pieces,
    )


def spoken(text: str) -> str:
    """Return what stands in `text` behind the thoughts of the model."""
    thought = _THOUGHT.match(text)
    return text[thought.end() :] if thought else text


def only_thinks(text: str) -> bool:
    """Tell whether `text` is a thought and nothing else."""
    return bool(text.strip()) and not spoken(text)


def _cut(text: str, stops: Sequence[str]) -> tuple[str, str, bool]:
    """Return `text` up to the first stop, what of it is no thought, and whether there was a stop."""
    start = len(text) - len(spoken(text))
    ends = [end for end in (text.find(stop, start) for stop in stops) if end >= 0]
    end = min(ends, default=len(text))
    return text[:end], text[start:end], bool(ends)
