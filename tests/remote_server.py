"""A real HTTP server on the loopback interface that plays what a test tells it to, and misbehaves on request.

    with serve() as server:
        server.on("/api/tags", says({"models": []}))
        server.on("/api/generate", says({"error": "busy"}, 503), says({"response": "ls"}))
        ... Endpoint(server.url) ...
    assert [r.path for r in server.requests] == ["/api/tags", "/api/generate", "/api/generate"]
    assert server.requests[1].json()["stream"] is False

`on(path, *answers)`: each request for the path (its query is not looked at) gets the next answer, and the
last answer is given for ever; a path without answers gets 404 and `{"detail": "Not Found"}`; the path
"*" stands for all that have none of their own. An answer is one of

    says(value, status=200, **headers)   `value` as JSON; a header `retry_after="1"` is Retry-After: 1
    body(data, status=200, **headers)    these bytes, with their length
    stream(*pieces)                      a chunked answer, each piece of bytes a chunk of its own, cut as it
                                         is; an Event among them is waited for, HOLD until the client hangs up
    drip(data)                           a chunked answer of one byte after the other, for ever
    endless(data)                        a chunked answer of `data` again and again
    silent(head=True)                    the headers (or not even those), and nothing more
    broken(data, length)                 headers that promise `length` bytes, `data`, then a reset
    raw(data)                            exactly these bytes, then the end of the connection
    tunnel(port)                         what a proxy does for CONNECT, to a port of this machine
    anything callable with an Exchange   `send`, `await_hang_up`, `reset`, `request`

`server.requests` are those that came whole, in order, each with method, path, headers, body, `json()` and
the number of its `connection`. `server.seen` is set when a request has come, `server.hung_up` when a client
has gone away in the middle of an answer; both are events to wait for (`seen(event)` fails after a while).
With it, `Person(leaves=server.seen)` of tests/person.py leaves once the server has seen a request.

`refused()` is the URL of a port where nobody listens, `stalled()` one that never accepts a connection,
`serve(tls=context)` speaks TLS. When `serve` ends, all connections are closed and all its threads are over.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Union
from urllib.parse import urlsplit

from tests.until import PATIENCE_S

#: Seconds between two bytes of a drip, and between two looks at a client that may have gone.
PACE_S = 0.002

#: In a `stream`: wait until the client hangs up.
HOLD = object()


@dataclass(frozen=True)
class Request:
    """What a client asked; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    def json(self) -> Any:
        return json.loads(self.body)


class Exchange:
    """One request and the means to answer it. Every method raises _Gone when the client has gone."""

    def __init__(self, server: RemoteServer, connection: socket.socket, request: Request):
        self.request = request
        self.connection = connection
        self._server = server

    def send(self, data: bytes) -> None:
        try:
            self.connection.sendall(data)
        except OSError as error:
            raise _Gone from error

    def head(self, status: int = 200, **headers: str) -> None:
        """Send the first line and the headers; `content_length` is Content-Length."""
        lines = [f"HTTP/1.1 {status} Whatever"]
        lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def chunk(self, data: bytes) -> None:
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def look(self, seconds: float = PACE_S) -> None:
        """Let a moment pass, shorter if the client goes away meanwhile."""
        if self._server.ending.is_set():
            raise _Gone
        if select.select([self.connection], [], [], seconds)[0]:
            try:
                data = self.connection.recv(65536)
            except OSError as error:
                raise _Gone from error
            if not data:
                raise _Gone

    def await_event(self, event: threading.Event) -> None:
        while not event.is_set():
            self.look()

    def await_hang_up(self) -> None:
        while True:
            self.look(0.02)

    def reset(self) -> None:
        """Break the connection: the client sees a reset, not an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())  # `close` would leave it open for the handler's files


Answer = Callable[[Exchange], None]
Piece = Union[bytes, threading.Event, object]


@dataclass
class RemoteServer:
    """See the module's text."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    seen: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)
    ending: threading.Event = field(default_factory=threading.Event)
    _answers: dict[str, list[Answer]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port
        return port

    def on(self, path: str, *answers: Answer) -> None:
        self._answers[path] = list(answers)

    def next_answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            path = urlsplit(request.path).path or request.path
            answers = (
                self._answers.get(path) or self._answers.get("*") or [says({"detail": "Not Found"}, 404)]
            )
            return answers.pop(0) if len(answers) > 1 else answers[0]


@contextlib.contextmanager
def serve(tls: ssl.SSLContext | None = None) -> Iterator[RemoteServer]:
    """Serve on a port of its own meanwhile."""
    remote = RemoteServer()
    handler = type("Handler", (_Handler,), {"remote": remote, "numbers": itertools.count()})
    with _Server(("127.0.0.1", 0), handler) as server:
        server.tls = tls
        remote.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_until, args=(remote.ending,))
        thread.start()
        try:
            yield remote
        finally:
            remote.ending.set()
            server.wake()
            thread.join()
            server.hang_up()
    assert not server.failures, server.failures


