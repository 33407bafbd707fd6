"""The settings that are compared: arms, and the groups of them that decide the same thing."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from lab import Lab
from lab.load import busy_cores

from caro_shell.backends.embedded.cores import physical_cores
from caro_shell.backends.llamacpp.library import llama_cpp
from settings_parts.lookup import SENTENCES

#: Requests of 12, 16 and 31 tokens, the 8 of the chat format included.
REQUESTS = (
    "list open ports",
    "find all pdf files in my home folder",
    "show the five largest log files below /var/log that changed this week, largest first",
)
_TOKENS = 12
_FLASH = {"flash_attn_type": llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED}
_Q8, _Q4 = llama_cpp.GGML_TYPE_Q8_0, llama_cpp.GGML_TYPE_Q4_0
_UNPACKED = {"use_extra_bufts": False, "load_mode": llama_cpp.LLAMA_LOAD_MODE_MMAP}
_SEVERAL = {"n_seq_max": 6, "n_outputs_max": 6}


@dataclass(frozen=True)
class Arm:
    """A setting: what `settings` and `env` its process is started with; `ask` goes to each question."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    ask: Mapping[str, Any] = field(default_factory=dict)
    python: str = sys.executable

    def process(self) -> str:
        """Return what two arms have in common that can share a process."""
        return json.dumps([self.python, self.settings, self.env], sort_keys=True)


@dataclass(frozen=True)
class Group:
    """Arms that are compared with the first of them, by what `questions` they are asked in each round.

    With `dealt`, each question is asked in one round only. With `alone`, there is one process at a time: what
    memory the machine has at hand decides how fast a model loads. `beside` surrounds the questions.
    """

    arms: Sequence[Arm]
    questions: Sequence[Mapping[str, Any]]
    dealt: bool = False
    alone: bool = False
    beside: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext


def groups(lab: Lab, other_python: str | None) -> dict[str, Group]:
    """Return the settings to compare, by the name of what they decide; caro's own comes first in each."""
    cores = physical_cores()
    asked = [{"do": "request", "line": line, "tokens": _TOKENS} for line in REQUESTS]
    prefix = {"do": "prefix", "line": "", "tokens": 256}
    found = {
        "threads": Group(
            [Arm(f"{n}", ask={"threads": n}) for n in (cores, *({1, 2, 3, 4} - {cores}))], asked
        ),
        "batch": Group(
            [Arm("256 tokens")]
            + [Arm(f"{n} tokens", {"n_batch": n, "n_ubatch": n}) for n in (32, 64, 128, 512)],
            [*asked, {**prefix, "tokens": 512}],
        ),
        "filling": Group(
            [Arm("none"), _filled(4, 3), _filled(16, 15), _filled(16, 3)],
            [{"do": "request", "line": line, "tokens": 1} for line in SENTENCES],
        ),
        "attention": Group(
            [
                Arm("plain, f16"),
                Arm("plain, keys q8_0", {"type_k": _Q8}),
                Arm("flash, f16", _FLASH),
                Arm("flash, q8_0", {**_FLASH, "type_k": _Q8, "type_v": _Q8}),
                Arm("flash, q4_0", {**_FLASH, "type_k": _Q4, "type_v": _Q4}),
            ],
            [*asked, prefix],
        ),
        "loading": Group(
            [
                Arm("read"),
                Arm("mmap", {"load_mode": llama_cpp.LLAMA_LOAD_MODE_MMAP}),
                Arm("mmap, not repacked", _UNPACKED),
                Arm("small pages", env={"GLIBC_TUNABLES": ""}),
            ],
            asked,
            alone=True,
        ),
        "repacking": Group([Arm("repacked"), Arm("not repacked", _UNPACKED)], [*asked, prefix]),
        "context": Group([Arm("2,048")] + [Arm(f"{n:,}", {"n_ctx": n}) for n in (1280, 4096)], asked),
        "spins": Group([_spinning(n) for n in (1000, 100, 10_000, 300_000)], asked),
        "spins-busy": Group(
            [_spinning(1000, threads=1)] + [_spinning(n, threads=2) for n in (100, 1000, 10_000, 300_000)],
            [{**asked[1], "tokens": 4}],
            beside=lambda: busy_cores(lab.env),
        ),
        "several": Group(
            [_step(1, 1), *[_step(n, n) for n in (2, 3, 4)], *[_step(n, 1) for n in (2, 3, 4, 5)]],
            [{"do": "batch", "line": REQUESTS[1]}],
        ),
        "lookup": Group(
            [_lookup(0, 1), _lookup(2, 2), _lookup(2, 3), _lookup(4, 3)],
            [{"do": "answer", "line": line} for line in SENTENCES],
            dealt=True,
        ),
    }
    if other_python:
        found["build"] = Group([Arm("this one"), Arm("the other", python=other_python)], [*asked, prefix])
    return found


def _filled(multiple: int, most: int) -> Arm:
    name = f"up to a multiple of {multiple}" + f", {most} tokens at most" * (most < multiple - 1)
    return Arm(name, ask={"multiple": multiple, "most": most})


def _spinning(count: int, threads: int = 0) -> Arm:
    name = f"{count:,}" + (f", {threads} thread{'s' * (threads > 1)}" if threads else "")
    return Arm(name, env={"GOMP_SPINCOUNT": str(count)}, ask={"threads": threads} if threads else {})


def _step(tokens: int, sequences: int) -> Arm:
    name = f"{tokens} in {sequences} sequence{'s' * (sequences > 1)}"
    return Arm(name, _SEVERAL, ask={"tokens": tokens, "sequences": sequences})


def _lookup(drafted: int, ngram: int) -> Arm:
    name = f"{drafted} guessed after {ngram} alike" if drafted else "none guessed"
    return Arm(name, _SEVERAL, ask={"drafted": drafted, "ngram": ngram})
