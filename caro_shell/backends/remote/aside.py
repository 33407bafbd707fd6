"""An answer written in a thread of its own: whoever waits for it may do something else, or leave."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from typing import Callable

from caro_shell.backends import Completion, Draft, Listener

#: Seconds between two drafts while the answer is awaited.
LOOK_S = 0.05


def drafts(write: Callable[[Listener], Completion]) -> Iterator[Draft]:
    """Yield what `write` has written so far, again and again, and at last the whole answer.

    `write` goes on while nobody asks for a draft, and is cancelled when the iterator is closed or dropped.
    Raises what `write` raises.
    """
    listener, answer = _Aside(), Future[Completion]()
    threading.Thread(target=_run, args=(write, listener, answer), daemon=True).start()
    try:
        while not wait([answer], LOOK_S).done:
            yield Draft(listener.so_far, finished=False)
        yield Draft(answer.result().text, finished=True)
    finally:
        listener.left.set()


def _run(write: Callable[[Listener], Completion], listener: Listener, answer: Future[Completion]) -> None:
    try:
        answer.set_result(write(listener))
    except BaseException as error:  # noqa: BLE001 - it is raised where the answer is awaited
        answer.set_exception(error)


class _Aside:
    """A listener that notes what it hears, for another thread."""

    def __init__(self) -> None:
        self.so_far = ""
        self.left = threading.Event()
        self.cancelled = self.left.is_set

    def stage(self, what: str) -> None:
        """Hear nothing of it: an alternative is shown once it begins."""

    def text(self, so_far: str) -> None:
        self.so_far = so_far

    def environment(self, names: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG002 - it has no person
        return {}
