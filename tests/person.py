"""Who waits for an answer in a test."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence


class Person:
    """A `Listener` that notes what it hears, and is cancelled when told so.

    It leaves once the event `leaves` is set, or after being asked `patience` times whether it is still there;
    its environment is `env`.
    """

    def __init__(
        self,
        *,
        leaves: threading.Event | None = None,
        patience: int | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.stages: list[str] = []
        self.texts: list[str] = []
        self.asked: list[str] = []  # the names of environment variables
        self.stage = self.stages.append
        self.text = self.texts.append
        self._leaves = leaves or threading.Event()
        self._patience = patience
        self._env = env or {}

    def cancelled(self) -> bool:
        if self._patience is not None:
            self._patience -= 1
            return self._patience < 0
        return self._leaves.is_set()

    def environment(self, names: Sequence[str]) -> dict[str, str]:
        self.asked += names
        return {name: self._env[name] for name in names if name in self._env}
