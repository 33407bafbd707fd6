"""Where a model lies while it arrives: `TARGET.part`, which is a file, or a directory of files."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from caro_shell.errors import PullError
from caro_shell.pull.part import PartFile, sync_directory

if TYPE_CHECKING:
    from caro_shell.catalog import File, Model
    from caro_shell.pull.progress import Progress


class Staging:
    """The parts of `model` beside `target`; they outlive a kill, and the next pull goes on with them.

    `called` is what to name it to `caro model pull`.
    """

    def __init__(self, target: str, model: Model, called: str, progress: Progress) -> None:
        self.target = target
        self._called = called
        self._progress = progress
        self._path = target + ".part"
        self._is_directory = model.form == "mlx"
        self._parts: dict[str, PartFile] = {}

    def part(self, file: File) -> PartFile:
        """Return the part of `file`, with all that an earlier pull brought. Raises PullError."""
        self._progress.begin_at(sum(part.size for n, part in self._parts.items() if n != file.name))
        part = self._parts.get(file.name)
        if part is None:
            path, target = self._path, self.target
            if self._is_directory:
                self._make_directory()
                path = target = os.path.join(self._path, file.name)
            part = self._parts[file.name] = PartFile(path, target, file, self._called, self._progress)
        else:
            part.expect(file)
        return part

    def _make_directory(self) -> None:
        try:
            os.makedirs(self._path, exist_ok=True)
        except OSError as error:
            raise PullError(
                f"{self._path} cannot be made ({error.strerror}); "
                "see to that, or set CARO_HOME to a directory of yours"
            ) from error

    def kept(self) -> int:
        """Return how many bytes have arrived, in this pull and earlier ones."""
        if not self._is_directory:
            return _size(self._path)
        try:
            names = os.listdir(self._path)
        except OSError:
            return 0
        return sum(_size(os.path.join(self._path, name)) for name in names if not name.endswith(".etag"))

    def finish(self, files: tuple[File, ...]) -> None:
        """Give the model, which is `files`, its final name. Raises PullError."""
        for file in files:
            self._parts[file.name].finish()
        if not self._is_directory:
            return
        try:
            names = {file.name for file in files}
            for name in set(os.listdir(self._path)) - names:  # of a revision that was begun earlier
                os.unlink(os.path.join(self._path, name))
            # What is there is damaged, or this pull would not be. Killed in between, the next one ends it.
            if os.path.isdir(self.target) and not os.path.islink(self.target):
                shutil.rmtree(self.target)
            os.replace(self._path, self.target)
            sync_directory(os.path.dirname(self.target))
        except OSError as error:
            raise PullError(
                f"{self.target} cannot be put in place ({error.strerror}); "
                f"see to that and go on with: caro model pull {self._called}"
            ) from error

    def close(self) -> None:
        """Stop here; what has arrived stays."""
        for part in self._parts.values():
            part.close()
        if self._is_directory:
            with suppress(OSError):
                os.rmdir(self._path)  # where nothing arrived


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0
