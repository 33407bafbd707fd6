"""A mark on disk while a library works that may end the whole process: who comes next knows of it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

#: The marks that this process has made.
_marks: set[str] = set()


def withdraw() -> None:
    """Remove the marks of this process, which is about to end of its own will: no library is to blame."""
    for path in list(_marks):
        _remove(path)


class AtWork:
    """The mark at `path`, with the number of the process in it. A disk that takes none costs nothing else."""

    def __init__(self, path: str) -> None:
        self._path = path

    @contextlib.contextmanager
    def marked(self) -> Iterator[None]:
        """Let the mark be there meanwhile, also where that ends with an error of Python's."""
        _marks.add(self._path)
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            with open(self._path, "w", encoding="ascii") as file:
                file.write(str(os.getpid()))
        try:
            yield
        finally:
            _remove(self._path)

    def was_fatal(self, within_s: float) -> bool:
        """Say whether a process ended at work less than `within_s` seconds ago; told once."""
        try:
            age = time.time() - os.stat(self._path).st_mtime
            with open(self._path, encoding="ascii") as file:
                process = int(file.read())
        except (OSError, ValueError):
            return False
        if _is_alive(process):
            return False
        _remove(self._path)
        return age < within_s


def _remove(path: str) -> None:
    _marks.discard(path)
    with contextlib.suppress(OSError):
        os.unlink(path)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True
