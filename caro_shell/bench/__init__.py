"""caro's own benchmark: a model asked for the commands of everyday tasks, each command run and judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

from caro_shell import parse
from caro_shell.backends import Backend, Listener, open_backend
from caro_shell.backends.selection import variables
from caro_shell.bench import sandbox
from caro_shell.bench.run import Result, Score, Writer, Written, results
from caro_shell.bench.task import Task
from caro_shell.config import Config
from caro_shell.errors import Cancelled, NoCommandFound
from caro_shell.prompt import make_prompt

__all__ = ["Result", "Score", "score"]


def score(
    settings: Config,
    tasks: Sequence[Task],
    listener: Listener,
    tell: Callable[[Result], None] = lambda _: None,
) -> Score:
    """Open the backend that `settings` name, let it answer `tasks`, and judge the commands.

    No answer comes from the cache, and the first is as warm as the others. `listener` is asked between tokens
    and tasks whether to go on; `tell` hears each result. Raises ModelError, BackendError, also where another
    backend stood in, or Cancelled.
    """
    backend = open_backend(settings, listener.environment(variables(settings)))
    try:
        for shell in sorted({task.shell for task in tasks}):
            backend.prepare(make_prompt("", shell), listener)
        backend.improve(listener)
        found = []
        for result in results(tasks, _writer(backend, settings.max_tokens, listener)):
            found.append(result)
            tell(result)
            if listener.cancelled():
                raise Cancelled
    finally:
        backend.close()
    return Score(tuple(found), _notice(sandbox.unavailable()))


def _notice(missing: str) -> str:
    return f"no command was run to see whether it is right: {missing}" if missing else ""


def _writer(backend: Backend, longest: int, listener: Listener) -> Writer:
    def write(words: str, shell: str) -> Written:
        completion = backend.complete(make_prompt(words, shell), listener).own()
        if completion.generated_tokens >= longest:
            raise NoCommandFound("the command was cut off")
        command = parse.read_answer(completion.text, shell).command
        return Written(command, completion.generated_tokens, completion.decode_ms)

    return write