@contextlib.contextmanager
def refused() -> Iterator[str]:
    """Give the URL of a port of this machine that refuses connections."""
    with socket.socket() as taken:  # bound, so that nobody else gets it, and not listening
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextlib.contextmanager
def stalled() -> Iterator[str]:
    """Give the URL of a port of this machine that never gets round to a connection (Linux only).

    Its backlog is full: the kernel answers no further connection, as if a firewall dropped it.
    """
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def says(value: Any, status: int = 200, **headers: str) -> Answer:
    return body(json.dumps(value).encode(), status, **{"content_type": "application/json", **headers})


def body(data: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(exchange: Exchange) -> None:
        exchange.head(status, content_length=str(len(data)), **headers)
        exchange.send(data)

    return answer


def stream(*pieces: Piece, **headers: str) -> Answer:
    def answer(exchange: Exchange) -> None:
        exchange.head(transfer_encoding="chunked", **headers)
        for piece in pieces:
            if isinstance(piece, bytes):
                exchange.chunk(piece)
            elif isinstance(piece, threading.Event):
                exchange.await_event(piece)
            else:
                exchange.await_hang_up()
        exchange.send(b"0\r\n\r\n")

    return answer


def drip(data: bytes = b" ", **headers: str) -> Answer:
    def answer(exchange: Exchange) -> None:
        exchange.head(transfer_encoding="chunked", **headers)
        for byte in itertools.cycle(data):
            exchange.chunk(bytes([byte]))
            exchange.look()

    return answer


def endless(data: bytes) -> Answer:
    def answer(exchange: Exchange) -> None:
        exchange.head(transfer_encoding="chunked")
        while True:
            exchange.chunk(data)

    return answer


def silent(*, head: bool = True) -> Answer:
    def answer(exchange: Exchange) -> None:
        if head:
            exchange.head(content_length="100")
        exchange.await_hang_up()

    return answer


def broken(data: bytes, length: int) -> Answer:
    def answer(exchange: Exchange) -> None:
        exchange.head(content_length=str(length))
        exchange.send(data)
        exchange.reset()

    return answer


def raw(data: bytes) -> Answer:
    def answer(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.connection.shutdown(socket.SHUT_RDWR)

    return answer


def tunnel(port: int) -> Answer:
    def answer(exchange: Exchange) -> None:
        client = exchange.connection
        with socket.create_connection(("127.0.0.1", port)) as server:
            exchange.head()
            while True:
                for source in select.select([client, server], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    (server if source is client else client).sendall(data)

    return answer


def seen(event: threading.Event) -> bool:
    """Wait until something has happened to the server; say whether it did at all."""
    return event.wait(PATIENCE_S)


class _Gone(Exception):
    """The client has gone, or the server is about to end."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # they are waited for
    request_queue_size = 64
    tls: ssl.SSLContext | None = None

    def __init__(self, *args: Any):
        super().__init__(*args)
        self.failures: list[BaseException | None] = []
        self._connections: list[socket.socket] = []

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        # Without it each piece waits for the client's delayed acknowledgement of the one before it, 40 ms.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            # The handshake is left to the connection's own thread.
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._connections.append(connection)
        return connection, address

    def serve_until(self, ending: threading.Event) -> None:
        while not ending.is_set():
            self.handle_request()

    def wake(self) -> None:
        """Connect and hang up: looking every few milliseconds whether it is time to end would take longer."""
        socket.create_connection(self.server_address[:2]).close()

    def hang_up(self) -> None:
        for connection in self._connections:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def handle_error(self, *_: object) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.failures.append(error)


class _Handler(BaseHTTPRequestHandler):
    remote: RemoteServer
    numbers: Iterator[int]
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self._number = next(self.numbers)

    def _play(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length), self._number)
        answer = self.remote.next_answer(request)
        self.remote.seen.set()
        try:
            answer(Exchange(self.remote, self.connection, request))
        except _Gone:
            self.close_connection = True
            if not self.remote.ending.is_set():
                self.remote.hung_up.set()
        self.close_connection = self.close_connection or self.connection.fileno() < 0

    do_GET = do_POST = do_CONNECT = _play  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""
