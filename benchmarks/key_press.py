"""The key press from the start of the client to the finished line, warm, cold, and on a busy machine."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from lab import Lab, Press
from paired import Pairs, Spread

from caro_shell import client, launch
from caro_shell.progress import Progress

#: Everyday requests, none of them among the examples that the model is shown.
REQUESTS = (
    "list the files here by size, largest first",
    "find all pdf files in my home folder",
    "show how much disk space is free",
    "count the lines of every c file below src",
    "compress the folder logs into logs.tar.gz",
    "which process uses the most cpu",
)
_SHELL = "zsh"


class Raw:
    """The process that runs llama.cpp alone; it sleeps between two requests."""

    def __init__(self, model_file: str, env: dict[str, str]) -> None:
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "raw_llama.py")
        command = [sys.executable, script, model_file]
        self._process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def time(self, words: str, tokens: int) -> dict[str, float]:
        """Evaluate `words` and write `tokens` tokens; return `first_ms` and `total_ms`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(
            json.dumps({"line": words, "shell": _SHELL, "tokens": tokens}),
            file=self._process.stdin,
            flush=True,
        )
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer

    def end(self) -> None:
        """End the process, which gives its memory back."""
        self._process.kill()
        self._process.communicate()


def warm(lab: Lab, raw: Raw, rounds: int) -> tuple[Pairs, Spread]:
    """Return key presses over raw llama.cpp, and how long the first character took beyond its floor.

    The floor is the prefill of the request's tokens and one decode step, from the raw run of the same round.
    """
    tokens = {words: _generated(words) for words in REQUESTS}
    pairs, beyond = [], []
    for i in range(rounds):
        for words, count in tokens.items():
            # Never at the same moment: each arm has answered in full before the other is asked.
            pressed = lab.press(words) if i % 2 else None
            limit = raw.time(words, count)
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
        if i % 2:
            base.append(lab.press(words).finished_ms)
        ours.append(press(words).finished_ms)
        if not i % 2:
            base.append(lab.press(words).finished_ms)
    return Pairs(ours, base)


def _after_stop(lab: Lab, words: str) -> Press:
    lab.stop_daemon()
    return lab.press(words)


def _beside_loops(lab: Lab, words: str) -> Press:
    with _loops(lab):
        return lab.press(words)


@contextlib.contextmanager
def _loops(lab: Lab) -> Iterator[None]:
    """Keep every core that this process may use busy."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    command = [sys.executable, "-I", "-S", "-c", "while True: pass"]
    loops = [subprocess.Popen(command, env=lab.env, start_new_session=True) for _ in range(cores)]
    time.sleep(0.2)
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def _generated(words: str) -> int:
    """Ask once; return how many tokens the answer has."""
    request = {"kind": "rewrite", "shell": _SHELL, "line": words, **launch.settings()}
    reply = client.ask(request, Progress(None))
    count: int = json.loads(reply["details"])["timings"]["generated_tokens"]
    return count
