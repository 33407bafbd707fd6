"""A process that runs llama.cpp for a benchmark: it is asked a line of JSON, and answers one."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from caro_shell.catalog import disk
from caro_shell.catalog.wanted import wanted
from caro_shell.config import Config

_BENCHMARKS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Child:
    """One such process; it sleeps between two questions. A `Lab` whose `env` it was given ends it."""

    def __init__(self, module: str, *arguments: str, env: Mapping[str, str], python: str = "") -> None:
        """Start `module` of this folder in the interpreter `python`, this one unless given."""
        self._called = " ".join((module, *arguments))
        self._process = subprocess.Popen(
            [python or sys.executable, "-m", module, *arguments],
            # The path is for an interpreter that caro is not installed for.
            env={**env, "PYTHONPATH": os.path.dirname(_BENCHMARKS)},
            cwd=_BENCHMARKS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Return the figures that answer `question`. Raises SystemExit when the process has died."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(question), file=self._process.stdin, flush=True)
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Return the next figures; what they answer may have gone without saying."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the benchmark's process has died, its last words are above: {self._called}")
        figures: dict[str, Any] = json.loads(line)
        return figures

    def end(self) -> None:
        """End the process, which gives its memory back."""
        self._process.kill()
        self._process.communicate()


class Raw(Child):
    """llama.cpp alone, with caro's settings and prompt: the limit of what a key press can be."""

    def __init__(self, model_file: str, env: Mapping[str, str]) -> None:
        """Load `model_file`, with the adapter that caro uses it with."""
        super().__init__("lab.raw_llama", model_file, disk.adapter(wanted(Config()).model), env=env)

    def time(self, words: str, tokens: int, read: int = 0) -> dict[str, float]:
        """Evaluate `words` and write `tokens` tokens; return `first_ms` and `total_ms`.

        The nearest examples are read with the words, or so many tokens of all that as `read` says.
        """
        return self.ask({"line": words, "shell": "zsh", "tokens": tokens, "read": read})
