"""The file of settings, changed by caro: whole or not at all, and all else that is in it kept."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import tomli

from caro_shell import tomltext
from caro_shell.errors import ConfigError
from caro_shell.tomltext import Path, TooIntricateError


class Edit(NamedTuple):
    """What an edit did."""

    #: Does the file say something else now?
    changed: bool
    #: The permission bits that the file had, where others than its owner had some; else 0.
    was_open: int


def edit(path: str, changes: Mapping[str, Any]) -> Edit:
    """Set every dotted key of `changes` in the TOML file at `path`, all at once; None removes a key.

    The file, and its directory with mode 0700, are made where there are none. The text before is kept in
    `path`.bak; both files get mode 0600. A symbolic link stays, and the file that it leads to is replaced.
    While another edit of `path` is at work, this one waits. Raises ConfigError when the file cannot be
    changed, or not without changing more; then it is as it was.
    """
    try:
        with suppress(FileExistsError):
            os.makedirs(os.path.dirname(path), mode=0o700)
        with _locked(path + ".lock"):
            return _edit(path, changes)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = (
            "make room and try again" if full else "see to that, or set CARO_HOME to a directory of yours"
        )
        raise ConfigError(
            f"{path} cannot be written ({error.strerror}), and nothing was changed; {remedy}"
        ) from error


@contextmanager
def _locked(path: str) -> Iterator[None]:
    """Hold the lock file at `path`. It stays: whoever removed it could give two others a lock each."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _edit(path: str, changes: Mapping[str, Any]) -> Edit:
    target = os.path.realpath(path)
    before, entry = _read(path)
    after = _encoded(_edited(before.decode(), changes, path), path)
    mode = stat.S_IMODE(entry.st_mode) if entry else 0
    was_open = mode if mode & 0o077 else 0
    if after != before:
        with _draft(target, after, entry) as new:
            if entry:
                with _draft(path + ".bak", before, entry) as old:
                    os.replace(old, path + ".bak")
            os.replace(new, target)
    elif was_open:
        os.chmod(target, 0o600)
    return Edit(after != before, was_open)


def _read(path: str) -> tuple[bytes, os.stat_result | None]:
    """Return the UTF-8 text at `path` and its entry; nothing and None where there is no file."""
    try:
        entry = os.stat(path)
    except FileNotFoundError:
        return b"", None
    if not stat.S_ISREG(entry.st_mode):
        raise ConfigError(f"{path} is no ordinary file; put one in its place")
    if not entry.st_mode & stat.S_IWUSR:
        raise ConfigError(f"{path} is write-protected; lift that with: chmod u+w {path}")
    with open(path, "rb") as file:
        content = file.read()
    try:
        content.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text; mend it first") from None
    return content, entry


def _encoded(text: str, path: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"{path} can hold UTF-8 text only, which the new value is not") from None


@contextmanager
def _draft(path: str, content: bytes, entry: os.stat_result | None) -> Iterator[str]:
    """Yield a file beside `path`, for its owner alone, as in `entry`, with `content` on the disk for good."""
    descriptor, draft = tempfile.mkstemp(dir=os.path.dirname(path), prefix=os.path.basename(path) + ".")
    try:
        with open(descriptor, "wb") as file:
            if entry:
                with suppress(PermissionError):  # a group that we are not in
                    os.fchown(descriptor, entry.st_uid, entry.st_gid)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        yield draft
    finally:
        with suppress(FileNotFoundError):
            os.unlink(draft)


def _edited(text: str, changes: Mapping[str, Any], path: str) -> str:
    """Return `text` with the changes, and nothing else that it says changed: that is looked at each time."""
    for key, value in changes.items():
        names = tuple(key.split("."))
        tree = _parsed(text, path)
        leaves = _leaves(tree)
        if value is not None:
            _check_room(tree, names, path)
            spelt = tomltext.spelt(value)
            leaves[names] = _parsed(f"value = {spelt}", path)["value"]
        elif _is_table(leaves.pop(names, {})):  # or nothing
            continue
        try:
            text = tomltext.changed(text, names, None if value is None else spelt)
            if _leaves(tomli.loads(text, parse_float=str)) != leaves:
                raise TooIntricateError
        except ValueError as error:
            raise ConfigError(
                f"{path} is written in a way that caro does not dare to change; set {key} with an editor"
            ) from error
    return text


def _parsed(text: str, path: str) -> dict[str, Any]:
    """Return what `text` says; floats as they are spelt, since nan is not equal to itself."""
    try:
        return tomli.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}; mend it first") from None


def _leaves(tree: Mapping[str, Any], path: Path = ()) -> dict[Path, Any]:
    found: dict[Path, Any] = {}
    for name, value in tree.items():
        found.update(_leaves(value, (*path, name)) if isinstance(value, dict) else {(*path, name): value})
    return found


def _check_room(tree: Mapping[str, Any], names: Path, path: str) -> None:
    """Raise ConfigError when a value is where the key needs a table, or a table where it needs a value."""
    for depth, name in enumerate(names, 1):
        if name not in tree:
            return
        found = tree[name]
        if depth < len(names) and not isinstance(found, dict):
            here = ".".join(names[:depth])
            raise ConfigError(f"{path} has a value where {here} must be a table; remove it first")
        if depth == len(names) and _is_table(found):
            raise ConfigError(f"{path} has a table where {'.'.join(names)} must be a value; remove it first")
        tree = found


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_is_table, value)))
