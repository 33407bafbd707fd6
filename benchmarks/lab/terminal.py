"""A program on a terminal of its own, as a shell's hook runs it, and when it wrote what."""

from __future__ import annotations

import fcntl
import os
import pty
import selectors
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable

#: Seconds without a sign of life after which a program has hung; the model may be loading.
_PATIENCE_S = 600


@dataclass(frozen=True)
class Ran:
    """What came of a program; times are in milliseconds after its start.

    `drawn` is what its terminal had been sent by when. `finished_ms` is the end of its `output`: for that a
    hook waits.
    """

    output: bytes
    drawn: Sequence[tuple[float, bytes]]
    status: int
    finished_ms: float


def run(
    command: Sequence[str],
    env: dict[str, str],
    given: str | None = None,
    keys: Callable[[bytes, bytes], bytes] = lambda _shown, _new: b"",
) -> Ran:
    """Run `command`, its output read from a pipe; `given` is its standard input, the terminal when None.

    `keys(shown, new)` says what is typed when the terminal shows something `new`. Raises SystemExit when
    the command has hung.
    """
    began = time.perf_counter()
    process, terminal = start(
        command, env, stdin=None if given is None else subprocess.PIPE, stdout=subprocess.PIPE
    )
    if process.stdin is not None:
        process.stdin.write((given or "").encode())
        process.stdin.close()
    assert process.stdout is not None
    output, drawn = b"", [(0.0, b"")]
    with selectors.DefaultSelector() as selector:
        selector.register(terminal, selectors.EVENT_READ)
        selector.register(process.stdout, selectors.EVENT_READ)
        while process.stdout in selector.get_map():
            events = selector.select(_PATIENCE_S)
            if not events:
                raise SystemExit(f"{command[0]} has hung; its terminal shows: {drawn[-1][1].decode()!r}")
            for key, _ in events:
                data = read(key.fd)
                now = (time.perf_counter() - began) * 1e3
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fd != terminal:
                    output += data
                else:
                    drawn.append((now, drawn[-1][1] + data))
                    typed = keys(drawn[-1][1], data)
                    if typed:
                        os.write(terminal, typed)
    process.stdout.close()
    os.close(terminal)
    return Ran(output, drawn, process.wait(), now)


def start(
    command: Sequence[str], env: dict[str, str], *, stdin: int | None = None, stdout: int | None = None
) -> tuple[subprocess.Popen[bytes], int]:
    """Start `command` in a session of its own on a new terminal; return it and the terminal's other end.

    `stdin` and `stdout` are the terminal unless given.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    process = subprocess.Popen(
        command,
        env=env,
        cwd=env["HOME"],
        stdin=slave if stdin is None else stdin,
        stdout=slave if stdout is None else stdout,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads here
    )
    os.close(slave)
    return process, master


def read(fd: int) -> bytes:
    """Read what there is; the end of a terminal is an error on Linux."""
    try:
        return os.read(fd, 65536)
    except OSError:
        return b""
