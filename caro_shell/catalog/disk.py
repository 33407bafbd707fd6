"""Where the models' files are on this disk, and which of them were found to be what the catalog says."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from caro_shell import paths
from caro_shell.catalog import Model
from caro_shell.errors import ModelDamaged, ModelMissing
from caro_shell.resources import resource


def pull_directory() -> str:
    """Return the directory that fetched models go to, whether or not it exists."""
    return os.path.join(paths.home(), "models")


def locate(model: Model) -> str:
    """Return the path of the model's file: the user's own copy, or else the installation's.

    Raises ModelMissing when there is none, ModelDamaged when there is one of the wrong size.
    """
    damaged = ""
    for directory in _directories():
        # An absolute `model.file` replaces the directory.
        path = os.path.join(directory, model.file)
        try:
            size = os.path.getsize(path)
        except OSError:
            continue
        if size == model.size:
            return path
        damaged = damaged or f"{path} is damaged ({size} bytes instead of {model.size})"
    if damaged:
        raise ModelDamaged(f"{damaged}; fetch it again with: caro model pull {model.id}")
    raise ModelMissing(f"the model {model.id} is not on this disk; fetch it with: caro model pull {model.id}")


def _directories() -> tuple[str, ...]:
    return (
        pull_directory(),
        os.path.dirname(resource("models", "catalog.toml")),
        os.path.join(sys.prefix, "models"),
    )


def verified(path: str, model: Model) -> bool:
    """Say whether the file at `path` was found to have the model's SHA-256 and was not touched since.

    Reads the record that `mark_verified` left beside it. False for a model without a known hash.
    """
    try:
        with open(_record(path), encoding="utf-8") as file:
            return bool(model.sha256) and json.load(file) == _fingerprint(path, model)
    except (OSError, ValueError):
        return False


def weights(model: Model, path: str) -> tuple[object, ...]:
    """Return what tells the weights at `path` from others: the hash if checked, else name and stamp."""
    if verified(path, model):
        return (model.sha256,)
    entry = os.stat(path)
    return (path, entry.st_size, entry.st_mtime_ns)


def mark_verified(path: str, model: Model) -> None:
    """Record that the file at `path` has the model's SHA-256; silently not, where nothing can be written."""
    try:
        with open(_record(path), "w", encoding="utf-8") as file:
            json.dump(_fingerprint(path, model), file)
    except OSError:
        unmark_verified(path)


def unmark_verified(path: str) -> None:
    """Forget what `mark_verified` recorded about the file at `path`."""
    try:
        os.unlink(_record(path))
    except OSError:
        return


def _record(path: str) -> str:
    return path + ".verified"


def _fingerprint(path: str, model: Model) -> dict[str, Any]:
    entry = os.stat(path)
    return {"sha256": model.sha256, "size": entry.st_size, "mtime_ns": entry.st_mtime_ns}
