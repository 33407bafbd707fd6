"""The use case: a person's line in, one command out. Knows neither sockets nor terminals."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Callable

from caro_shell import __version__, config, parse, paths, sanitise
from caro_shell.backends import Backend, Listener, identity, open_backend
from caro_shell.config import Config
from caro_shell.errors import CaroError
from caro_shell.prompt import SHELLS, make_prompt
from caro_shell.replycache import ReplyCache, entry_key

log = logging.getLogger("caro.engine")


@dataclass(frozen=True)
class Request:
    """A person's line and how they want it answered.

    `env` holds their `CARO_*` variables, `flags` settings by their key from a command line.
    """

    line: str
    shell: str = "bash"
    env: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Timings:
    """Where the time of one answer went, in milliseconds, and its size in tokens."""

    total_ms: float
    queue_ms: float
    load_ms: float = 0.0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0


@dataclass(frozen=True)
class Reply:
    """One command, and what is known about it. `notices` are sentences to show beside it."""

    command: str
    explanation: str | None
    confidence: float | None
    shell: str
    backend: str
    model: str
    timings: Timings
    cached: bool = False
    notices: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Return the reply as plain data; `generated_command` is `command` under its older name."""
        return {"command": self.command, "generated_command": self.command, **asdict(self)}


class Engine:
    """Answers requests with one open backend, opened when first needed and when the settings change."""

    def __init__(
        self,
        opener: Callable[[Config], Backend] = open_backend,
        identify: Callable[[Config], object] = identity,
    ) -> None:
        self._opener = opener
        self._identify = identify
        self._cache = ReplyCache()
        self._backend: Backend | None = None
        self._opened_for: object = None
        self.config = config.load(paths.config_file(), env={})

    def rewrite(self, request: Request, listener: Listener, *, asked: float) -> Reply:
        """Turn `request.line` into a command; `asked` is the `time.monotonic()` of its arrival.

        Raises CaroError: NoCommandFound, ModelMissing, BackendError, Cancelled ...
        """
        began = time.monotonic()
        shell = request.shell if request.shell in SHELLS else "bash"
        prompt = make_prompt(request.line, shell)
        if not prompt.request:
            raise CaroError("there is nothing to rewrite yet: say what you want in plain words")
        settings = self.config = config.load(paths.config_file(), env=request.env, flags=request.flags)
        key = entry_key(__version__, prompt, shell, self._identify(settings))
        kept = self._cache.get(key) if settings.cache else None
        if kept is not None:
            timings = Timings(total_ms=_ms(asked, time.monotonic()), queue_ms=_ms(asked, began))
            return Reply(**kept, timings=timings, cached=True, notices=settings.notices)
        backend = self._open(settings, listener)
        opened = time.monotonic()
        completion = backend.complete(prompt, _Gate(listener))
        answer = parse.read_answer(completion.text, shell)
        timings = Timings(
            total_ms=_ms(asked, time.monotonic()),
            queue_ms=_ms(asked, began),
            load_ms=_ms(began, opened),
            prefill_ms=round(completion.prefill_ms, 1),
            decode_ms=round(completion.decode_ms, 1),
            prompt_tokens=completion.prompt_tokens,
            cached_tokens=completion.cached_tokens,
            generated_tokens=completion.generated_tokens,
        )
        log.info("answered by %s (%s), read by %s: %s", backend.name, backend.model, answer.reader, timings)
        said: dict[str, Any] = {
            "command": answer.command,
            "explanation": answer.explanation,
            "confidence": answer.confidence,
            "shell": shell,
            "backend": backend.name,
            "model": backend.model,
        }
        if settings.cache:
            self._cache.put(key, said)
        return Reply(**said, timings=timings, notices=settings.notices)

    def release(self) -> None:
        """Give back the model's memory; the next request opens it again."""
        if self._backend is not None:
            log.info("releasing %s", self._backend.model)
            self._backend.close()
            self._backend = None

    @property
    def model(self) -> str:
        """The name of the model in memory, or ""."""
        return self._backend.model if self._backend is not None else ""

    def _open(self, settings: Config, listener: Listener) -> Backend:
        wanted = (settings.backend, settings.model, settings.max_tokens, settings.timeout_s)
        if self._backend is None or self._opened_for != wanted:
            self.release()  # first: two models may not fit in memory
            listener.stage("loading the model")
            self._backend = self._opener(settings)
            self._opened_for = wanted
        return self._backend


class _Gate:
    """A listener that hears only printable text: what a model writes is shown while it is written."""

    def __init__(self, listener: Listener) -> None:
        self.stage = listener.stage
        self.cancelled = listener.cancelled
        self._listener = listener

    def text(self, so_far: str) -> None:
        self._listener.text(sanitise.printable(so_far))


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1e3, 1)
