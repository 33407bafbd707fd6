"""The use case: a person's line in, one command out. Knows neither sockets nor terminals."""

from __future__ import annotations

import logging
import time
from typing import Any, Callable, NamedTuple

from caro_shell import __version__, config, parse, paths, sanitise
from caro_shell.backends import Backend, Listener, identity, open_backend
from caro_shell.config import Config
from caro_shell.errors import CaroError
from caro_shell.prompt import SHELLS, Prompt, make_prompt
from caro_shell.reply import Reply, Request, Timings
from caro_shell.replycache import ReplyCache, entry_key
from caro_shell.rounds import Round, Rounds

log = logging.getLogger("caro.engine")


class Turn(NamedTuple):
    """What comes on a line that still holds our command: another one, or at last the words again."""

    line: str
    notice: str = ""


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
        self._rounds = Rounds()
        self._backend: Backend | None = None
        self._opened_for: object = None
        self.config = config.load(paths.config_file(), env={})

    def rewrite(self, request: Request, listener: Listener, *, asked: float) -> Reply:
        """Turn `request.line` into a command; `asked` is the `time.monotonic()` of its arrival.

        Raises CaroError: NoCommandFound, ModelMissing, BackendError, Cancelled ...
        """
        began = time.monotonic()
        shell, prompt = _read(request)
        settings = self.config = config.load(paths.config_file(), env=request.env, flags=request.flags)
        key = entry_key(__version__, prompt, shell, self._identify(settings))
        said = self._cache.get(key) if settings.cache else None
        cached = said is not None
        if said is None:
            said, timings = self._complete(prompt, shell, settings, listener, (asked, began))
            if settings.cache:
                self._cache.put(key, said)
        else:
            timings = Timings(total_ms=_ms(asked, time.monotonic()), queue_ms=_ms(asked, began))
        others = said.pop("alternatives", None)
        wanted = max(request.count, 1 + settings.alternatives)
        this = Round(
            words=request.line,
            prompt=prompt,
            shell=shell,
            key=key if settings.cache else "",
            commands=[said["command"], *(others or ())],
            wanted=wanted,
            complete=others is not None and wanted <= 1 + settings.alternatives,
        )
        if request.session:
            self._rounds.begin(request.session, this)
        while len(this.commands) < request.count and not this.complete:
            self._write(this, settings, listener)
        return Reply(
            **said,
            timings=timings,
            cached=cached,
            alternatives=tuple(this.commands[1 : request.count]),
            notices=settings.notices,
        )

    def another(self, request: Request, listener: Listener) -> Turn | None:
        """Return what comes next on a line that is as this session's last answer left it, else None.

        Raises CaroError as `rewrite` does.
        """
        this = self._rounds.of(request.session, request.line)
        if this is None:
            return None
        settings = self.config = config.load(paths.config_file(), env=request.env, flags=request.flags)
        while len(this.commands) <= this.shown + 1 and not this.complete:
            self._write(this, settings, listener)
        if this.shown + 1 < len(this.commands):
            this.shown += 1
            return Turn(this.line)
        self._rounds.end(request.session)
        return Turn(this.words, "" if this.shown else "no other command comes to mind; here are your words")

    def idle(self, listener: Listener) -> None:
        """Use the time until the next request: write the other commands for the last one.

        Raises Cancelled when the listener says that there is something else to do.
        """
        this = self._rounds.unfinished()
        while this is not None and self._backend is not None and not this.complete:
            self._write(this, None, listener)

    def prepare(self, shell: str, listener: Listener) -> None:
        """Open the backend and let it read what all requests of `shell` begin with. Raises CaroError."""
        settings = self.config = config.load(paths.config_file(), env={})
        self._open(settings, listener).prepare(make_prompt("", shell), listener)

    def release(self) -> None:
        """Give back the model's memory; the next request opens it again."""
        if self._backend is not None:
            log.info("releasing %s", self._backend.model)
            self._rounds.stop_writing()
            self._backend.close()
            self._backend = None

    @property
    def model(self) -> str:
        """The name of the model in memory, or ""."""
        return self._backend.model if self._backend is not None else ""

    def _complete(
        self, prompt: Prompt, shell: str, settings: Config, listener: Listener, since: tuple[float, float]
    ) -> tuple[dict[str, Any], Timings]:
        """Let the backend answer; return what is said of the command, and the times since two moments."""
        asked, began = since
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
        said = {
            "command": answer.command,
            "explanation": answer.explanation,
            "confidence": answer.confidence,
            "shell": shell,
            "backend": backend.name,
            "model": backend.model,
        }
        return said, timings

    def _write(self, this: Round, settings: Config | None, listener: Listener) -> None:
        """Add one more command to `this` round, or find that there is none."""
        backend = self._open(settings, listener) if settings else self._backend
        if this.drafts is None and backend is not None:
            this.drafts = backend.alternatives(this.prompt)
        this.write(_Gate(listener))
        if this.complete and this.key:
            self._cache.add(this.key, {"alternatives": this.commands[1:]})

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


def _read(request: Request) -> tuple[str, Prompt]:
    """Return the shell to write for, and what to tell the model. Raises CaroError for an empty line."""
    shell = request.shell if request.shell in SHELLS else "bash"
    prompt = make_prompt(request.line, shell)
    if not prompt.request:
        raise CaroError("there is nothing to rewrite yet: say what you want in plain words")
    return shell, prompt


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1e3, 1)
