"""Whether a model's file is what the catalog says, by its SHA-256."""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO, Callable

from caro_shell.catalog import Model, disk
from caro_shell.errors import ModelDamaged
from caro_shell.pull.progress import Progress

if TYPE_CHECKING:
    from hashlib import _Hash

#: Bytes read, hashed and written at a time.
CHUNK = 1 << 18


def hash_stream(stream: BinaryIO, advance: Callable[[int], None]) -> _Hash:
    """Return the SHA-256 so far of all that `stream` holds; `advance` is told the bytes of each step."""
    sha256 = hashlib.sha256()
    while chunk := stream.read(CHUNK):
        sha256.update(chunk)
        advance(len(chunk))
    return sha256


def verify(model: Model, *, quiet: bool = False) -> str:
    """Hash the model's file and record that it is whole; return its path.

    Raises ModelMissing or ModelDamaged.
    """
    path = disk.locate(model)
    try:
        with (
            closing(Progress(f"checking {model.id}", model.size, quiet=quiet)) as progress,
            open(path, "rb") as file,
        ):
            found = hash_stream(file, progress.advance).hexdigest()
    except OSError as error:
        raise ModelDamaged(f"{path} cannot be read ({error.strerror}); see to its permissions") from error
    if found != model.sha256:
        disk.unmark_verified(path)
        raise ModelDamaged(
            f"{path} is damaged (its SHA-256 begins {found[:12]} instead of {model.sha256[:12]}); "
            f"fetch it again with: caro model pull {model.id}"
        )
    disk.mark_verified(path, model)
    return path
