"""Doubles of Ollama and vLLM that answer as a small model would: the same words, the same answer.

They speak over a real connection (tests/remote_server.py), but what they say is a table:

    show file number 7      cat file7.txt     `remove` likewise: rm; with any number
    say WORDS               echo WORDS        cut in pieces in the middle of a character
    list all files          ls, an empty line and a text behind it: a model that does not stop
    tell a story            a word after the other until nobody listens
    anything else           ls

A prompt of more than `LONGEST` characters is refused, as a server does it.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any, Callable

from tests.remote_server import Answer, Exchange, says, serve

LONGEST = 20_000
_COMMANDS = {"show": "cat", "remove": "rm"}
_TOO_LONG = "the request exceeds the available context size, try increasing it"

Line = Callable[[str, bool, int, int], bytes]


@contextlib.contextmanager
def ollama_double() -> Iterator[str]:
    """Serve meanwhile; give the URL."""
    with serve() as server:
        server.on("/api/version", says({"version": "0.33.0"}))
        server.on("/api/generate", _answering(_ollama_line, says({"error": _TOO_LONG}, 400)))
        yield server.url


@contextlib.contextmanager
def vllm_double() -> Iterator[str]:
    """Serve meanwhile; give the URL."""
    with serve() as server:
        server.on("/v1/completions", _answering(_vllm_event, says({"error": {"message": _TOO_LONG}}, 400)))
        yield server.url


def _answering(line: Line, refusal: Answer) -> Answer:
    def answer(exchange: Exchange) -> None:
        try:
            prompt = exchange.request.json()["prompt"]
        except ValueError:  # the client left before it had said all
            return
        if len(prompt) > LONGEST:
            refusal(exchange)
            return
        exchange.head(transfer_encoding="chunked")
        written = 0
        for piece in _pieces(_words(prompt)):
            written += 1
            data = line(piece, False, len(prompt) // 4, written)
            cut = _middle(data)
            exchange.chunk(data[:cut])
            exchange.chunk(data[cut:])
            exchange.look()
        exchange.chunk(line("", True, len(prompt) // 4, written))
        exchange.send(b"0\r\n\r\n")

    return answer


def _middle(data: bytes) -> int:
    """Return a place inside a character of several bytes, if there is one: networks cut anywhere."""
    return next((place for place, byte in enumerate(data) if byte & 0xC0 == 0x80), len(data) // 2)


def _words(prompt: str) -> str:
    """Return what the person said last, in a prompt in ChatML."""
    return str(prompt.rpartition("<|im_start|>user\n")[2].partition("<|im_end|>")[0])


def _pieces(words: str) -> Iterator[str]:
    file = re.match(r"(show|remove) file number (\d+)", words)
    if file:
        yield from (_COMMANDS[file[1]], f" file{file[2]}", ".txt")
    elif words.startswith("say "):
        yield "echo "
        yield from words[len("say ") :]
    elif words == "list all files":
        yield from ("ls\n", "\nThis lists ", "all files.\n```\n")
    elif "story" in words:
        while True:
            yield "once "
    else:
        yield "ls"


def _ollama_line(text: str, ends: bool, read: int, written: int) -> bytes:
    counts = {"prompt_eval_count": read, "eval_count": written} if ends else {}
    return _encoded({"model": "m", "response": text, "done": ends, **counts}) + b"\n"


def _vllm_event(text: str, ends: bool, read: int, written: int) -> bytes:
    choice = {"index": 0, "text": text, "finish_reason": "stop" if ends else None}
    usage = {"prompt_tokens": read, "completion_tokens": written}
    event = b"data: " + _encoded({"model": "m", "choices": [choice], **({"usage": usage} if ends else {})})
    return event + b"\n\n" + (b"data: [DONE]\n\n" if ends else b"")


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
