"""What the backends that ask a server have in common, with a sentence for each way to fail."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Callable, NamedTuple

from caro_shell.backends import Completion, Draft, Listener
from caro_shell.backends.remote.aside import drafts
from caro_shell.backends.remote.failures import Failures, listed, particulars
from caro_shell.backends.remote.jsonlines import Object, complaint
from caro_shell.backends.remote.stream import spoken
from caro_shell.config import Config
from caro_shell.errors import HttpStatus, RemoteError, RemoteMalformed
from caro_shell.prompt import Prompt
from caro_shell.transport.endpoint import Endpoint
from caro_shell.transport.http import Http
from caro_shell.transport.refusal import hidden

#: How free the alternatives are, each with a seed of its own.
ALTERNATIVES_TEMPERATURE, ALTERNATIVES_SEEDS = 0.8, (1, 2, 3)

#: Seconds for what is asked of a server beside the answer itself.
ASIDE_S = 2.0


class Sampling(NamedTuple):
    """How the tokens of one answer are chosen; a temperature of 0 always takes the likeliest."""

    temperature: float
    seed: int


class Server:
    """A backend whose model is behind HTTP; how its server is spoken to is left to a subclass."""

    name: str
    #: The model that is asked for; empty until it is found out when the person has named none.
    model: str

    FAILURES: Failures

    def __init__(
        self, config: Config, env: Mapping[str, str], *, url: str, model: str, key: str = ""
    ) -> None:
        self.endpoint = Endpoint(
            url=url,
            key=key,
            verify=config.verify,
            ca_bundle=config.ca_bundle,
            connect_timeout_s=config.connect_timeout_s,
            timeout_s=config.timeout_s,
            env=env,
        )
        self.model = self._named = model
        self._config = config
        self._http = Http(self.endpoint)
        # Whether a conversation is all that the model is good for, as it turned out.
        self._only_chats = False

    def prepare(self, prompt: Prompt, listener: Listener) -> None:
        """Do nothing: no server is asked before a person asks."""

    def complete(self, prompt: Prompt, listener: Listener) -> Completion:
        """Answer `prompt`; see `Backend.complete`. Raises RemoteError or Cancelled."""
        return self._complete(prompt, Sampling(self._config.temperature, seed=0), listener)

    def alternatives(self, prompt: Prompt) -> Iterator[Draft]:
        """Write other answers to `prompt`, sampled; see `Backend.alternatives`. Raises RemoteError."""
        for seed in ALTERNATIVES_SEEDS:
            yield from drafts(partial(self._complete, prompt, Sampling(ALTERNATIVES_TEMPERATURE, seed)))

    def improve(self, listener: Listener) -> None:
        """Do nothing, as above."""

    def check(self, limit_s: float | None = None) -> list[str]:
        """Return the names of the server's models; within `limit_s` seconds, if given. Raises RemoteError."""
        with self._explained(lambda: False):
            return self._names(limit_s, lambda: False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # -- what a subclass knows

    def _answer(self, prompt: Prompt, sampling: Sampling, listener: Listener) -> Completion:
        """Ask for an answer. Raises RemoteError or Cancelled."""
        raise NotImplementedError

    def _names(self, limit_s: float | None, cancelled: Callable[[], bool]) -> list[str]:
        """Return the names of all models that there are. Raises RemoteError or Cancelled."""
        raise NotImplementedError

    def _facts(self) -> dict[str, str]:
        """Return what else the sentences name."""
        raise NotImplementedError

    # -- what it has of this class

    def _look_up(self, path: str, limit_s: float | None, cancelled: Callable[[], bool]) -> Object:
        """Return the object at `path`, which only the right server has. Raises RemoteError or Cancelled."""
        try:
            return self._http.get(path, limit_s=limit_s, cancelled=cancelled)
        except RemoteMalformed as error:
            raise self._wrong_server() from error

    def _wrong_server(self) -> RemoteMalformed:
        return RemoteMalformed(self._filled(self.FAILURES.wrong_server))

    def _failed_midway(self, found: Object) -> HttpStatus:
        """Return the error for an answer that began well and now says what is `found`."""
        where, detail = self.endpoint.where, hidden(complaint(found), self.endpoint)
        return HttpStatus(f"{where} broke off its answer ({detail}); its log may say why", 500, detail)

    # --

    def _complete(self, prompt: Prompt, sampling: Sampling, listener: Listener) -> Completion:
        listener.stage(f"waiting for {self.name}")
        with self._explained(listener.cancelled):
            answer = self._answer(prompt, sampling, listener)
        if not spoken(answer.text) and answer.generated_tokens >= self._config.max_tokens:
            raise RemoteError(
                f"{self.model} thinks for longer than generation.max_tokens; raise it, or take another model"
            )
        return answer

    @contextlib.contextmanager
    def _explained(self, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Give the errors of HTTP the sentences of this backend, for which it may be asked what it has."""
        try:
            yield
        except RemoteError as error:
            sentence = self.FAILURES.sentence(error, self.endpoint.where)
            if sentence:
                others = self._others(cancelled) if "{others}" in sentence else ""
                error.args = (self._filled(sentence, others=others, **particulars(error)),)
            if isinstance(error, HttpStatus) and error.status == 404:
                self.model, self._only_chats = self._named, False  # what was found before is gone
            raise

    def _filled(self, sentence: str, **facts: str) -> str:
        return sentence.format(where=self.endpoint.where, model=self.model, **self._facts(), **facts)

    def _others(self, cancelled: Callable[[], bool]) -> str:
        try:
            return listed(self._names(ASIDE_S, cancelled))
        except RemoteError:
            return ""
