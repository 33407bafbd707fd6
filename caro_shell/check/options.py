"""Which options a program takes: by the tables that come with caro, and by what is installed here."""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache, lru_cache

from caro_shell import paths
from caro_shell.check.arguments import Options, format_, parse
from caro_shell.check.manual import documented
from caro_shell.resources import resource

#: Programs that are the same everywhere; in the table of GNU's because their `--help` could be read.
_ALIKE = ("curl", "make", "xz")


def known(program: str, platform: str) -> Options | None:
    """Return what `program` takes on `platform` (as in `sys.platform`) by caro's tables, None if unknown."""
    tables = ["linux.txt", "gnu.txt", "common.txt"]
    if platform == "darwin":
        tables = ["gnu.txt"] if program in _ALIKE else ["bsd.txt", "common.txt"]
    found = tuple(_table(name)[program] for name in tables if program in _table(name))
    return _joined(found) if found else None


def installed(path: str, subcommand: str = "") -> Options | None:
    """Return what the program at `path` takes by its own documentation, None if that is not to be had.

    With a `subcommand` it is that one's, as `git log` has a page of its own. What was read once is kept on
    the disk for as long as the program's file is the same.
    """
    try:
        status = os.stat(path)
    except OSError:
        return None
    notation = _remembered(path, subcommand, f"{status.st_mtime_ns} {status.st_size}", paths.home())
    return _joined((notation,)) if notation else None


@cache
def _table(name: str) -> dict[str, str]:
    """Return notations by the name of a program."""
    with open(resource("models", f"options/{name}"), encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(": ", 1) for line in file)


@lru_cache(maxsize=256)
def _joined(notations: tuple[str, ...]) -> Options:
    first, *others = map(parse, notations)
    for other in others:
        first = first | other
    return first


@lru_cache(maxsize=1024)
def _remembered(path: str, subcommand: str, stamp: str, home: str) -> str:
    """Return what is documented, in our notation: as it was kept with that `stamp`, or read anew."""
    name = hashlib.sha256(f"{path} {subcommand}".encode("utf-8", "replace")).hexdigest()[:24]
    file = os.path.join(home, "cache", "options", name)
    with contextlib.suppress(OSError, UnicodeDecodeError), open(file, encoding="utf-8") as kept:
        if kept.readline().rstrip("\n") == stamp:
            return kept.read()
    found = documented(path, subcommand)
    if not found:
        return ""  # not kept: it may have been too busy a moment, or a page may come
    notation = format_(found)
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(file), mode=0o700, exist_ok=True)
        with open(f"{file}.{os.getpid()}", "w", encoding="utf-8") as new:
            new.write(f"{stamp}\n{notation}")
        os.replace(new.name, file)
    return notation
