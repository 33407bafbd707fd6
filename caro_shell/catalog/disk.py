"""Where the models' files are on this disk, and which of them were found to be what the catalog says.

A model is a file, or a directory of files in MLX form.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
from typing import Any

from caro_shell import paths
from caro_shell.catalog.model import Model
from caro_shell.errors import ModelDamaged, ModelMissing
from caro_shell.resources import resource

log = logging.getLogger("caro.models")


def pull_directory() -> str:
    """Return the directory that fetched models go to, whether or not it exists."""
    return os.path.join(paths.home(), "models")


def locate(model: Model) -> str:
    """Return the path of the model's file or directory: the user's own copy, or else the installation's.

    Raises ModelMissing when there is none, ModelDamaged when there is one that lacks something or has the
    wrong size.
    """
    damaged = ""
    for directory in _directories():
        # An absolute `model.file` replaces the directory.
        path = os.path.join(directory, model.file)
        if not os.path.exists(path):
            continue
        fault = _fault(path, model)
        if not fault:
            return path
        damaged = damaged or f"{path} is damaged ({fault})"
    again = f"caro model pull {model.id}"
    if os.path.isabs(model.file):
        if damaged:
            raise ModelDamaged(f"{damaged}; put the whole file there")
        raise ModelMissing(f"the model {model.id} is not at {model.file}; put the file there")
    if damaged:
        raise ModelDamaged(f"{damaged}; fetch it again with: {again}")
    raise ModelMissing(f"the model {model.id} is not on this disk; fetch it with: {again}")


def _directories() -> tuple[str, ...]:
    return (
        pull_directory(),
        os.path.dirname(resource("models", "catalog.toml")),
        os.path.join(sys.prefix, "models"),
    )


def _fault(path: str, model: Model) -> str:
    """Return what a look at the sizes shows to be wrong with the model at `path`, or nothing."""
    is_directory = os.path.isdir(path)
    if is_directory != (model.form == "mlx"):
        return "it is a directory" if is_directory else "it is no directory"
    if not is_directory:
        return _wrong_size(path, model.size)
    for file in model.files:
        fault = _wrong_size(os.path.join(path, file.name), file.size)
        if fault:
            return f"{file.name}: {fault}"
    try:
        names = os.listdir(path)
    except OSError as error:
        return str(error.strerror)
    if "config.json" not in names:
        return "it holds no config.json"
    return "" if any(name.endswith(".safetensors") for name in names) else "it holds no weights"


def _wrong_size(path: str, expected: int) -> str:
    """Say how the file at `path` differs from `expected` bytes, 0 for any number but none."""
    try:
        size = os.path.getsize(path)
    except OSError as error:
        return str(error.strerror)
    if expected:
        return "" if size == expected else f"{size} bytes instead of {expected}"
    return "" if size else "it is empty"


def bytes_of_part(model: Model) -> int:
    """Return how many bytes of the model a pull that was broken off has left."""
    try:
        return bytes_at(os.path.join(pull_directory(), model.file + ".part"))
    except OSError:
        return 0


def bytes_at(path: str) -> int:
    """Return the size of the file at `path`, or of all files in that directory. Raises OSError."""
    return _stamp(path)[0]


def _stamp(path: str) -> tuple[int, int]:
    """Return the bytes at `path` and its time of change (ns): of a directory, those of its files together."""
    if not os.path.isdir(path):
        entry = os.stat(path)
        return (entry.st_size, entry.st_mtime_ns)
    with os.scandir(path) as entries:
        stats = [entry.stat() for entry in entries]
    return (sum(s.st_size for s in stats), max((s.st_mtime_ns for s in stats), default=0))


def verified(path: str, model: Model) -> bool:
    """Say whether what is at `path` was found to have the model's SHA-256 and was not touched since.

    Reads the record that `mark_verified` left beside it. False for a model without a known hash.
    """
    try:
        with open(_record(path), encoding="utf-8") as file:
            return bool(model.sha256) and json.load(file) == _fingerprint(path, model)
    except (OSError, ValueError):
        return False


def adapter(model: Model) -> str:
    """Return the path of the adapter of `model`, nothing where it has none or the file is not there."""
    path = resource("models", model.adapter) if model.adapter else ""
    if path and not os.path.exists(path):
        log.warning("there is no %s; answers are less often right", path)
        return ""
    return path


def content_hash(path: str) -> str:
    """Return the SHA-256 of the file at `path`, "" for no path. Raises OSError."""
    if not path:
        return ""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def stamp(path: str) -> tuple[object, ...]:
    """Return what changes with the file at `path`: path, size and time; nothing for no path."""
    return (path, *_stamp(path)) if path else ()


def weights(model: Model, path: str) -> tuple[object, ...]:
    """Return what tells the weights at `path` from others: the hash if checked, else name and stamp."""
    if verified(path, model):
        return (model.sha256,)
    return stamp(path)


def mark_verified(path: str, model: Model) -> None:
    """Record that what is at `path` has the model's SHA-256; silently not, where nothing can be written."""
    try:
        with open(_record(path), "w", encoding="utf-8") as file:
            json.dump(_fingerprint(path, model), file)
    except OSError:
        unmark_verified(path)


def unmark_verified(path: str) -> None:
    """Forget what `mark_verified` recorded about `path`."""
    try:
        os.unlink(_record(path))
    except OSError:
        return


def _record(path: str) -> str:
    return path + ".verified"


def _fingerprint(path: str, model: Model) -> dict[str, Any]:
    size, mtime_ns = _stamp(path)
    return {"sha256": model.sha256, "size": size, "mtime_ns": mtime_ns}
