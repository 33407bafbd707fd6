"""The real daemon with a model that does what the line says: everything but llama.cpp, in milliseconds.

say TEXT     writes TEXT, a character at a time
hold TEXT    writes TEXT, then waits for the file `release` in CARO_HOME
many TEXT    writes TEXT; the other commands for it are `TEXT 2` and `TEXT 3`
slow TEXT    the same, but the other commands come only once the file `release` is there
fail         has an error with a sentence
refuse       writes prose
environ NAME writes the variable NAME of the client's environment
die          kills its own process
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from caro_shell import check, daemon, engine
from caro_shell.backends import Completion, Draft, Listener
from caro_shell.config import Config
from caro_shell.errors import BackendError, Cancelled
from caro_shell.prompt import Prompt

#: The model of the catalogue that cannot be opened.
BROKEN = "starcoder2"


class ScriptedBackend:
    name = "scripted"
    model = "script"

    def __init__(self, config: Config, env: Mapping[str, str]) -> None:
        self._pause = threading.Event()
        if config.model == BROKEN:
            raise BackendError("the scripted model cannot be opened; choose another")

    def prepare(self, prompt: Prompt, listener: Listener) -> None:
        (Path(os.environ["CARO_HOME"]) / "prepared").touch()

    def complete(self, prompt: Prompt, listener: Listener) -> Completion:
        verb, _, text = prompt.request.partition(" ")
        if verb == "fail":
            raise BackendError("the scripted model is unwell; press the key again")
        if verb == "raise":
            raise RuntimeError("a bug")
        if verb == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if verb == "refuse":
            text = "I am sorry, but I cannot help you with that."
        if verb == "environ":
            text = f"echo {dict(listener.environment(text.split()))}"
        if verb == "same":
            text = prompt.request
        for end in range(1, len(text) + 1):
            listener.text(text[:end])
        if verb == "hold":
            self._wait_for_release(listener)
        return Completion(text, 1.0, 1.0, 10, 5, 5)

    def alternatives(self, prompt: Prompt) -> Iterator[Draft]:
        verb, _, text = prompt.request.partition(" ")
        home = Path(os.environ["CARO_HOME"])
        if verb == "slow":
            (home / "writing").touch()
            while not (home / "release").exists():
                self._pause.wait(0.005)
                yield Draft(text, finished=False)
        if verb in ("many", "slow"):
            for number in (2, 3):
                yield Draft(f"{text} {number}", finished=True)

    def improve(self, listener: Listener) -> None:
        pass

    def close(self) -> None:
        pass

    def _wait_for_release(self, listener: Listener) -> None:
        home = Path(os.environ["CARO_HOME"])
        (home / "held").touch()
        while not (home / "release").exists():
            if listener.cancelled():
                (home / "cancelled").touch()
                raise Cancelled
            self._pause.wait(0.005)


if __name__ == "__main__":
    real_engine = engine.Engine
    check.findings = lambda *_, **__: ()  # type: ignore[assignment]  # what is said in the tests is no command
    numbers = itertools.count()  # every request is another one, so that none is answered from the cache
    daemon.Engine = lambda: real_engine(ScriptedBackend, lambda _config: next(numbers))  # type: ignore[assignment,misc]
    sys.exit(daemon.main(sys.argv[1:]))
