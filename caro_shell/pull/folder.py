"""Takes a model out of a directory on this machine: a disk that was carried here, a share of the intranet."""

from __future__ import annotations

import os
from dataclasses import dataclass

from caro_shell.catalog import File, Model
from caro_shell.pull.digest import CHUNK
from caro_shell.pull.hub import belongs_to_mlx
from caro_shell.pull.part import PartFile, SourceError


@dataclass(frozen=True)
class Folder:
    """A directory that has models, each under its file's name."""

    path: str

    def __str__(self) -> str:
        return self.path


def files(folder: Folder, model: Model) -> tuple[File, ...]:
    """Return the files of `model` in the folder. Raises SourceError when they are not there, or others."""
    path = os.path.join(folder.path, model.file)
    try:
        if model.form != "mlx":
            return (_here(path, File(model.file, model.size, model.sha256)),)
        known = model.files or tuple(map(File, sorted(filter(belongs_to_mlx, os.listdir(path)))))
        return tuple(_here(os.path.join(path, file.name), file) for file in known)
    except OSError as error:
        raise SourceError(f"{folder} does not hold {model.file} ({error.strerror})") from error


def _here(path: str, file: File) -> File:
    size = os.stat(path).st_size
    if file.size not in (0, size):
        raise SourceError(f"{path} has {size} bytes instead of {file.size}")
    return File(file.name, size, file.sha256)


def copy(folder: Folder, model: Model, part: PartFile) -> None:
    """Append what the part of a file of `model` lacks. Raises SourceError."""
    if not part.is_vouched_for:
        part.restart()
    directory = os.path.join(folder.path, model.file) if model.form == "mlx" else folder.path
    path = os.path.join(directory, part.file.name)
    try:
        with open(path, "rb") as stream:
            stream.seek(part.size)
            while chunk := stream.read(CHUNK):
                part.append(chunk)
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror})") from error
    if part.missing:
        raise SourceError(f"{path} became shorter while it was read")
