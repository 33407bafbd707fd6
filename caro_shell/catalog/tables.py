"""A `[[model]]` table of TOML as a Model: the form of caro's catalog and of a person's own list."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from caro_shell import chat
from caro_shell.catalog.model import HttpsSource, HubSource, Model, PipSource, Source

_SOURCE_KINDS: dict[str, type[Source]] = {"https": HttpsSource, "hub": HubSource, "pip": PipSource}

#: What no table says: it comes from the pins, or with caro.
_NOT_SAID = ("files", "pinned", "shipped", "adapter")
#: What a table may say.
_KEYS = [field.name for field in fields(Model) if field.name not in _NOT_SAID]
_NUMBERS = ("size", "context", "parts", "part_size")
_CHOICES = {
    "form": ("gguf", "mlx"),
    "quality": ("standard", "high", "test"),
    "chat": ("", *chat.FORMATS),
}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def model_of(table: Mapping[str, Any]) -> Model:
    """Return the model that `table` describes.

    Raises ValueError, whose text says which key is wrong and how.
    """
    values = dict(table)
    unknown = [key for key in values if key not in _KEYS]
    if unknown:
        raise ValueError(f"{unknown[0]} is no key of a model, those are {', '.join(_KEYS)}")
    sources = values.pop("sources", [])
    if not isinstance(sources, list):
        raise ValueError("sources must be a list")  # noqa: TRY004  # one kind of error for a wrong table
    _check_types(values)
    missing = [key for key in _required() if key not in values]
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    model = Model(**values, sources=tuple(map(_source, sources)))
    _check(model)
    return model


def _required() -> list[str]:
    return [field.name for field in fields(Model) if field.default is MISSING]


def _check_types(values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        kind = int if key in _NUMBERS else str
        if type(value) is not kind:
            raise ValueError(f"{key} must be {'a whole number' if kind is int else 'text'}")


def _source(table: Any) -> Source:
    kind = table.get("kind") if isinstance(table, dict) else None
    if not isinstance(kind, str) or kind not in _SOURCE_KINDS:
        raise ValueError(f"a source must have a kind, which is one of {', '.join(_SOURCE_KINDS)}")
    values = {key: value for key, value in table.items() if key != "kind"}
    try:
        source = _SOURCE_KINDS[kind](**values)
    except TypeError as error:  # "HubSource.__init__() got an unexpected keyword argument 'url'"
        raise ValueError(f"a source of kind {kind}{str(error).partition(')')[2]}") from error
    _check_types(values)
    if isinstance(source, PipSource):
        _check_parts(source)
    return source


def _check_parts(source: PipSource) -> None:
    if source.parts < 1 or source.part_size < 0:
        raise ValueError("parts must be 1 or above, part_size 0 or above")
    try:
        f"{source.package} {source.member}".format(n=1)
    except (ValueError, LookupError, AttributeError) as error:
        raise ValueError("package and member may hold {n} in braces, and nothing else") from error


def _check(model: Model) -> None:
    if not _ID.fullmatch(model.id):
        raise ValueError("id must be made of letters, digits, dots and hyphens")
    for key, choices in _CHOICES.items():
        value = getattr(model, key)
        if value not in choices:
            raise ValueError(f"{key} must be one of {', '.join(filter(None, choices))}, not {value!r}")
    if model.sha256 and not re.fullmatch(r"[0-9a-f]{64}", model.sha256):
        raise ValueError("sha256 must be 64 hexadecimal digits in small letters")
    if min(model.size, model.context) < 0:
        raise ValueError("size and context must be 0 or above")
    if os.path.isabs(model.file):
        if model.sources:
            raise ValueError("file is a path of your own, which is not fetched: leave out sources")
    elif not _ID.fullmatch(model.file):
        raise ValueError("file must be a plain name, or an absolute path")
    if model.form == "gguf" and not model.file.endswith(".gguf"):
        raise ValueError("file must end in .gguf")
