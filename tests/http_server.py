"""A real HTTP server on the loopback interface that serves one file, and misbehaves when told to."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Fail(NamedTuple):
    """Answer a request with this status."""

    status: int


class Cut(NamedTuple):
    """Send this many bytes of the body, then break the connection."""

    after: int


class Hold(NamedTuple):
    """Send this many bytes of the body, then wait for `FileServer.go_on`."""

    after: int


class FileServer:
    """How `content` is served, with an entity tag and ranges, which are `skew` bytes off.

    A range is refused to who had another tag, if the server `minds_tags`.

    `mishaps` are used up one for each request; then all goes well. `requests` has each request's headers.
    """

    def __init__(self, content: bytes):
        self.content = content
        self.tag = '"first"'
        self.ranges = True
        self.minds_tags = True
        self.skew = 0
        self.mishaps: list[Fail | Cut | Hold] = []
        self.requests: list[dict[str, str]] = []
        self.held = threading.Event()
        self.go_on = threading.Event()
        self.url = ""


@contextmanager
def serve(content: bytes) -> Iterator[FileServer]:
    """Serve `content` at `FileServer.url` meanwhile."""
    served = FileServer(content)
    handler = type("Handler", (_Handler,), {"served": served})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        served.url = f"http://127.0.0.1:{server.server_port}/tiny.gguf"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            served.go_on.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    served: FileServer

    def do_GET(self) -> None:
        served = self.served
        served.requests.append(dict(self.headers))
        mishap = served.mishaps.pop(0) if served.mishaps else None
        if isinstance(mishap, Fail):
            self.send_response(mishap.status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        try:
            self._send_body(self._send_head(), mishap)
        except ConnectionError:
            self.close_connection = True

    def _send_head(self) -> bytes:
        """Send the headers; return the body they promise."""
        served = self.served
        start = self._start()
        if start >= len(served.content):
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return b""
        body = served.content[start:]
        self.send_response(206 if start else 200)
        if start:
            last = len(served.content) - 1
            self.send_header("Content-Range", f"bytes {start + served.skew}-{last}/{len(served.content)}")
        self.send_header("Content-Length", str(len(body)))
        if served.tag:
            self.send_header("ETag", served.tag)
        self.end_headers()
        return body

    def _start(self) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        asked_tag = self.headers.get("If-Range", self.served.tag)
        valid = asked_tag == self.served.tag or not self.served.minds_tags
        return int(asked[1]) if asked and valid and self.served.ranges else 0

    def _send_body(self, body: bytes, mishap: Cut | Hold | None) -> None:
        if mishap is None:
            self.wfile.write(body)
            return
        self.wfile.write(body[: mishap.after])
        if isinstance(mishap, Hold):
            self.served.held.set()
            self.served.go_on.wait(20)
            self.wfile.write(body[mishap.after :])

    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""
