"""The first command for a prompt: from the cache, or from the first backend that can give one."""

from __future__ import annotations

import logging
import sys
import time
from dataclasses import dataclass, replace
from typing import Any, Callable

from caro_shell import __version__, confidence, sanitise
from caro_shell.attempt import Target, Writer
from caro_shell.backends import Completion, Listener
from caro_shell.backends.selection import Selection, notice
from caro_shell.config import Config
from caro_shell.errors import BackendUnavailable, ModelError, NoCommandFound, RemoteError, for_log
from caro_shell.prompt import Prompt
from caro_shell.replycache import ReplyCache, entry_key

log = logging.getLogger("caro.answer")


@dataclass(frozen=True)
class Answer:
    """What was found.

    `said` are the fields of a reply that are kept in the cache under `key` ("" for none); `asked` is the name
    of the backend that said it. Without a `completion` it came from there. `opened` is the
    `time.monotonic()` at which the backend was open. `prompt` is what the command answers: with the
    objections to a first one, where there was one.
    """

    said: dict[str, Any]
    key: str
    asked: str
    opened: float
    prompt: Prompt
    completion: Completion | None = None
    fallback_from: str | None = None
    notices: tuple[str, ...] = ()


class Answers:
    """Finds answers."""

    def __init__(self, selection: Selection, identify: Callable[[Config], object]) -> None:
        self.cache = ReplyCache()
        self._selection = selection
        self._identify = identify

    def find(
        self,
        prompt: Prompt,
        shell: str,
        settings: Config,
        listener: Listener,
        *,
        platform: str = sys.platform,
    ) -> Answer:
        """Ask whom `settings` name, and the embedded model when a server fails. Raises CaroError.

        `prompt` asks for a command for `shell` on `platform`, as in `sys.platform`.
        """
        target = Target(shell, platform)
        name, *others = self._selection.candidates(settings, listener)
        try:
            return self._ask(name, prompt, target, settings, listener)
        except RemoteError as error:
            self._selection.failed(name, settings, error)
            if not others:
                raise
            failure = error
        kind = type(failure).__name__
        log.warning("backend fallback: %s -> %s: %s: %s", name, others[0], kind, for_log(failure))
        listener.stage(f"asking the {others[0]} model")  # in place of what the server has said so far
        try:
            found = self._ask(others[0], prompt, target, settings, listener)
        except (ModelError, BackendUnavailable):  # nobody can stand in: what to mend is the server
            self._selection.forget(name, settings)
            raise failure from None
        return replace(found, fallback_from=name, notices=(notice(name, failure), *found.notices))

    def _ask(self, name: str, prompt: Prompt, target: Target, settings: Config, listener: Listener) -> Answer:
        who = self._identify(replace(settings, backend=name))
        cached = settings.cache and who is not None
        key = entry_key(__version__, prompt, target, settings.retry, who) if cached else ""
        kept = self.cache.get(key) if key else None
        if kept is not None and _may_be_offered(kept):
            objections = tuple((command, said) for command, said in kept.pop("objections", ()))
            told = replace(prompt, objections=objections)
            return Answer(kept, key, name, time.monotonic(), told)
        backend = self._selection.open(name, settings, listener)
        opened = time.monotonic()
        found = Writer(backend, target, settings, listener).write(prompt)
        if name != "embedded":
            self._selection.answered(name, settings)
        answer, completion = found.answer, found.completion
        sure = confidence.of(completion.probabilities, len(found.findings))
        log.info("answered by %s (%s), read by %s", backend.name, backend.model, answer.reader)
        said = {
            "command": answer.command,
            "explanation": answer.explanation,
            "confidence": answer.confidence if sure is None else sure,
            "shell": target.shell,
            "backend": backend.name,
            "model": backend.model,
            "checks": [finding._asdict() for finding in found.findings],
        }
        if completion.notices:
            key = ""  # another model stood in: that is not to be given again when this one is back
        if key:
            self.cache.put(key, {**said, "objections": found.prompt.objections})
        return Answer(said, key, name, opened, found.prompt, completion, notices=completion.notices)


def _may_be_offered(kept: dict[str, Any]) -> bool:
    """Say whether commands from the cache are such as may reach a line: its file may have been changed."""
    try:
        for command in (kept["command"], *kept.get("alternatives", ())):
            sanitise.command(command)
    except (NoCommandFound, LookupError, TypeError, AttributeError):
        log.warning("an answer that was kept may not be offered; it is asked for anew")
        return False
    return True
