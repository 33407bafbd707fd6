"""The models caro knows. Where their files are is `catalog.disk`, which one answers `catalog.wanted`."""

from __future__ import annotations

import difflib
import os
from dataclasses import replace
from typing import Any, NamedTuple

import tomli

from caro_shell import paths
from caro_shell.catalog import converted, own, pins
from caro_shell.catalog.model import File, HttpsSource, HubSource, Model, PipSource, Source
from caro_shell.catalog.tables import model_of
from caro_shell.errors import ModelError
from caro_shell.resources import resource

__all__ = [
    "File",
    "HttpsSource",
    "HubSource",
    "Model",
    "PipSource",
    "Source",
    "find",
    "load_catalog",
    "problems",
]

#: What tells whether a file is still the one that was read.
_Stamp = tuple[object, ...]


class _Known(NamedTuple):
    """What was found when the files had these `stamps`."""

    stamps: tuple[_Stamp, ...]
    models: dict[str, Model]
    problems: tuple[str, ...]


_known = _Known((), {}, ())


def load_catalog() -> dict[str, Model]:
    """Return the models by their id: those of caro's catalog in its order, the person's own, the converted.

    Asked for on each key press, and so kept until one of the files changes. Raises ModelError when the
    catalog that comes with caro is unusable; what is wrong elsewhere is told by `problems`.
    """
    return dict(_current().models)


def problems() -> tuple[str, ...]:
    """Return a sentence for each entry or file of the person's own that had to be left out."""
    return _current().problems


def _current() -> _Known:
    global _known  # noqa: PLW0603  # one catalog for the process
    catalog = resource("models", "catalog.toml")
    descriptions = converted.descriptions()
    stamps = tuple(map(_stamp, (catalog, paths.models_file(), pins.path(), *descriptions)))
    if stamps != _known.stamps:
        _known = _read(stamps, catalog, descriptions)
    return _known


def _stamp(path: str) -> _Stamp:
    try:
        entry = os.stat(path)
    except OSError as error:
        return (path, error.errno)
    return (path, entry.st_ino, entry.st_size, entry.st_mtime_ns, entry.st_ctime_ns)


def _read(stamps: tuple[_Stamp, ...], catalog: str, descriptions: list[str]) -> _Known:
    shipped = _shipped(catalog)
    found, wrong = own.read(shipped)
    models = {**shipped, **{model.id: model for model in found}}
    for description in descriptions:
        made = converted.read(description)
        if isinstance(made, str):
            wrong.append(made)
        else:
            models.setdefault(made.id, made)
    try:
        for model_id, pin in pins.read().items():
            if model_id in models and not models[model_id].sha256:
                models[model_id] = pin.of(models[model_id])
    except ModelError as error:
        wrong.append(str(error))
    return _Known(stamps, models, tuple(wrong))


def _shipped(path: str) -> dict[str, Model]:
    try:
        with open(path, "rb") as file:
            models = [_with_adapter(table) for table in tomli.load(file)["model"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"the catalog {path} cannot be used ({error}); install caro again") from error
    return {model.id: model for model in models}


def _with_adapter(table: dict[str, Any]) -> Model:
    adapter = table.pop("adapter", "")
    return replace(model_of(table), adapter=adapter, shipped=True)


def find(name: str) -> Model:
    """Return the model called `name`: an id or short name of the catalog, or the path of a .gguf file.

    Raises ModelError when it is neither.
    """
    known = load_catalog()
    for model in known.values():
        if name and name in (model.id, model.short):
            return model
    path = os.path.abspath(os.path.expanduser(name))
    if path.endswith(".gguf") and os.path.exists(path):
        return Model(path, "a file of your own", path, "unknown", 0, "", size=os.path.getsize(path))
    if path.endswith(".gguf"):
        raise ModelError(f"there is no file {name}; name one by its whole path, or see: caro model list")
    if os.sep in name and os.path.exists(path):
        raise ModelError(f"{name} does not end in .gguf, as the file of a model must; see: caro model list")
    problem = "".join(f" ({problem})" for problem in problems())
    names = [each for model in known.values() for each in (model.id, model.short) if each]
    near = difflib.get_close_matches(name.lower(), names, n=2, cutoff=0.75)
    hint = f"do you mean {' or '.join(near)}? " if near else ""
    raise ModelError(f"there is no model {name}{problem}; {hint}caro model list shows all there are")
