"""The first command for a prompt: from the cache, or from the first backend that can give one."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import Any, Callable

from caro_shell import __version__, parse
from caro_shell.backends import Completion, Listener
from caro_shell.backends.selection import Selection, notice
from caro_shell.config import Config
from caro_shell.errors import BackendUnavailable, ModelError, NoCommandFound, RemoteError
from caro_shell.prompt import Prompt
from caro_shell.replycache import ReplyCache, entry_key

log = logging.getLogger("caro.answer")


@dataclass(frozen=True)
class Answer:
    """What was found.

    `said` are the fields of a reply that are kept in the cache under `key` ("" for none); `asked` is the name
    of the backend that said it. Without a `completion` it came from there. `opened` is the
    `time.monotonic()` at which the backend was open.
    """

    said: dict[str, Any]
    key: str
    asked: str
    opened: float
    completion: Completion | None = None
    fallback_from: str | None = None
    notices: tuple[str, ...] = ()


class Answers:
    """Finds answers."""

    def __init__(self, selection: Selection, identify: Callable[[Config], object]) -> None:
        self.cache = ReplyCache()
        self._selection = selection
        self._identify = identify

    def find(self, prompt: Prompt, shell: str, settings: Config, listener: Listener) -> Answer:
        """Ask whom `settings` name, and the embedded model when a server fails. Raises CaroError."""
        name, *others = self._selection.candidates(settings, listener)
        try:
            return self._ask(name, prompt, shell, settings, listener)
        except RemoteError as error:
            self._selection.failed(name, settings, error)
            if not others:
                raise
            failure = error
        log.warning("backend fallback: %s -> %s: %s: %s", name, others[0], type(failure).__name__, failure)
        listener.stage(f"asking the {others[0]} model")  # in place of what the server has said so far
        try:
            found = self._ask(others[0], prompt, shell, settings, listener)
        except (ModelError, BackendUnavailable):  # nobody can stand in: what to mend is the server
            self._selection.forget(name, settings)
            raise failure from None
        return replace(found, fallback_from=name, notices=(notice(name, failure), *found.notices))

    def _ask(self, name: str, prompt: Prompt, shell: str, settings: Config, listener: Listener) -> Answer:
        who = self._identify(replace(settings, backend=name))
        key = entry_key(__version__, prompt, shell, who) if settings.cache and who is not None else ""
        kept = self.cache.get(key) if key else None
        if kept is not None:
            return Answer(kept, key, name, time.monotonic())
        backend = self._selection.open(name, settings, listener)
        opened = time.monotonic()
        completion = backend.complete(prompt, listener)
        if name != "embedded":
            self._selection.answered(name, settings)
        answer = parse.read_answer(completion.text, shell)
        if completion.generated_tokens >= settings.max_tokens and _ends_with(completion.text, answer.command):
            raise NoCommandFound(
                f"the command was cut off after {settings.max_tokens} tokens; ask for less at once, "
                "or raise generation.max_tokens"
            )
        log.info("answered by %s (%s), read by %s", backend.name, backend.model, answer.reader)
        said = {
            "command": answer.command,
            "explanation": answer.explanation,
            "confidence": answer.confidence,
            "shell": shell,
            "backend": backend.name,
            "model": backend.model,
        }
        if completion.notices:
            key = ""  # another model stood in: that is not to be given again when this one is back
        if key:
            self.cache.put(key, said)
        return Answer(said, key, name, opened, completion, notices=completion.notices)


def _ends_with(text: str, command: str) -> bool:
    """Say whether nothing stands in `text` behind `command`, however that was tidied."""
    return "".join(text.split()).endswith("".join(command.split())[-12:])
