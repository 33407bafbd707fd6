"""How long caro takes to start: what a key press runs, up to the moment at which it has asked."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import tempfile
import time
from typing import IO, cast

from caro_shell import paths, protocol
from caro_shell.errors import CaroError
from caro_shell.hooks import client_command

#: Starts of which the median is taken, and seconds that one may take.
_STARTS, _LIMIT_S = 9, 10.0


def startup_ms() -> float:
    """Return the median milliseconds from the start of the client to the end of its request.

    It is given a socket of its own: no daemon is reached, and none is started. Raises CaroError where it
    cannot be tried.
    """
    with tempfile.TemporaryDirectory(prefix="caro-") as runtime:
        os.mkdir(os.path.join(runtime, "caro"), mode=0o700)
        try:
            path = os.path.join(runtime, "caro", os.path.basename(paths.socket_path()))
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(path)
                listener.listen()
                listener.settimeout(_LIMIT_S)
                starts = [_start_s(listener, runtime) for _ in range(_STARTS)]
        except OSError as error:
            raise CaroError(
                f"the start of caro cannot be timed ({error}); set TMPDIR to a short path"
            ) from error
    return round(statistics.median(starts) * 1e3, 1)


def _start_s(listener: socket.socket, runtime: str) -> float:
    began = time.monotonic()
    with subprocess.Popen(
        [*client_command(), "--shell", "bash"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "XDG_RUNTIME_DIR": runtime},
        start_new_session=True,
    ) as process:
        words = cast("IO[bytes]", process.stdin)
        words.write(b"# list files")
        words.close()
        connection, _ = listener.accept()
        with connection:
            connection.recv(protocol.RECORD_MAX)
            asked = time.monotonic()
            connection.sendall(protocol.encode(event="reply", status="0", line="ls", notice=""))
    return asked - began
