"""Taking a model off the disk, with what pulls and conversions that were killed have left of it there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from caro_shell.catalog import disk, locking
from caro_shell.catalog.model import Model
from caro_shell.errors import ModelError

#: What stands beside a model's file or directory while it is pulled, and afterwards.
_BESIDE = (".part", ".part.etag", ".wheels", ".verified")


def remove(model: Model) -> list[str]:
    """Remove the model and all that belongs to it from the directory of pulls; return the paths removed.

    Nothing elsewhere is touched: not a file that a person named by its path, nor an installation's. A pull of
    the model that begins meanwhile waits. Raises ModelError while one runs, or for what cannot be removed.
    """
    if os.path.isabs(model.file):
        return []
    path = os.path.join(disk.pull_directory(), model.file)
    with _alone(path + ".lock", model):
        # The record first: should this be broken off, nothing half removed passes for verified.
        doomed = [path + ending for ending in reversed(_BESIDE)] + [path]
        removed = [each for each in doomed if os.path.lexists(each)]
        for each in removed:
            _drop(each)
    return sorted(removed)


@contextmanager
def _alone(path: str, model: Model) -> Iterator[None]:
    """Hold the lock of pulls of `model`, at `path`, which goes at the end, also one that a kill has left."""

    def refuse() -> None:
        raise ModelError(f"a pull of {model.id} is running; end it first, or wait for it")

    try:
        descriptor = locking.acquire(path, refuse)
    except OSError:  # nothing can be written there, nor pulled; what cannot be removed is told by `_drop`
        descriptor = -1
    try:
        yield
    finally:
        if descriptor >= 0:
            locking.release(path, descriptor)


def _drop(path: str) -> None:
    try:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be removed ({error.strerror}); see to its permissions") from error
