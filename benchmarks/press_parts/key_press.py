"""The key press from the start of the client to the finished line, warm, cold, and on a busy machine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from lab import REQUESTS, Lab, Press
from lab.child import Raw
from lab.load import busy_cores
from lab.paired import Pairs, Spread

from caro_shell import client, launch
from caro_shell.progress import Progress


def warm(lab: Lab, raw: Raw, rounds: int) -> tuple[Pairs, Spread]:
    """Return key presses over raw llama.cpp, and how long the first character took beyond its floor.

    The floor is the prefill of the request's tokens and one decode step, from the raw run of the same round.
    """
    tokens = {words: _tokens(words) for words in REQUESTS}
    pairs, beyond = [], []
    for i in range(rounds):
        for words, (read, count) in tokens.items():
            # Never at the same moment: each arm has answered in full before the other is asked.
            pressed = lab.press(words) if i % 2 else None
            limit = raw.time(words, count, read)
            pressed = pressed or lab.press(words)
            pairs.append((pressed.finished_ms, limit["total_ms"]))
            step_ms = (limit["total_ms"] - limit["first_ms"]) / max(1, count)
            beyond.append(pressed.visible_ms - limit["first_ms"] - step_ms)
    return Pairs([p for p, _ in pairs], [b for _, b in pairs]), Spread.of(beyond)


def repeat(lab: Lab, rounds: int) -> Spread:
    """Return the milliseconds of key presses on words that were just answered, from the cache of replies."""
    lab.use_cache(on=True)
    for words in REQUESTS:
        lab.press(words)
    spread = Spread.of([lab.press(words).finished_ms for _ in range(rounds) for words in REQUESTS])
    lab.use_cache(on=False)
    return spread


def cold(lab: Lab, rounds: int) -> Pairs:
    """Return key presses that find no daemon, but its saved prefix state, over warm ones."""
    return _beside_warm(lab, rounds, lambda words: _after_stop(lab, words))


def busy(lab: Lab, rounds: int) -> Pairs:
    """Return key presses while every core has another process to run, over those on the idle machine."""
    return _beside_warm(lab, rounds, lambda words: _beside_loops(lab, words))


def spinning(lab: Lab, rounds: int) -> Pairs:
    """Return what `busy` does for a daemon with OpenMP's own number of spins."""
    lab.stop_daemon()
    lab.env["GOMP_SPINCOUNT"] = "300000"  # libgomp's default where OMP_WAIT_POLICY is not set
    lab.press(REQUESTS[0])
    lab.settle()
    pairs = busy(lab, rounds)
    del lab.env["GOMP_SPINCOUNT"]
    lab.stop_daemon()
    return pairs


def memory(lab: Lab, model_file: str) -> tuple[float, float]:
    """Return the daemon's resident memory and the model file's size, in MB."""
    return lab.daemon().memory_info().rss / 1e6, os.path.getsize(model_file) / 1e6


def _beside_warm(lab: Lab, rounds: int, press: Callable[[str], Press]) -> Pairs:
    ours, base = [], []
    for i in range(rounds):
        words = REQUESTS[i % len(REQUESTS)]
        for arm, pressed in ((base, lab.press), (ours, press))[:: 1 if i % 2 else -1]:
            lab.press(REQUESTS[(i + 1) % len(REQUESTS)])  # or the words would be those that were read last
            arm.append(pressed(words).finished_ms)
    return Pairs(ours, base)


def _after_stop(lab: Lab, words: str) -> Press:
    lab.stop_daemon()
    press = lab.press(words)
    lab.settle()  # what comes next is warm
    return press


def _beside_loops(lab: Lab, words: str) -> Press:
    with busy_cores(lab.env):
        return lab.press(words)


def _tokens(words: str) -> tuple[int, int]:
    """Ask once; return how many tokens were read anew for it, and how many were written, in all attempts."""
    request = {"kind": "rewrite", "shell": "zsh", "line": words, **launch.surroundings()}
    reply = client.ask(request, Progress(None))
    timings = json.loads(reply["details"])["timings"]
    return timings["prompt_tokens"] - timings["cached_tokens"], timings["generated_tokens"]
