"""Work that is not waited for longer than it may take: a look at a file system that may not answer."""

from __future__ import annotations

import threading
from typing import Callable, TypeVar

T = TypeVar("T")


def within(limit_s: float, work: Callable[[], T], otherwise: T) -> T:
    """Return what `work` returns, or `otherwise` where that takes longer than `limit_s` seconds.

    The work goes on in a thread of its own, until it ends. Raises what it raises in time.
    """
    found: list[T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception as error:  # noqa: BLE001 - it is the caller's
            failed.append(error)

    thread = threading.Thread(target=run, name="timebox", daemon=True)
    thread.start()
    thread.join(limit_s)
    if failed:
        raise failed[0]
    return found[0] if found else otherwise
