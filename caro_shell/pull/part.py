"""The growing file of a pull.

All sources of a model carry the same bytes, so whichever wrote them, the part's length says where to go on.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from caro_shell.errors import PullError
from caro_shell.pull.digest import hash_stream
from caro_shell.sizes import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caro_shell.catalog import Model
    from caro_shell.pull.progress import Progress


class SourceError(PullError):
    """One source cannot give the model; the next may."""


class PartFile:
    """`TARGET.part`: appended to, hashed while it grows, renamed to `target` when it is right.

    Every method that touches the disk raises PullError when that fails, above all when the disk is full.
    """

    def __init__(self, target: str, model: Model, progress: Progress) -> None:
        self.target = target
        self.size = 0
        self._model = model
        self._progress = progress
        self._path = target + ".part"
        self._tag_path = target + ".part.etag"
        with self.disk_errors():
            self._file = open(self._path, "a+b", buffering=0)  # noqa: SIM115  # closed by `close`
        with self.disk_errors():
            self._file.seek(0)
            self._sha256 = hash_stream(self._file, progress.advance)
            self.size = self._file.tell()
        progress.start_at(self.size)
        if self.size > model.size:
            self.restart()

    @property
    def missing(self) -> int:
        """The bytes still to come."""
        return self._model.size - self.size

    @property
    def whole(self) -> int:
        """The bytes of the whole file."""
        return self._model.size

    def append(self, data: bytes) -> None:
        """Write `data` at the end. Raises SourceError, dropping everything, when that is too much."""
        if len(data) > self.missing:
            self.restart()
            raise SourceError(f"more arrived than the {self.whole} bytes of {self._model.id}")
        rest = memoryview(data)
        while rest:
            with self.disk_errors():
                count = self._file.write(rest)
            self._sha256.update(rest[:count])
            self.size += count
            self._progress.advance(count)
            rest = rest[count:]

    def restart(self) -> None:
        """Drop all that has arrived."""
        with self.disk_errors():
            self._file.truncate(0)
        self._sha256 = hashlib.sha256()
        self.size = 0
        self._progress.start_at(0)

    def is_right(self) -> bool:
        """Say whether the part is the whole model, by its SHA-256."""
        return self._sha256.hexdigest() == self._model.sha256

    def finish(self) -> None:
        """Give the part its final name, on the disk for good."""
        _remove(self._tag_path)
        with self.disk_errors():
            os.fsync(self._file.fileno())
            os.replace(self._path, self.target)
            directory = os.open(os.path.dirname(self.target), os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def remember_tag(self, url: str, tag: str) -> None:
        """Remember the entity tag that `url` gave, for going on after a break; empty forgets."""
        if not tag:
            _remove(self._tag_path)
            return
        with self.disk_errors(), open(self._tag_path, "w", encoding="utf-8") as file:
            json.dump({"url": url, "etag": tag}, file)

    def recall_tag(self, url: str) -> str:
        """Return the entity tag remembered for `url`, or nothing."""
        try:
            with open(self._tag_path, encoding="utf-8") as file:
                note = json.load(file)
        except (OSError, ValueError):
            return ""
        return str(note["etag"]) if note.get("url") == url else ""

    def disk_full(self) -> PullError:
        """Return the error for a disk that filled up on the way."""
        return PullError(
            f"the disk of {os.path.dirname(self.target)} is full with {readable(self.missing)} to come; "
            f"make room and go on with: caro model pull {self._model.id}"
        )

    @contextmanager
    def disk_errors(self) -> Iterator[None]:
        """Turn an OSError from writing beside the target into a PullError."""
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise self.disk_full() from error
            raise PullError(
                f"{self._path} cannot be written ({error.strerror}); "
                "see to that, or set CARO_HOME to a directory of yours"
            ) from error

    def close(self) -> None:
        """Stop here: what has arrived stays for the next pull."""
        self._file.close()
        if not self.size:
            _remove(self._path)
            _remove(self._tag_path)


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
