"""A fixture's files, laid out in a directory."""

from __future__ import annotations

import os
import time

from caro_shell.bench.task import Entry, Fixture

_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
_BYTES = {"K": 1 << 10, "M": 1 << 20}
_FILLER = b"".join(b"%07d filler\n" % number for number in range(1024))


def lay_out(fixture: Fixture, directory: str) -> None:
    """Write the fixture's files into the empty `directory`; its `setup` is left to whoever may run commands.

    Raises OSError, and ValueError for a path that leads out of the directory.
    """
    root, now = os.path.realpath(directory), time.time()
    for path, entry in fixture.files.items():
        place = os.path.join(root, path.rstrip("/"))
        if os.path.commonpath([root, os.path.realpath(os.path.dirname(place))]) != root:
            raise ValueError(f"{path} is outside of the fixture")
        if path.endswith("/"):
            os.makedirs(place, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            _write(place, entry)
    # The deepest first: a directory's time and mode would not survive what is still to come in it.
    for path, entry in sorted(fixture.files.items(), key=lambda item: -item[0].rstrip("/").count("/")):
        place = os.path.join(root, path.rstrip("/"))
        if entry.age:
            changed = now - int(entry.age[:-1]) * _SECONDS[entry.age[-1]]
            os.utime(place, (changed, changed), follow_symlinks=False)
        if entry.mode:
            os.chmod(place, int(entry.mode, 8))


def _write(place: str, entry: Entry) -> None:
    if entry.link:
        os.symlink(entry.link, place)
        return
    with open(place, "wb") as file:
        file.write(_filler(entry.size) if entry.size else entry.text.encode())


def _filler(size: str) -> bytes:
    count = int(size[:-1]) * _BYTES[size[-1]] if size[-1] in _BYTES else int(size)
    return (_FILLER * (count // len(_FILLER) + 1))[:count]
