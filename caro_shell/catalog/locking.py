"""Locks that this person's processes hold against each other; the end of a process ends them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Callable


@contextmanager
def alone_in(directory: str) -> Iterator[None]:
    """Keep others who ask this from `directory` meanwhile; the lock is its own, so no file is left."""
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except OSError:  # where there is none, nobody writes into it
        yield
        return
    try:
        with suppress(OSError):  # a network's disk may have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def acquire(path: str, waiting: Callable[[], None]) -> int:
    """Return a descriptor that holds the lock of the file at `path`, which is made if need be.

    When another process holds it, `waiting` is called, and unless that raises, its end awaited. Raises
    OSError where the file cannot be made or locked.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor, waiting)
            if _is_at(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def release(path: str, descriptor: int) -> None:
    """Remove the file at `path` and let go of its lock, which `descriptor` holds."""
    # In this order, so that nobody's fresh lock file is removed.
    with suppress(OSError):
        os.unlink(path)
    os.close(descriptor)


def _lock(descriptor: int, waiting: Callable[[], None]) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting()
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _is_at(path: str, descriptor: int) -> bool:
    """Say whether `path` is still the file of `descriptor`: the last holder removed it."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
