"""Work that blocks, in a thread that its caller can leave at any moment. Standard library only."""

from __future__ import annotations

import contextlib
import math
import queue
import socket
import threading
import time
from collections.abc import Iterator
from typing import Callable, Generic, NamedTuple, Protocol, TypeVar

from caro_shell.errors import Cancelled

#: Seconds between two looks at whether the work is still wanted.
LOOK_EVERY_S = 0.05

Item = TypeVar("Item")


class Line(Protocol):
    """A connection whose socket comes and goes."""

    sock: socket.socket | None


class SlowConnection(TimeoutError):
    """A connection has not come about in time."""


class _End(NamedTuple):
    error: BaseException | None


class Call(threading.Thread, Generic[Item]):
    """Runs `work`, which yields items, beside its caller, who takes them from `items`.

    A connection attempt, a name look-up or a read cannot be interrupted, so a caller who leaves does not
    wait for the thread: what the thread is connected to is hung up, and it ends by itself.
    """

    def __init__(self, work: Callable[[Call[Item]], Iterator[Item]]) -> None:
        super().__init__(name="caro call", daemon=True)
        self._work = work
        self._queue: queue.SimpleQueue[Item | _End] = queue.SimpleQueue()
        self._left = threading.Event()
        self._line: Line | None = None
        self._deadline = self._connected_by = math.inf

    def items(self, cancelled: Callable[[], bool]) -> Iterator[Item]:
        """Yield what the work yields; a caller who takes no more has left.

        Raises what the work raises, Cancelled when `cancelled` says so, TimeoutError after the deadline, and
        SlowConnection, a TimeoutError too, after that of a connection.
        """
        if cancelled():
            raise Cancelled
        self.start()
        try:
            while True:
                item = self._take(cancelled)
                if isinstance(item, _End):
                    if item.error is None:
                        return
                    try:
                        raise item.error
                    finally:
                        del item  # or the error would hold itself, and all that its frames hold
                yield item
        finally:
            self._leave()

    def run(self) -> None:
        """Do the work, in the thread."""
        end = _End(None)
        try:
            for item in self._work(self):
                self._queue.put(item)
                self.proceed()
        except BaseException as error:  # noqa: BLE001 - the caller raises it
            end = _End(error)
        self._line = None
        self._queue.put(end)
        del end  # as above

    def proceed(self) -> None:
        """Raise Cancelled if the caller has left. Called by the work."""
        if self._left.is_set():
            raise Cancelled

    def use(self, line: Line) -> None:
        """Name the connection to hang up when the caller leaves. Called by the work; raises as `proceed`."""
        self._line = line
        self.proceed()

    def end_within(self, seconds: float) -> None:
        """Set the deadline, from now on. Called by the work."""
        self._deadline = time.monotonic() + seconds

    @contextlib.contextmanager
    def connecting(self, line: Line, seconds: float) -> Iterator[None]:
        """Name a connection, made meanwhile and within `seconds`. Used by the work; raises as `proceed`."""
        self.use(line)  # before, since it may take long
        self._connected_by = time.monotonic() + seconds
        try:
            yield
        finally:
            self._connected_by = math.inf
        self.proceed()

    def _take(self, cancelled: Callable[[], bool]) -> Item | _End:
        while True:
            if cancelled():
                raise Cancelled
            now, connected_by = time.monotonic(), self._connected_by
            if now >= self._deadline:
                raise TimeoutError
            if now >= connected_by:
                raise SlowConnection
            with contextlib.suppress(queue.Empty):
                return self._queue.get(timeout=min(LOOK_EVERY_S, self._deadline - now, connected_by - now))

    def _leave(self) -> None:
        self._left.set()
        line = self._line
        sock = line.sock if line is not None else None  # read once: the other thread may take it away
        if isinstance(sock, socket.socket):
            with contextlib.suppress(OSError):
                # Not the method of a TLS socket, which would take the encryption away under the other thread.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
