"""Whether a model's files are what the catalog says, by their SHA-256."""

from __future__ import annotations

import hashlib
import os
from contextlib import closing
from typing import BinaryIO, Callable

from caro_shell import paths
from caro_shell.catalog import File, Model, disk
from caro_shell.errors import ModelDamaged
from caro_shell.pull.progress import Progress

#: Bytes read, hashed and written at a time.
CHUNK = 1 << 18


class Hashes:
    """The hashes of a content that arrives piece by piece."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()

    def update(self, data: bytes | memoryview) -> None:
        """Take in the next piece."""
        self._sha256.update(data)

    def sha256(self) -> str:
        """Return the SHA-256 of what was taken in, in hexadecimal."""
        return self._sha256.hexdigest()

    @staticmethod
    def blob(stream: BinaryIO) -> str:
        """Return git's name for all that `stream` holds: the SHA-1 of its length and its bytes."""
        stream.seek(0)
        content = stream.read()
        return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def hash_stream(stream: BinaryIO, advance: Callable[[int], None]) -> Hashes:
    """Return the hashes so far of all that `stream` holds; `advance` is told the bytes of each step."""
    hashes = Hashes()
    while chunk := stream.read(CHUNK):
        hashes.update(chunk)
        advance(len(chunk))
    return hashes


def verify(model: Model, *, quiet: bool = False) -> str:
    """Hash the model's file, or each in its directory, and record that all are right; return the path.

    Raises ModelMissing or ModelDamaged.
    """
    path = disk.locate(model)
    files = model.files or (File("", model.size, model.sha256),)
    with closing(Progress(f"checking {model.id}", model.size, quiet=quiet)) as progress:
        for file in files:
            _verify(os.path.join(path, file.name) if file.name else path, path, file, model, progress)
    disk.mark_verified(path, model)
    return path


def _verify(file_path: str, path: str, file: File, model: Model, progress: Progress) -> None:
    try:
        with open(file_path, "rb") as stream:
            found = hash_stream(stream, progress.advance).sha256()
    except OSError as error:
        raise ModelDamaged(
            f"{file_path} cannot be read ({error.strerror}); see to its permissions"
        ) from error
    if found != file.sha256:
        disk.unmark_verified(path)
        remedy = f"fetch it again with: caro model pull {model.id}"
        if os.path.isabs(model.file):
            remedy = f"put the right file there, or correct sha256 in {paths.models_file()}"
        difference = f"its SHA-256 begins {found[:12]} instead of {file.sha256[:12]}"
        raise ModelDamaged(f"{file_path} is damaged ({difference}); {remedy}")
