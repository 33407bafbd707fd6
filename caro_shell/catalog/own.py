"""The person's own list of models, `~/.caro/models.toml`.

It has the shape of caro's catalog, and less is asked of it: `id` and `file` are enough. A broken entry costs
that entry and a sentence, never the rest.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any, NamedTuple

import tomli

from caro_shell import paths
from caro_shell.catalog import locking
from caro_shell.catalog.model import HubSource, Model
from caro_shell.catalog.tables import model_of
from caro_shell.catalog.url import without_credentials
from caro_shell.errors import ModelError

#: What an entry need not say.
_DEFAULTS = {
    "title": "a model of your own",
    "licence": "unknown",
    "context": 0,
    "chat": "",
}


class Own(NamedTuple):
    """The usable entries, and a sentence for each of the others."""

    models: list[Model]
    problems: list[str]


def read(shipped: Mapping[str, Model]) -> Own:
    """Return the person's own entries; none takes the place of a `shipped` one."""
    found = Own([], [])
    try:
        tables = _tables()
    except ModelError as error:
        found.problems.append(str(error))
        return found
    for number, table in enumerate(tables, 1):
        fault = _take(table, found.models, shipped)
        if fault:
            name = table.get("id", f"number {number}") if isinstance(table, dict) else f"number {number}"
            found.problems.append(
                f"{paths.models_file()}: the model {name} is left out: {fault}; correct that entry"
            )
    return found


def _take(table: Any, models: list[Model], shipped: Mapping[str, Model]) -> str:
    """Add the model of one entry to `models`; return why not, or nothing."""
    try:
        model = entry(table)
        _refuse_twins(model, [*shipped.values(), *models])
    except ValueError as error:
        return str(error)
    models.append(model)
    return ""


def _tables() -> list[Any]:
    """Return the entries of the file as they stand there. Raises ModelError."""
    path = paths.models_file()
    try:
        with open(path, "rb") as file:
            document = tomli.load(file)
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ModelError(
            f"{path} cannot be used ({reason}); only the models that come with caro are known until it can"
        ) from error
    tables = document.pop("model", [])
    if document or not isinstance(tables, list):
        wrong = f"{next(iter(document))} means nothing there, and " if document else ""
        raise ModelError(f"{path} cannot be used: {wrong}each model begins with a line [[model]]")
    return tables


def entry(table: Any) -> Model:
    """Return the model of one entry; what it leaves out is filled in. Raises ValueError like `model_of`."""
    if not isinstance(table, dict):
        raise ValueError("it is no table")  # noqa: TRY004  # one kind of error for all that is wrong in an entry
    values = {**_DEFAULTS, **table}
    if isinstance(values.get("file"), str):
        values["file"] = os.path.expanduser(values["file"])
    return model_of(values)


def _refuse_twins(model: Model, others: list[Model]) -> None:
    for other in others:
        common = shared(model, other)
        if common == model.file:
            raise ValueError(f"its file is that of {other.id}, which is known already")
        if common:
            raise ValueError(f"{common} is another model's name already, choose another")


def shared(model: Model, other: Model) -> str:
    """Return the id, short name or file of `model` that is `other`'s as well, or nothing.

    Small and capital letters are not told apart: a Mac's disk takes two such names for one file.
    """
    names = {name.casefold() for name in (other.id, other.short) if name}
    common = [name for name in (model.id, model.short) if name.casefold() in names]
    if model.file.casefold() == other.file.casefold():
        common.append(model.file)
    return next(iter(common), "")


def add(model: Model) -> None:
    """Add `model`, which is on the hub or at a URL, to the list, at its end, unless it stands there.

    Credentials in a URL are left out. Raises ModelError when the list cannot be read or written: then it is
    as it was.
    """
    path = os.path.realpath(paths.models_file())
    with locking.alone_in(os.path.dirname(path)):
        _tables()  # nothing is added to what cannot be read
        try:
            _append(path, _spelt(model))
        except OSError as error:
            raise ModelError(
                f"{path} cannot be written ({error.strerror}); see to its permissions"
            ) from error


def _spelt(model: Model) -> str:
    lines = ["[[model]]"]
    lines += [f"{key} = {_quoted(getattr(model, key))}" for key in ("id", "title", "file")]
    for source in model.sources:
        kind = "hub" if isinstance(source, HubSource) else "https"
        values = {key: without_credentials(value) for key, value in asdict(source).items()}
        keys = "".join(f", {key} = {_quoted(value)}" for key, value in values.items())
        lines.append(f'sources = [{{ kind = "{kind}"{keys} }}]')
    return "\n".join([*lines, ""])


def _append(path: str, text: str) -> None:
    """Put `text` behind what is in the file at `path`, unless it is in there. Raises OSError."""
    before, mode = b"", 0o600
    with suppress(FileNotFoundError), open(path, "rb") as file:
        before = file.read().rstrip(b"\n") + b"\n\n"
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    if text.encode() in before:  # by another pull, in the meantime
        return
    descriptor, draft = tempfile.mkstemp(dir=os.path.dirname(path), prefix=os.path.basename(path) + ".")
    try:
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(before + text.encode())
            file.flush()
            os.fsync(descriptor)
        os.replace(draft, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(draft)


def _quoted(text: str) -> str:
    """Return `text` as a basic string of TOML, which JSON's strings are but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
