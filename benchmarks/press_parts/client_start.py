"""What the client costs before the daemon has heard of it, against an interpreter that does nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from lab.paired import Pairs, take_turns

from caro_shell import hooks, paths, protocol

#: Ends at a write, as the client's first half does; `pass` ends with the interpreter's own clearing up.
_BARE = [sys.executable, "-I", "-S", "-c"]


def measure(rounds: int) -> Iterator[tuple[str, Pairs]]:
    """Yield (what, the client's times over the bare interpreter's), each a like-for-like pair."""
    path = paths.socket_path()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        listener.settimeout(30)
        yield (
            "client: start to socket write, over `-c pass` to its end",
            take_turns(lambda: _client(listener)[0], lambda: _bare("pass"), rounds),
        )
        yield (
            "client: start to end, over `-c pass` to its end",
            take_turns(lambda: _client(listener)[1], lambda: _bare("pass"), rounds),
        )
        yield (
            "client: start to socket write, over `posix.write` to its write",
            take_turns(
                lambda: _client(listener)[0], lambda: _bare("import posix; posix.write(1, b'x')"), rounds
            ),
        )
    os.unlink(path)


def _client(listener: socket.socket) -> tuple[float, float]:
    """Run the client against a server that answers at once; return when it wrote and when it ended."""
    began = time.perf_counter()
    process = _start([*hooks.client_command(), "--shell", "zsh"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"list files")
    process.stdin.close()
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        wrote = time.perf_counter()
        connection.sendall(protocol.encode(event="reply", status="0", line="ls", notice=""))
        assert process.stdout is not None
        assert process.stdout.read() == b"ls"
    process.stdout.close()
    process.wait()
    return (wrote - began) * 1e3, (time.perf_counter() - began) * 1e3


def _bare(program: str) -> float:
    """Run the bare interpreter; return when it first wrote, or ended."""
    began = time.perf_counter()
    process = _start([*_BARE, program], stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    wrote = process.stdout.read(1)
    at = time.perf_counter()
    process.stdout.close()
    process.wait()
    return ((at if wrote else time.perf_counter()) - began) * 1e3


def _start(command: list[str], stdin: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
