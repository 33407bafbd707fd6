"""What lies in a directory, so that two of them can be compared: whatever form the same content may have."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import io
import lzma
import os
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from typing import Callable

#: Bytes of a file, and of what an archive holds, that are looked at.
_MOST = 64 << 20
_COMPRESSED: dict[bytes, tuple[str, Callable[[io.BytesIO], io.BufferedIOBase]]] = {
    b"\x1f\x8b": ("gzip", lambda file: gzip.GzipFile(fileobj=file)),
    b"BZ": ("bzip2", bz2.BZ2File),
    b"\xfd7": ("xz", lzma.LZMAFile),
}
#: What is raised for a file that only begins like an archive.
_NONE = (OSError, EOFError, ValueError, RuntimeError, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile)


def take(root: str) -> dict[str, str]:
    """Return what lies below `root`: a description for each path, equal where the content is.

    Kind, mode and content count; times do not, nor who a file belongs to, nor a newline at its end. Archives
    are described by what they hold. What is in a `.git` is git's own affair. Raises OSError.
    """
    found, waiting = {}, [(root, ".")]
    while waiting:  # a command may have made more levels than Python has
        directory, path = waiting.pop()
        found[path] = f"directory {_mode(os.stat(directory))}"
        if path.endswith("/.git"):
            continue
        os.chmod(directory, 0o700)
        for entry in os.scandir(directory):
            below = f"{path}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, below))
            else:
                found[below] = _described(entry)
    return found


def _described(entry: os.DirEntry[str]) -> str:
    """Describe what is no directory."""
    mode = _mode(entry.stat(follow_symlinks=False))
    if entry.is_symlink():
        return f"link to {os.readlink(entry.path)}"
    if not entry.is_file():
        return f"special file {mode}"
    os.chmod(entry.path, 0o600)
    with open(entry.path, "rb") as file:
        return f"file {mode} {_content(file.read(_MOST))}"


def _mode(entry: os.stat_result) -> str:
    return oct(stat.S_IMODE(entry.st_mode))


def _content(data: bytes) -> str:
    with contextlib.suppress(*_NONE):
        if data[:2] in _COMPRESSED:
            kind, opened = _COMPRESSED[data[:2]]
            with opened(io.BytesIO(data)) as file:
                return f"{kind} of {_content(file.read(_MOST))}"
        if data.startswith(b"PK\3\4"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return f"zip of {sorted(_zipped(archive))}"
        if data[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                return f"tar of {sorted(_tarred(tar))}"
    return hashlib.sha256(data.rstrip(b"\n")).hexdigest()


def _zipped(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    left = _MOST
    for member in archive.infolist():
        if not member.is_dir():
            with archive.open(member) as file:
                data = file.read(left)
            left -= len(data)
            yield os.path.normpath(member.filename), _content(data)


def _tarred(archive: tarfile.TarFile) -> Iterator[tuple[str, str]]:
    for member in archive:
        file = archive.extractfile(member) if member.isreg() else None
        if file is not None:
            yield os.path.normpath(member.name), _content(file.read(_MOST))
        elif not member.isdir():
            yield os.path.normpath(member.name), f"link to {member.linkname}"
