"""A real HTTP server on the loopback interface that speaks like huggingface.co about a directory.

Below the directory lie repositories, OWNER/NAME/FILE. What changes there is the repository's next commit.
`python tests/hub_server.py DIRECTORY [PORT]` serves until it is interrupted.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Files that a hub keeps in its large file storage, and states the SHA-256 of.
LARGE = (".gguf", ".safetensors")
CHUNK = 1 << 16


class Cut(NamedTuple):
    """Send this many bytes of the body, then break the connection."""

    after: int


class Fail(NamedTuple):
    """Answer with this status."""

    status: int


class Page(NamedTuple):
    """Answer with status 200 and this page, as a proxy does that asks to log in."""

    html: bytes = b"<html>Please log in</html>"


class Request(NamedTuple):
    """What was asked: the path with its query, and the headers."""

    path: str
    headers: dict[str, str]


class Hub:
    """How `directory` is served.

    `known` are the hashes, by path, of files too large to be read: git's name and the SHA-256. `mishaps` are
    used up one for each request of a file's content; then all goes well. `requests` are all that came.
    `elsewhere` is another server's URL, to which requests of content are sent on, as the real hub does with
    large files.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.url = ""
        self.elsewhere = ""
        self.known: dict[str, tuple[str, str]] = {}
        self.mishaps: list[Cut | Fail | Page] = []
        self.requests: list[Request] = []
        self._hashes: dict[tuple[object, ...], tuple[str, str]] = {}

    def contents(self) -> list[Request]:
        """Return the requests for files' content."""
        return [request for request in self.requests if "/resolve/" in request.path]

    def files(self, repo: str) -> dict[str, tuple[str, str]]:
        """Return the files of `repo`: git's name for each and its SHA-256."""
        root = os.path.join(self.directory, repo)
        found = {}
        for directory, _, names in os.walk(root):
            for name in names:
                path = os.path.join(directory, name)
                found[os.path.relpath(path, root)] = self.hashes(path)
        return dict(sorted(found.items()))

    def hashes(self, path: str) -> tuple[str, str]:
        """Return git's name for the file at `path` and its SHA-256."""
        if path in self.known:
            return self.known[path]
        entry = os.stat(path)
        key = (path, entry.st_ino, entry.st_size, entry.st_mtime_ns)
        if key not in self._hashes:
            blob, sha256 = hashlib.sha1(b"blob %d\0" % entry.st_size), hashlib.sha256()
            with open(path, "rb") as file:
                while chunk := file.read(CHUNK):
                    blob.update(chunk)
                    sha256.update(chunk)
            self._hashes[key] = (blob.hexdigest(), sha256.hexdigest())
        return self._hashes[key]

    def commit(self, repo: str) -> str:
        """Return the name of what `repo` holds now."""
        return hashlib.sha1(json.dumps(self.files(repo)).encode()).hexdigest()


@contextmanager
def hub(directory: str, port: int = 0) -> Iterator[Hub]:
    """Serve `directory` at `Hub.url` meanwhile."""
    served = Hub(str(directory))
    handler = type("Handler", (_Handler,), {"hub": served})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        served.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_GET(self) -> None:
        self.hub.requests.append(Request(self.path, dict(self.headers)))
        path = unquote(urlsplit(self.path).path)
        api = re.fullmatch(r"/api/models/([^/]+/[^/]+)/(revision|tree)/([^/]+)", path)
        content = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        try:
            if api and os.path.isdir(os.path.join(self.hub.directory, api[1])):
                self._tell(api[1], api[2], api[3])
            elif content:
                self._content(os.path.join(self.hub.directory, content[1], content[3]))
            else:
                self._plain(404, b"")
        except ConnectionError:
            self.close_connection = True

    def _tell(self, repo: str, what: str, revision: str) -> None:
        commit = self.hub.commit(repo)
        if revision not in ("main", commit):
            self._plain(404, b'{"error":"Invalid rev id"}')
        elif what == "revision":
            self._plain(200, json.dumps({"id": repo, "sha": commit, "siblings": []}).encode())
        else:
            entries = [self._entry(repo, name, *both) for name, both in self.hub.files(repo).items()]
            self._plain(200, json.dumps([{"type": "directory", "path": "d", "oid": ""}, *entries]).encode())

    def _entry(self, repo: str, name: str, blob: str, sha256: str) -> dict[str, object]:
        size = os.path.getsize(os.path.join(self.hub.directory, repo, name))
        entry: dict[str, object] = {"type": "file", "path": name, "size": size, "oid": blob}
        if name.endswith(LARGE):
            entry["lfs"] = {"oid": sha256, "size": size, "pointerSize": 134}
        return entry

    def _content(self, path: str) -> None:
        mishap = self.hub.mishaps.pop(0) if self.hub.mishaps else None
        if isinstance(mishap, Fail):
            self._plain(mishap.status, b"")
        elif isinstance(mishap, Page):
            self._plain(200, mishap.html, "text/html")
        elif not os.path.isfile(path):
            self._plain(404, b"Entry not found")
        elif self.hub.elsewhere:
            self.send_response(302)
            self.send_header("Location", self.hub.elsewhere + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._send(path, mishap.after if mishap else None)

    def _send(self, path: str, cut: int | None) -> None:
        tag = f'"{self.hub.hashes(path)[1]}"'
        size = os.path.getsize(path)
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked and self.headers.get("If-Range", tag) == tag else 0
        if start >= max(size, 1):
            self._plain(416, b"")
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("Content-Length", str(size - start))
        self.send_header("ETag", tag)
        self.end_headers()
        left = size - start if cut is None else min(cut, size - start)
        with open(path, "rb") as file:
            file.seek(start)
            while left and (chunk := file.read(min(CHUNK, left))):
                self.wfile.write(chunk)
                left -= len(chunk)

    def _plain(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""


if __name__ == "__main__":
    with hub(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0) as running:
        print(f"export HF_ENDPOINT={running.url}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
