"""One request to a model, before it is let answer."""

from __future__ import annotations

import os
import sys
import time
from typing import NamedTuple

from caro_shell import config, parse, paths
from caro_shell.backends import open_backend, own_environment, variants
from caro_shell.catalog import Model
from caro_shell.config import Config
from caro_shell.errors import NoCommandFound
from caro_shell.manage.choice import KEY
from caro_shell.progress import Progress
from caro_shell.prompt import make_prompt
from caro_shell.sanitise import printable

#: What the model is asked.
WORDS = "show the ten largest files here"


#: Characters of an answer that are shown while it is written.
_SHOWN = 40


class Trial(NamedTuple):
    """What the warm model wrote ("" for no command), in how many seconds, and its tokens a second."""

    command: str
    press_s: float
    tokens_per_s: float


def tried(model: Model, *, quiet: bool = False) -> Trial:
    """Load the model and let it answer `WORDS`; unless `quiet`, what takes its time is shown meanwhile.

    Raises ModelError or BackendError when it cannot be loaded or gives no answer, or another one stood in.
    """
    if not quiet:
        print(f"caro: trying {printable(model.id)} with one request", file=sys.stderr)
    waiting = _Waiting(f"trying {model.id}", Progress(fd_of_terminal(quiet=quiet)))
    try:
        waiting.stage("loading")
        backend = open_backend(settings_for(model), os.environ)
        try:
            prompt = make_prompt(WORDS, "bash")
            backend.prepare(prompt, waiting)
            began = time.monotonic()
            completion = backend.complete(prompt, waiting).own()
            press_s = time.monotonic() - began
        finally:
            backend.close()
    finally:
        waiting.clear()
    try:
        command = parse.read_answer(completion.text, "bash").command
    except NoCommandFound:
        command = ""
    rate = completion.generated_tokens / max(completion.decode_ms, 1) * 1e3
    return Trial(command, round(press_s, 2), round(rate, 1))


def settings_for(model: Model) -> Config:
    """Return the person's settings, but with `model` to answer."""
    return config.load(paths.config_file(), flags=flags_for(model))


def flags_for(model: Model) -> dict[str, str]:
    """Return the settings, by their keys, that let `model` answer."""
    return {"backend.preferred": "embedded", KEY: model.id}


def form_of(model: Model) -> str:
    """Return the id of the form in which `model` answers here: that is measured. Raises ModelError."""
    return variants.chosen(settings_for(model)).model.id


def fd_of_terminal(*, quiet: bool) -> int | None:
    """Return where progress is drawn: standard error if that is a terminal, None for nowhere."""
    return sys.stderr.fileno() if sys.stderr.isatty() and not quiet else None


class _Waiting:
    """The listener of the one request: it shows what takes its time."""

    def __init__(self, label: str, progress: Progress) -> None:
        self._label = label
        self._progress = progress
        self.clear = progress.clear

    def stage(self, what: str) -> None:
        self._progress.tick(f"{self._label}: {printable(what)}")

    def text(self, so_far: str) -> None:
        self.stage(so_far[:_SHOWN])

    def cancelled(self) -> bool:
        return False

    environment = staticmethod(own_environment)
