"""Who answers: the backend that was asked for, or whoever can. Holds those that are open."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Callable, cast

from caro_shell import config as settings_of
from caro_shell import consent
from caro_shell.backends import Backend, Listener, RemoteBackend, variants
from caro_shell.config import Config
from caro_shell.errors import BackendError, RemoteError, RemoteTimeout, RemoteUnreachable
from caro_shell.transport import endpoint

log = logging.getLogger("caro.selection")

#: Seconds for which it is remembered whether a server could be reached, and that finding it out may take.
REMEMBERED_S, CHECK_S = 60.0, 0.5

Environment = Mapping[str, str]
Opener = Callable[[Config, Environment], Backend]


class Selection:
    """The open backends, one local and one remote at most, and who was reachable a moment ago."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._open: dict[bool, tuple[object, Backend]] = {}  # by whether it is remote
        self._reachable: dict[object, tuple[float, bool]] = {}

    def candidates(self, settings: Config, listener: Listener) -> list[str]:
        """Return the names of those to ask: one, and `embedded` behind a server unless that is ruled out.

        `auto` means the first server, of those that are enabled, that answers a short check.
        """
        name = settings.backend
        if name == "auto":
            servers = (server for server in ("ollama", "vllm") if settings_of.enabled(server, settings))
            name = next((one for one in servers if self._answers(one, settings, listener)), "embedded")
        elif not settings_of.enabled(name, settings):
            name = "embedded"
        return [name, "embedded"] if name != "embedded" and settings.fallback else [name]

    def open(self, name: str, settings: Config, listener: Listener) -> Backend:
        """Return the backend `name`, opening it when it is not, or when its settings have changed.

        Raises BackendError or ModelError when it cannot be opened; RemoteError when its server was out of
        reach a moment ago and another may stand in; WordsWouldLeave for a host that was not named before.
        """
        remote = name != "embedded"
        env = listener.environment(variables(settings)) if remote else {}
        # A model may have been fetched, converted or removed meanwhile.
        model = "" if remote else variants.chosen(settings).model.id
        wanted = (_relevant(name, settings), model, sorted(env.items()))
        held, backend = self._open.get(remote, (None, None))
        if backend is None or held != wanted:
            self.release(remote=remote)  # first: two models may not fit in memory
            if not remote:
                listener.stage("loading the model")
            backend = self._opener(replace(settings, backend=name), env)
            self._open[remote] = (wanted, backend)
        if remote:
            self._check_memory(name, settings)
            consent.ask(cast("RemoteBackend", backend).endpoint.url)
        return backend

    def opened(self, *, remote: bool) -> Backend | None:
        """Return the local or the remote backend if it is open."""
        return self._open.get(remote, (None, None))[1]

    def release(self, *, remote: bool = False) -> None:
        """Close the local backend, which holds a model, or the remote one."""
        _, backend = self._open.pop(remote, (None, None))
        if backend is not None:
            log.info("releasing %s (%s)", backend.name, backend.model)
            backend.close()

    def failed(self, name: str, settings: Config, error: BackendError) -> None:
        """Remember that the server of `name` could not be reached, if that is what `error` says."""
        known = self._remembered(name, settings) is False  # from then on, or it would be left alone for ever
        if isinstance(error, (RemoteUnreachable, RemoteTimeout)) and not known:
            self._reachable[_relevant(name, settings)] = (time.monotonic(), False)

    def answered(self, name: str, settings: Config) -> None:
        """Remember that `name` could be reached."""
        self._reachable[_relevant(name, settings)] = (time.monotonic(), True)

    def forget(self, name: str, settings: Config) -> None:
        """Ask the server of `name` again the next time, whatever is remembered of it."""
        self._reachable.pop(_relevant(name, settings), None)

    def _remembered(self, name: str, settings: Config) -> bool | None:
        when, answers = self._reachable.get(_relevant(name, settings), (-math.inf, False))
        return answers if time.monotonic() - when < REMEMBERED_S else None

    def _check_memory(self, name: str, settings: Config) -> None:
        """Raise RemoteUnreachable if it was out of reach a moment ago, and another may stand in for it.

        One that is asked for by name is tried.
        """
        if settings.fallback and not _by_flag(settings) and self._remembered(name, settings) is False:
            raise RemoteUnreachable(
                f"{name} could not be reached less than a minute ago; try again in a minute, "
                "or see what is wrong with: caro doctor"
            )

    def _answers(self, name: str, settings: Config, listener: Listener) -> bool:
        """Say whether the server of `name` can be reached: as remembered, or by a short check."""
        answers = self._remembered(name, settings)
        if answers is None:
            env = listener.environment(variables(settings))
            backend = cast("RemoteBackend", self._opener(replace(settings, backend=name), env))
            try:
                consent.ask(backend.endpoint.url)  # the key would leave, too
                backend.check(CHECK_S)
                answers = True
            except RemoteError as error:
                log.info("%s is passed over: %s", name, error)
                answers = False
            finally:
                backend.close()
            self._reachable[_relevant(name, settings)] = (time.monotonic(), answers)
        return answers


def variables(settings: Config) -> tuple[str, ...]:
    """Return the names of the environment variables that a remote backend is told."""
    return (*endpoint.VARIABLES, "OLLAMA_HOST", settings.vllm_key_env)


def notice(name: str, error: BackendError) -> str:
    """Return what to say beside a command of the embedded model when `name` was to answer."""
    if isinstance(error, RemoteUnreachable):
        return f"{name} not reachable, used the embedded model"
    if isinstance(error, RemoteTimeout):
        return f"{name} did not answer in time, used the embedded model"
    return f"{error}; used the embedded model"


def _by_flag(settings: Config) -> bool:
    return settings.sources.get("backend.preferred") == "flag"


def _relevant(name: str, settings: Config) -> tuple[object, ...]:
    """Return the settings that an open backend depends on."""
    keys = [key for key in settings_of.SETTINGS if key.startswith(f"backend.{name}.")]
    keys += ["generation.max_tokens", "generation.timeout_s"]
    if name != "embedded":
        keys += [
            "generation.temperature",
            "generation.connect_timeout_s",
            "backend.verify",
            "backend.ca_bundle",
        ]
    values = tuple(getattr(settings, settings_of.SETTINGS[key].name) for key in keys)
    # One that is set stands against OLLAMA_HOST, though it be the default.
    return (name, "backend.ollama.url" in settings.sources, *values)
