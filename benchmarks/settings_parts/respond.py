"""The process that `settings.py` asks: llama.cpp with the settings of one arm.

    python -m settings_parts.respond MODEL_FILE STATES SETTINGS   questions in → figures out

Each is a line of JSON; so is SETTINGS, what `Variant` takes. The first figures come unasked, after loading.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any

import psutil

from caro_shell.backends.embedded.prefixstate import PrefixStates
from settings_parts import lookup
from settings_parts.variant import PREFIX, REQUEST, Variant

_STEPS = 8  # evaluations of `batch`
_LIMIT = 64  # tokens of an answer in full


def request(
    variant: Variant, line: str, tokens: int, multiple: int = 1, most: int = 0
) -> dict[str, float | str]:
    """Evaluate `line` behind the prefix and write `tokens` tokens; see `Variant.prefill` for the others."""
    asked = variant.begin(line)
    began = time.perf_counter()
    token = variant.prefill(asked, multiple, most)
    known = time.perf_counter()
    written = [token]
    for position in range(len(variant.held) + len(asked), len(variant.held) + len(asked) + tokens):
        variant.evaluate(written[-1:], sequence=REQUEST, start=position)
        written.append(variant.greedy()[0])
    ended = time.perf_counter()
    return {
        "prefill": len(asked) / (known - began),
        "decode": tokens / (ended - known),
        "spent": (ended - began) * 1e3,
        "answer": variant.text(written),
    }


def answer(variant: Variant, line: str, drafted: int, ngram: int) -> dict[str, float | str]:
    """Answer `line` in full, with up to `drafted` tokens guessed at a time."""
    asked = variant.begin(line)
    first = variant.prefill(asked, 1, 0)
    began = time.perf_counter()
    written, counts = lookup.decode(
        variant.step,
        [*variant.held, *asked],
        first,
        ended=variant.is_end,
        limit=_LIMIT,
        drafted=drafted,
        ngram=ngram,
    )
    took = time.perf_counter() - began
    return {"decode": len(written) / took, "answer": variant.text(written), **counts}


def batch(variant: Variant, line: str, tokens: int, sequences: int) -> dict[str, float | str]:
    """Evaluate `tokens` tokens at once, in one sequence or dealt out to as many `sequences`.

    The logits of each are wanted: this is the step of a verified guess, or of several answers at once.
    """
    asked = variant.begin(line)
    token = variant.prefill(asked, 1, 0)
    for sequence in range(REQUEST + 1, REQUEST + sequences):
        variant.share(REQUEST, sequence)
    position = len(variant.held) + len(asked)
    began = time.perf_counter()
    for step in range(_STEPS):
        variant.step([token] * tokens, position + step * (1 if sequences > 1 else tokens), sequences)
    took = time.perf_counter() - began
    for sequence in range(REQUEST + 1, REQUEST + sequences):
        variant.cut(sequence)
    return {"decode": _STEPS * tokens / took}


def prefix(variant: Variant, line: str, tokens: int) -> dict[str, float | str]:
    """Evaluate the first `tokens` tokens of the prefix, as before the very first key press."""
    beginning = variant.rendered(line)[PREFIX][:tokens]
    began = time.perf_counter()
    variant.read_prefix(beginning)
    return {"prefix": len(beginning) / (time.perf_counter() - began)}


_QUESTIONS = {question.__name__: question for question in (request, answer, batch, prefix)}


def main() -> None:
    """Answer questions until standard input ends."""
    logging.getLogger("caro").addHandler(logging.NullHandler())
    path, states, settings = sys.argv[1:]
    began = time.perf_counter()
    variant = Variant(path, json.loads(settings), PrefixStates(states))
    figures: dict[str, Any] = {"load": (time.perf_counter() - began) * 1e3}
    print(json.dumps(figures), flush=True)
    for record in sys.stdin:
        question = json.loads(record)
        variant.use_threads(question.pop("threads"))
        figures = _QUESTIONS[question.pop("do")](variant, **question)
        figures["memory"] = psutil.Process().memory_info().rss / 1e6
        print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
