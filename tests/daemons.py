"""Daemons for tests: real processes on the real socket, and a client that is no more than a socket."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from caro_shell import __version__, paths, protocol
from tests.until import PATIENCE_S

SCRIPTED = (str(Path(__file__).with_name("scripted_daemon.py")),)
REAL = ("-I", "-m", "caro_shell.daemon")


def caro_home() -> Path:
    """Return this test's CARO_HOME."""
    return Path(os.environ["CARO_HOME"])


def write_config(text: str) -> None:
    """Write config.toml."""
    caro_home().mkdir(exist_ok=True)
    (caro_home() / "config.toml").write_text(text)


def log() -> str:
    """Return what the daemons of this test have logged."""
    return (caro_home() / "log/daemon.log").read_text()


def launched(
    program: tuple[str, ...], env: dict[str, str] | None = None
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a daemon; return the process and the descriptor that its first word comes from."""
    caro_home().mkdir(exist_ok=True)
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, *program, "--ready-fd", str(writer)],
        pass_fds=[writer],
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    return process, reader


def first_word(reader: int) -> str:
    """Return what a daemon says of its start, up to the end."""
    with os.fdopen(reader) as said:
        return said.read()


@contextlib.contextmanager
def running(
    program: tuple[str, ...] = SCRIPTED, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a daemon that has said `ready`."""
    process, reader = launched(program, env)
    try:
        assert first_word(reader) == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()


class Caller:
    """A connection to the daemon, to be used as a context manager."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE_S)
        self._socket.connect(paths.socket_path())
        self._records = protocol.Records()

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, **fields: str) -> None:
        """Send a request of this version, or what `fields` say instead."""
        self.send_bytes(protocol.encode(**{"protocol": protocol.PROTOCOL, "version": __version__, **fields}))

    def send_bytes(self, data: bytes) -> None:
        """Send anything; the daemon may hang up before its end."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)

    def events(self) -> list[dict[str, str]]:
        """Return all that comes up to a reply, or until the daemon hangs up."""
        events: list[dict[str, str]] = []
        while not events or events[-1]["event"] != "reply":
            try:
                data = self._socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                break
            events += self._records.feed(data)
        return events

    def reply(self) -> dict[str, str]:
        """Return the reply that comes, whatever is said before."""
        events = self.events()
        assert events, "the daemon hung up"
        assert events[-1]["event"] == "reply", f"the daemon hung up after {events}"
        return events[-1]


def ask(kind: str, **fields: str) -> dict[str, str]:
    """Send one request on a connection of its own; return the reply."""
    with Caller() as caller:
        caller.send(kind=kind, **fields)
        return caller.reply()


def rewritten(line: str, **fields: str) -> str:
    """Return what the daemon makes of `line`, a command or a sentence."""
    return ask("rewrite", shell="bash", line=line, **fields)["line"]


def status() -> dict[str, Any]:
    """Return what the daemon says of itself."""
    state: dict[str, Any] = json.loads(ask("status")["line"])
    return state
