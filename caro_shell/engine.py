"""The use case: a line in, one command out, and others on request. Knows neither sockets nor terminals."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Callable, NamedTuple

from caro_shell import check, config, paths, sanitise
from caro_shell.answer import Answer, Answers
from caro_shell.backends import Backend, Listener, identity, open_backend
from caro_shell.backends.selection import Selection
from caro_shell.bank import Bank
from caro_shell.config import Config
from caro_shell.errors import BackendError, CaroError
from caro_shell.measured import Meter
from caro_shell.mending import mended
from caro_shell.prompt import SHELLS, Prompt, make_prompt
from caro_shell.reply import Offer, Reply, Request, Timings
from caro_shell.rounds import Round, Rounds

log = logging.getLogger("caro.engine")


class Turn(NamedTuple):
    """What comes on a line that still holds our command: another one, or at last the words again."""

    line: str
    notice: str = ""


class Engine:
    """Answers requests. A backend is opened when first needed, and again when its settings change."""

    def __init__(
        self,
        opener: Callable[[Config, Mapping[str, str]], Backend] = open_backend,
        identify: Callable[[Config], object] = identity,
    ) -> None:
        self._selection = Selection(opener)
        self._answers = Answers(self._selection, identify)
        self._bank = Bank()
        self._rounds = Rounds()
        self._meter = Meter()
        self._judge_is_warm = False
        self.config = config.load(paths.config_file(), env={})

    def rewrite(self, request: Request, listener: Listener, *, asked: float) -> Reply:
        """Turn `request.line` into a command; `asked` is the `time.monotonic()` of its arrival.

        Raises CaroError: NoCommandFound, ModelMissing, BackendError, Cancelled ...
        """
        shell, prompt = _read(request)
        settings = self._settings(request)
        began = time.monotonic()
        self._warm_judge()
        prompt = self._bank.beside(prompt, shell, request.platform, settings.examples)
        found = self._answers.find(prompt, shell, settings, _Gate(listener), platform=request.platform)
        timings = _timings(found, asked, began)
        log.info("%s", timings)
        others, sought = found.said.pop("alternatives", ()), found.said.pop("sought", 0)
        wanted = max(request.count, 1 + settings.alternatives)
        this = Round(
            words=request.line,
            prompt=found.prompt,
            shell=shell,
            backend=found.asked,
            model=found.said["model"],
            key=found.key,
            commands=[found.said["command"], *others],
            wanted=wanted,
            fits=lambda command: _fits(command, prompt.request, shell, request.platform),
            mend=lru_cache(lambda command: mended(command, prompt.request, request.cwd)),
            offer=lru_cache(lambda command: _offer(command, shell, settings.safety, request.cwd)),
            complete=wanted <= sought,
        )
        if request.session:
            self._rounds.begin(request.session, this)
        while len(this.commands) < request.count and not this.complete:
            self._write(this, self._selection.open(this.backend, settings, listener), listener)
        first, *others = [this.mend(command) for command in this.commands[: request.count]]
        reply = Reply(
            **{**found.said, "command": first},
            timings=timings,
            offers=[this.offer(command) for command in (first, *others)],
            cached=found.completion is None,
            fallback_from=found.fallback_from,
            alternatives=tuple(others),
            notices=(*settings.notices, *found.notices),
        )
        self._meter.add(reply)
        return reply

    def another(self, request: Request, listener: Listener) -> Turn | None:
        """Return what comes next on a line that is as this session's last answer left it, else None.

        Raises CaroError as `rewrite` does.
        """
        this = self._rounds.of(request.session, request.line)
        if this is None:
            return None
        settings = self._settings(request)
        if this.backend not in ("embedded", settings.backend) and settings.backend != "auto":
            this.complete = True  # a server that is no longer wanted is told nothing more
        while len(this.commands) <= this.shown + 1 and not this.complete:
            self._write(this, self._selection.open(this.backend, settings, listener), listener)
        if this.shown + 1 < len(this.commands):
            this.shown += 1
            return Turn(this.offered.line, this.offered.note)
        return Turn(this.words, "" if this.shown else "no other command comes to mind; here are your words")

    def idle(self, listener: Listener) -> None:
        """Use the time until the next request: note the speed, write the other commands, become faster.

        Only with the local model, if it is open: nobody asked a server for more. Raises Cancelled when the
        listener says that there is something else to do.
        """
        self._meter.keep()
        this, backend = self._rounds.unfinished(), self._selection.opened(remote=False)
        if backend is None:
            return
        if this is not None and this.backend == "embedded":
            while not this.complete:
                self._write(this, backend, listener)
        backend.improve(listener)

    def prepare(self, shell: str, listener: Listener) -> None:
        """Open the local model and let it read what all requests of `shell` begin with. Raises CaroError."""
        settings = self.config = config.load(paths.config_file(), env={})
        self._warm_judge()
        self._bank.open()
        self._selection.open("embedded", settings, listener).prepare(make_prompt("", shell), listener)

    def _warm_judge(self) -> None:
        """Let a thread read the rules for risks, 40 ms, while a model is loaded or writes."""
        if not self._judge_is_warm:
            self._judge_is_warm = True
            threading.Thread(target=_offer, args=("true", "bash", "normal", ""), daemon=True).start()

    def release(self) -> None:
        """Give back the model's memory; the next request opens it again."""
        self._rounds.stop_writing()
        self._selection.release()

    @property
    def model(self) -> str:
        """The name of the model in memory, or ""."""
        backend = self._selection.opened(remote=False)
        return backend.model if backend is not None else ""

    def _settings(self, request: Request) -> Config:
        self.config = config.load(paths.config_file(), env=request.env, flags=request.flags)
        return self.config

    def _write(self, this: Round, backend: Backend, listener: Listener) -> None:
        """Add one more command to `this` round, or find that there is none, or another model by now."""
        if backend.model != this.model:
            this.complete = True
            return
        if this.drafts is None or this.writer is not backend:
            this.drafts, this.writer = backend.alternatives(this.prompt), backend
        try:
            this.write(_Gate(listener))
        except BackendError:
            this.drafts = None  # it has ended there, but not because there was no more to come
            raise
        if this.complete and this.key:
            self._answers.cache.add(this.key, {"alternatives": this.commands[1:], "sought": this.wanted})


