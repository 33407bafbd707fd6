"""One pull of a model at a time."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Callable

from caro_shell.errors import PullError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def hold(path: str, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file at `path`, which exists only meanwhile.

    Its directory is made if need be. When another process holds the lock, `waiting` is called and
    then its end awaited. Raises PullError where the file cannot be made or locked.
    """
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        descriptor = _acquire(path, waiting)
    except OSError as error:
        raise PullError(
            f"{os.path.dirname(path)} cannot be written ({error.strerror}); "
            "see to that, or set CARO_HOME to a directory of yours"
        ) from error
    try:
        yield
    finally:
        # Before the lock goes, so that nobody's fresh lock file is removed.
        with suppress(OSError):
            os.unlink(path)
        os.close(descriptor)


def _acquire(path: str, waiting: Callable[[], None]) -> int:
    """Return a descriptor that holds the lock of the file at `path`."""
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
