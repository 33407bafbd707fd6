"""caro's own benchmark: a model asked for the commands of everyday tasks, each command run and judged."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Callable

from caro_shell.backends import Listener, variants
from caro_shell.bench import sandbox
from caro_shell.bench.run import Result, Score, Writer, Written, results
from caro_shell.bench.task import Task
from caro_shell.engine import Engine
from caro_shell.errors import BackendError, BackendTimeout, Cancelled, NoCommandFound
from caro_shell.reply import Reply, Request

__all__ = ["Result", "Score", "score", "unjudged"]

#: What is asked first, so that the model is open and has read all that requests begin with.
_FIRST_WORDS = "print the working directory"


def score(
    flags: Mapping[str, str],
    tasks: Sequence[Task],
    listener: Listener,
    tell: Callable[[Result], None] = lambda _: None,
    engine: Engine | None = None,
) -> Score:
    """Let the person's settings, but for `flags`, answer `tasks` as on key presses, and judge the commands.

    The tasks are all for one platform.

    No answer comes from the cache, or from another backend in place of one that fails, and the first is as
    warm as the others. `flags` are settings by their key; `listener` is asked between tokens and tasks
    whether to go on; `tell` hears each result. Raises ConfigError, ModelError, BackendError, also where
    llama.cpp stood in for MLX, or Cancelled.
    """
    engine = engine or Engine()
    platform = tasks[0].platform if tasks else sys.platform
    press = _Press(engine, {**flags, "cache": "false", "backend.fallback": "false"}, listener, platform)
    try:
        opened_s = press.warm({task.shell for task in tasks})
        found = []
        for result in results(tasks, press.write):
            found.append(result)
            tell(result)
            if listener.cancelled():
                raise Cancelled
    finally:
        engine.release()
    return Score(tuple(found), unjudged(platform), opened_s)


def unjudged(platform: str) -> str:
    """Say why no command for `platform` can be judged here, "" where it can; macOS's need no sandbox."""
    missing = sandbox.unavailable() if platform == "linux" else ""
    return f"no command was run to see whether it is right: {missing}" if missing else ""


class _Press:
    """A key press as the engine sees one."""

    def __init__(self, engine: Engine, flags: Mapping[str, str], listener: Listener, platform: str) -> None:
        self._engine = engine
        self._platform = platform
        self._flags = flags
        self._listener = listener
        self.write: Writer = self._write

    def warm(self, shells: set[str]) -> float:
        """Ask something in each of the shells; return the seconds until the first answer could begin."""
        opened_s = 0.0
        for shell in sorted(shells):
            began, reply = time.monotonic(), None
            with contextlib.suppress(NoCommandFound, BackendTimeout):
                reply = self._ask(_FIRST_WORDS, shell, cwd="")
            writing_s = reply.timings.decode_ms / 1e3 if reply else 0.0
            opened_s = opened_s or time.monotonic() - began - writing_s
        self._engine.idle(self._listener)
        return opened_s

    def _write(self, words: str, shell: str, cwd: str) -> Written:
        reply = self._ask(words, shell, cwd)
        return Written(reply.command, reply.timings.generated_tokens, reply.timings.decode_ms, reply)

    def _ask(self, words: str, shell: str, cwd: str) -> Reply:
        request = Request(words, shell, os.environ, self._flags, platform=self._platform, cwd=cwd)
        reply = self._engine.rewrite(request, self._listener, asked=time.monotonic())
        if reply.backend == "embedded" and reply.model != variants.chosen(self._engine.config).model.id:
            said = "; ".join(reply.notices[len(self._engine.config.notices) :])
            raise BackendError(
                f"{said or reply.model + ' answered'}; set backend.embedded.variant to cpu to go on with that"
            )
        return reply
