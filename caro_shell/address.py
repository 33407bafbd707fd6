"""The daemon's one address: its socket is taken over atomically, and given up when it is no longer ours."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import stat
from collections.abc import Iterator

from caro_shell import paths
from caro_shell.errors import DaemonError


class Address:
    """A bound, listening unix socket at `paths.socket_path()`."""

    def __init__(self) -> None:
        """Take the address. Raises DaemonError when it is taken by something that is no socket of ours.

        The socket is bound under a name of its own and renamed into place, so that there is never a
        moment without a listening socket, nor a stale one to sweep away.
        """
        self.path = paths.socket_path()
        with contextlib.suppress(FileNotFoundError):
            entry = os.lstat(self.path)
            if not stat.S_ISSOCK(entry.st_mode) or entry.st_uid != os.getuid():
                raise DaemonError(f"{self.path} is in the way of the caro daemon's socket; remove it")
        draft = f"{self.path[:-5]}.{os.getpid()}"
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)
        self.listener.bind(draft)
        os.chmod(draft, 0o600)
        self.listener.listen(16)
        self._inode = os.stat(draft).st_ino
        os.rename(draft, self.path)

    def is_ours(self) -> bool:
        """Say whether a client that looks for the daemon now finds this one."""
        try:
            return os.stat(self.path).st_ino == self._inode
        except OSError:
            return False

    def give_up(self) -> None:
        """Let no new client come; those that are connected stay."""
        if self.is_ours():
            os.unlink(self.path)
        self.listener.close()


@contextlib.contextmanager
def start_lock() -> Iterator[None]:
    """Hold the lock under which a daemon takes its address: two may be started at the same moment."""
    with open(paths.socket_path() + ".lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