class _Gate:
    """A listener that hears only printable text: what a model writes is shown while it is written."""

    def __init__(self, listener: Listener) -> None:
        self.stage = listener.stage
        self.cancelled = listener.cancelled
        self.environment = listener.environment
        self._listener = listener

    def text(self, so_far: str) -> None:
        self._listener.text(sanitise.printable(so_far[: sanitise.LONGEST]))


def _read(request: Request) -> tuple[str, Prompt]:
    """Return the shell to write for, and what to tell the model. Raises CaroError for an empty line."""
    shell = request.shell if request.shell in SHELLS else "bash"
    prompt = make_prompt(request.line, shell, request.platform)
    if not prompt.request:
        raise CaroError("there is nothing to rewrite yet: say what you want in plain words")
    return shell, prompt


def _fits(command: str, words: str, shell: str, platform: str) -> bool:
    """Say whether another `command` can be read, and has options that there are."""
    found = check.findings(command, words, shell, platform)
    return not any(finding.kind in ("syntax", "option") for finding in found)


def _offer(command: str, shell: str, mode: str, cwd: str) -> Offer:
    """Return how `command` is put on a line of `shell` in `cwd`; `mode` is the setting safety.level."""
    try:
        from caro_shell import offering  # noqa: PLC0415 - brings the rules for risks and a parser: see _warm_judge
    except ImportError:
        log.exception("commands cannot be judged")
        return Offer(
            command, "" if mode == "off" else "unknown: caro cannot judge its risk; run install.sh again"
        )
    return offering.judged(command, shell, mode, cwd)


def _timings(found: Answer, asked: float, began: float) -> Timings:
    now, done = time.monotonic(), found.completion
    if done is None:
        return Timings(total_ms=_ms(asked, now), queue_ms=_ms(asked, began))
    return Timings(
        total_ms=_ms(asked, now),
        queue_ms=_ms(asked, began),
        load_ms=_ms(began, found.opened),
        prefill_ms=round(done.prefill_ms, 1),
        decode_ms=round(done.decode_ms, 1),
        prompt_tokens=done.prompt_tokens,
        cached_tokens=done.cached_tokens,
        generated_tokens=done.generated_tokens,
    )


def _ms(start: float, end: float) -> float:
    return round((end - start) * 1e3, 1)
