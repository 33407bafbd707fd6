"""A server of llama.cpp for the peers of `peers.py`, and what it says that it has done."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
from dataclasses import astuple, dataclass
from urllib.parse import urlsplit

#: The wheel that holds it, in the environments of the peers.
PACKAGE = "xllamacpp==2026.10.11549"
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "llama_server.py")

#: Its counters, in the order of the fields of `Spent`, and what makes milliseconds of seconds.
_COUNTERS = (
    ("llamacpp:prompt_seconds_total", 1e3),
    ("llamacpp:tokens_predicted_seconds_total", 1e3),
    ("llamacpp:prompt_tokens_total", 1),
    ("llamacpp:tokens_predicted_total", 1),
)


@dataclass(frozen=True)
class Spent:
    """What a server counted up to a moment, or between two; tokens found in its cache are not counted."""

    prefill_ms: float
    decode_ms: float
    read_tokens: float
    written_tokens: float

    def __sub__(self, earlier: Spent) -> Spent:
        return Spent(*(now - then for now, then in zip(astuple(self), astuple(earlier))))


@dataclass(frozen=True)
class Server:
    """A server at `address`, a URL or the path of a socket; `key_file` holds what it wants to be shown."""

    address: str
    key_file: str = ""

    def spent(self) -> Spent:
        """Return its counters. Raises OSError when it does not run."""
        headers = {}
        if self.key_file:
            with open(self.key_file, encoding="utf-8") as file:
                headers["Authorization"] = f"Bearer {file.read().strip()}"
        connection = self._connection()
        connection.request("GET", "/metrics", headers=headers)
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        counted = dict(line.split() for line in lines if not line.startswith("#") and line)
        return Spent(*(float(counted[name]) * scale for name, scale in _COUNTERS))

    def _connection(self) -> http.client.HTTPConnection:
        if not self.address.startswith("/"):
            return http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=30)
        connection = http.client.HTTPConnection("localhost", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.address)
        return connection


def start(python: str, model_file: str, env: dict[str, str]) -> Server:
    """Start the server with `model_file` on a free port of the loopback; a `Lab` whose `env` this is ends it.

    `python` is the interpreter that has the wheel.
    """
    process = subprocess.Popen(
        [python, SCRIPT, "-m", model_file],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    if not address:
        raise SystemExit(f"the peers' server ended; see why with: {python} {SCRIPT} -m {model_file}")
    return Server(address)
