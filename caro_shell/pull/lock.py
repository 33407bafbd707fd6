"""One pull of a model at a time."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable

from caro_shell.catalog import locking
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
        descriptor = locking.acquire(path, waiting)
    except OSError as error:
        raise PullError(
            f"{os.path.dirname(path)} cannot be written ({error.strerror}); "
            "see to that, or set CARO_HOME to a directory of yours"
        ) from error
    try:
        yield
    finally:
        locking.release(path, descriptor)
