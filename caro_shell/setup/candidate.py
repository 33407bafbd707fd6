"""A server that is to answer from now on: its settings, and whether it does answer."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Callable, NamedTuple, cast

from caro_shell import config, parse, paths
from caro_shell.backends import RemoteBackend, open_backend, own_environment
from caro_shell.config import Config
from caro_shell.errors import BackendError, CaroError
from caro_shell.prompt import make_prompt
from caro_shell.sanitise import printable
from caro_shell.setup.particulars import looks_like_a_key
from caro_shell.transport.endpoint import without_login

#: The servers that caro can ask, by what people call them.
SERVERS = {"ollama": "Ollama", "vllm": "vLLM"}

#: What to do where a server has none.
NO_MODELS = {
    "ollama": "Ollama answers, but has no model yet; fetch one: ollama pull qwen2.5-coder:1.5b",
    "vllm": "the server answers, but names no model; see what it was started with",
}

#: What a server is asked when it is tried.
WORDS = "list files"

#: Seconds for the list of models: whoever waits for it can ask again.
LIST_S = 10.0


class Trial(NamedTuple):
    """The first command of a server, the model that wrote it, and the seconds it took."""

    command: str
    model: str
    seconds: float


@dataclass(frozen=True)
class Candidate:
    """A server by the name of its backend; an empty `model` is the first one that the server has.

    `key_env` is the name of the environment variable with the key, empty for none and for Ollama.
    """

    name: str
    url: str
    model: str
    key_env: str = ""

    def wanted(self) -> dict[str, Any]:
        """Return the settings, by their keys, that make this server the one that answers."""
        table = f"backend.{self.name}"
        wanted = {
            "backend.preferred": self.name,
            f"{table}.enabled": True,
            f"{table}.url": self.url,
            f"{table}.model": self.model,
        }
        return {**wanted, f"{table}.api_key_env": self.key_env} if self.name == "vllm" else wanted

    def models(self) -> list[str]:
        """Return the server's models, but for what cannot be shown. Raises BackendError if there are none."""
        with self._opened() as backend:
            names = [
                name for name in backend.check(LIST_S) if 0 < len(name) <= 200 and name == printable(name)
            ]
        if not names:
            raise BackendError(NO_MODELS[self.name])
        return names

    def tried(self, gone: Callable[[], bool] = lambda: False) -> Trial:
        """Let the server answer one small request.

        `gone` says whether the answer is wanted no longer. Raises RemoteError, NoCommandFound or Cancelled.
        """
        began = time.monotonic()
        with self._opened() as backend:
            completion = backend.complete(make_prompt(WORDS, "bash"), _Waiting(gone))
            command = parse.read_answer(completion.text).command
            return Trial(command, backend.model, time.monotonic() - began)

    @contextmanager
    def _opened(self) -> Iterator[RemoteBackend]:
        flags = {
            key: value if isinstance(value, str) else str(value).lower()
            for key, value in self.wanted().items()
        }
        backend = opened(self.name, config.load(paths.config_file(), env={}, flags=flags))
        try:
            yield backend
        finally:
            backend.close()


class _Waiting:
    """The listener of a backend whose answer is shown when it is whole."""

    def __init__(self, gone: Callable[[], bool]) -> None:
        self.cancelled = gone

    def stage(self, what: str) -> None:
        """Hear nothing."""

    def text(self, so_far: str) -> None:
        """Hear nothing."""

    environment = staticmethod(own_environment)


def opened(name: str, settings: Config) -> RemoteBackend:
    """Open the remote backend `name` with this process's environment; no request is made yet.

    Raises BackendError for an address that is none.
    """
    return cast("RemoteBackend", open_backend(replace(settings, backend=name), os.environ))


def current(name: str, settings: Config) -> Candidate:
    """Return the server as the settings and the environment (OLLAMA_HOST) have it, or else the defaults."""
    url, model = {
        "ollama": (settings.ollama_url, settings.ollama_model),
        "vllm": (settings.vllm_url, settings.vllm_model),
    }[name]
    try:
        backend = opened(name, settings)
        url = backend.endpoint.url
        backend.close()
    except CaroError:  # what cannot be used is seen, and mended, as it stands in the file
        pass
    key_env = settings.vllm_key_env if name == "vllm" else ""
    # Passwords are not stored, so one that is in the file is not proposed again.
    url = without_login(url)
    return Candidate(name, url, model, Config.vllm_key_env if looks_like_a_key(key_env) else key_env)
