"""The target of the settings: a file with anything in it is read, and changed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Any

import tomli

from caro_shell import config, configfile
from caro_shell.errors import ConfigError

_DIRECTORY = tempfile.TemporaryDirectory()
_FILE = os.path.join(_DIRECTORY.name, "config.toml")


def target(data: bytes) -> None:
    """Reading says what it ignored and goes on; a change is refused, or leaves all else as it was."""
    keys = list(config.SETTINGS)
    key = keys[data[0] % len(keys)] if data else keys[0]
    default = config.SETTINGS[key].default
    value = None if data[:1] > b"\x7f" else default
    _write(data[1:])
    found = config.load(_FILE, env={})
    assert all(notice and isinstance(notice, str) for notice in found.notices)
    assert all(config.checked(name, getattr(found, field.name), "here") == getattr(found, field.name)
               for name, field in config.SETTINGS.items())  # fmt: skip
    try:
        configfile.edit(_FILE, {key: value})
    except ConfigError:
        assert _read() == data[1:]
        return
    before, after = data[1:].decode(), _read().decode()
    path = tuple(key.split("."))
    was, now = _leaves(tomli.loads(before, parse_float=str)), _leaves(tomli.loads(after, parse_float=str))
    was_there = path in was
    was.pop(path, None)
    assert (now.pop(path, None) is None) == (value is None)
    assert was == now
    if value is not None and not was_there:
        lines = iter(after.splitlines())
        assert all(line in lines or "{" in line for line in before.splitlines())
    assert getattr(config.load(_FILE, env={}), config.SETTINGS[key].name) == default


def _write(data: bytes) -> None:
    with open(_FILE, "wb") as file:
        file.write(data)


def _read() -> bytes:
    with open(_FILE, "rb") as file:
        return file.read()


def _leaves(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found.update(_leaves(value, (*path, name)))
        else:
            found[(*path, name)] = value
    return found
