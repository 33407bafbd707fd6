"""MLX, and llama.cpp in its place for a while where that fails."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Callable

from caro_shell.backends import Backend, Completion, Draft, Listener
from caro_shell.backends.atwork import AtWork
from caro_shell.errors import BackendError, BackendUnavailable, MlxFailed, ModelError
from caro_shell.prompt import Prompt

log = logging.getLogger("caro.standin")

#: Seconds for which MLX is left alone after a failure.
LEFT_ALONE_S = 60.0

Opener = Callable[[], Backend]


class WithStandIn:
    """A backend that answers with another where it fails, and says so; see `Backend` for the contract.

    `first` opens the one that is to answer, `other` the one that stands in; one of them is open at a time,
    since two models may not fit in memory. `work` marks when the first is at work: on a GPU that runs out of
    memory MLX may end the process.
    """

    name = "embedded"

    def __init__(self, first: Opener, other: Opener, work: AtWork) -> None:
        self._first = first
        self._other = other
        self._work = work
        self._failed = -math.inf  # when, by `time.monotonic()`
        self._notice = ""
        self._backend: Backend | None = None
        self.model = self._open().model

    def prepare(self, prompt: Prompt, listener: Listener) -> None:
        """Prepare whoever is to answer; see `Backend.prepare`."""
        backend = self._open()
        try:
            with self._work.marked():
                backend.prepare(prompt, listener)
        except MlxFailed as error:
            self._stand_in(error, listener).prepare(prompt, listener)

    def complete(self, prompt: Prompt, listener: Listener) -> Completion:
        """Answer `prompt`; see `Backend.complete`. A stand-in's answer carries a notice."""
        backend = self._open()
        try:
            with self._work.marked():
                completion = backend.complete(prompt, listener)
        except MlxFailed as error:
            completion = self._stand_in(error, listener).complete(prompt, listener)
        return replace(completion, notices=(self._notice,)) if self._notice else completion

    def alternatives(self, prompt: Prompt) -> Iterator[Draft]:
        """Write other answers, with whoever gave the first; see `Backend.alternatives`.

        Where MLX fails there are no more: nobody waits, and the next request will see who answers it.
        """
        backend = self._now()
        drafts = backend.alternatives(prompt)
        while self._backend is backend:  # else another one has taken its place, and it is closed
            try:
                with self._work.marked():  # not while they are left for other work, perhaps for hours
                    draft = next(drafts, None)
            except MlxFailed as error:
                log.warning("there are no other answers: %s", error)
                return
            if draft is None:
                return
            yield draft

    def improve(self, listener: Listener) -> None:
        """Make later answers faster; see `Backend.improve`."""
        with self._work.marked():
            self._now().improve(listener)

    def close(self) -> None:
        """Give back the memory."""
        if self._backend is not None:
            self._backend.close()
        self._backend = None

    def _now(self) -> Backend:
        return self._backend or self._open()

    def _open(self) -> Backend:
        """Return the one that is to answer now, open."""
        again = self._notice and time.monotonic() > self._failed + LEFT_ALONE_S
        if self._backend is not None and not again:
            return self._backend
        self.close()
        self._notice = ""
        if self._work.was_fatal(within_s=LEFT_ALONE_S):
            return self._stand_in(MlxFailed("answering: it ended the process"))
        try:
            with self._work.marked():
                self._backend = self._first()
        except (BackendError, ModelError) as error:
            return self._stand_in(error)
        self.model = self._backend.model
        return self._backend

    def _stand_in(self, error: BackendError | ModelError, listener: Listener | None = None) -> Backend:
        """Open the other one because of `error`, which is raised where that cannot be opened either."""
        log.warning("MLX failed, llama.cpp stands in: %s: %s", type(error).__name__, error)
        if listener is not None:
            listener.stage("loading the model for the processor")
        self.close()
        try:
            self._backend = self._other()
        except (ModelError, BackendUnavailable):  # nobody can stand in: what to mend is the first
            raise error from None
        self.model = self._backend.model
        self._failed = time.monotonic()
        what = f"MLX failed while {error.cause}" if isinstance(error, MlxFailed) else str(error)
        self._notice = f"{what}; used llama.cpp on the processor"
        return self._backend
