"""Taking a model off the disk, and what pulls and conversions that were killed have left there."""

from __future__ import annotations

import fcntl
import os
import shutil

from caro_shell.catalog import converted, disk
from caro_shell.catalog.model import Model
from caro_shell.errors import ModelError

#: What stands beside a model's file or directory while it is pulled, and afterwards.
_BESIDE = (".part", ".part.etag", ".wheels", ".verified", ".lock")


def remove(model: Model) -> list[str]:
    """Remove the model and all that belongs to it from the directory of pulls; return the paths removed.

    Nothing elsewhere is touched: not a file that a person named by its path, nor an installation's. Raises
    ModelError while a pull of the model runs, or for what cannot be removed.
    """
    if os.path.isabs(model.file):
        return []
    path = os.path.join(disk.pull_directory(), model.file)
    _refuse_while_pulled(path + ".lock", model)
    # The record first: should this be broken off, nothing half removed passes for verified.
    doomed = [path + ending for ending in reversed(_BESIDE)] + [path]
    removed = [each for each in doomed if os.path.lexists(each)]
    for each in removed:
        _drop(each)
    return sorted(removed)


def _refuse_while_pulled(path: str, model: Model) -> None:
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ModelError(f"a pull of {model.id} is running; end it first, or wait for it") from error
    except OSError:
        return


def _drop(path: str) -> None:
    try:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be removed ({error.strerror}); see to its permissions") from error


def leftovers() -> list[str]:
    """Return the paths in the directory of pulls that belong to no model that is there: parts and the like.

    A part is of use to the next pull of its model; the others only take room.
    """
    directory = disk.pull_directory()
    try:
        names = set(os.listdir(directory))
    except OSError:
        return []
    return [os.path.join(directory, name) for name in sorted(names) if _is_left(directory, name, names)]


def _is_left(directory: str, name: str, names: set[str]) -> bool:
    stem, ending = os.path.splitext(name)
    if ending == ".verified":
        return stem not in names
    if name.endswith(converted.SUFFIX):
        return not os.path.exists(os.path.join(directory, name, converted.DESCRIPTION))
    return name.endswith(_BESIDE)
