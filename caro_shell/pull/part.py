"""The growing file of a pull.

All sources of a model carry the same bytes, so whichever wrote them, the part's length says where to go on.
Where no hash is known yet, only the very file that was begun may be gone on with: see `is_vouched_for`.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from caro_shell.catalog import File
from caro_shell.errors import PullError
from caro_shell.pull.digest import Hashes, hash_stream
from caro_shell.pull.tag import EntityTag
from caro_shell.sizes import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caro_shell.pull.progress import Progress


class SourceError(PullError):
    """One source cannot give the model; the next may."""


class PartFile:
    """The file at `path`: appended to, hashed while it grows, named `target` when it is right.

    Every method that touches the disk raises PullError when that fails, above all when the disk is full.
    """

    def __init__(self, path: str, target: str, file: File, called: str, progress: Progress) -> None:
        self.target = target
        self.file = file
        self.size = 0
        self._called = called
        self._progress = progress
        self._path = path
        self._tag = EntityTag(path)
        with self.disk_errors():
            self._file = open(self._path, "a+b", buffering=0)  # noqa: SIM115  # closed by `close`
        with self.disk_errors():
            self._file.seek(0)
            self._hashes = hash_stream(self._file, progress.advance)
            self.size = self._file.tell()
        progress.start_at(self.size)
        self.expect(file)

    def expect(self, file: File) -> None:
        """Take `file` for what is to arrive: another source may state more of it, or something else."""
        self.file = file
        if self.size > file.size:
            self.restart()

    @property
    def missing(self) -> int:
        """The bytes still to come."""
        return self.file.size - self.size

    @property
    def whole(self) -> int:
        """The bytes of the whole file."""
        return self.file.size

    @property
    def is_vouched_for(self) -> bool:
        """Whether a hash will tell if the pieces belong together."""
        return bool(self.file.sha256 or self.file.blob)

    def append(self, data: bytes) -> None:
        """Write `data` at the end. Raises SourceError, dropping everything, when that is too much."""
        if len(data) > self.missing:
            self.restart()
            raise SourceError(f"more arrived than the {self.whole} bytes of {self.file.name}")
        rest = memoryview(data)
        while rest:
            with self.disk_errors():
                count = self._file.write(rest)
            self._hashes.update(rest[:count])
            self.size += count
            self._progress.advance(count)
            rest = rest[count:]

    def restart(self, why: str = "") -> None:
        """Drop all that has arrived, and say `why` if there was something."""
        if why and self.size:
            self._progress.say(f"{why}, so it comes anew from the beginning")
        with self.disk_errors():
            self._file.truncate(0)
        self._hashes = Hashes()
        self.size = 0
        self._progress.start_at(0)

    def is_right(self) -> bool:
        """Say whether the part is the whole file, by all that is known of it."""
        if self.missing:
            return False
        if self.file.sha256:
            return self._hashes.sha256() == self.file.sha256
        return not self.file.blob or self._hashes.blob(self._file) == self.file.blob

    def received(self) -> File:
        """Return what has arrived, with the SHA-256 it has."""
        return File(self.file.name, self.size, self._hashes.sha256())

    def begins_with(self, mark: bytes) -> bool:
        """Say whether `mark` is how the part begins."""
        self._file.seek(0)
        return self._file.read(len(mark)) == mark

    def finish(self) -> None:
        """Give the part its final name, on the disk for good."""
        self._tag.forget()
        with self.disk_errors():
            os.fsync(self._file.fileno())
            os.replace(self._path, self.target)
            sync_directory(os.path.dirname(self.target))

    def remember_tag(self, url: str, tag: str) -> None:
        """Remember the entity tag that `url` gave, for going on after a break; empty forgets."""
        with self.disk_errors():
            self._tag.remember(url, tag)

    def recall_tag(self, url: str) -> str:
        """Return the entity tag remembered for `url`, or nothing."""
        return self._tag.recall(url)

    def disk_full(self) -> PullError:
        """Return the error for a disk that filled up on the way."""
        return PullError(
            f"the disk of {os.path.dirname(self.target)} is full with {readable(self.missing)} to come; "
            f"make room and go on with: caro model pull {self._called}"
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
            with suppress(FileNotFoundError):
                os.unlink(self._path)
            self._tag.forget()


def sync_directory(path: str) -> None:
    """See to it that the names in the directory at `path` are on the disk. Raises OSError."""
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
