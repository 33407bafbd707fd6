"""Times a key press that a server answers, over the bare HTTP call to that server: `make bench-remote`.

The server is llama.cpp's own with the small model of the tests, on this machine. Both arms send the same
bytes and read the same streamed answer to its end: one is the client as a hook runs it, with all that stands
between it and the server, the other `http.client` on a connection that is there already. The server has read
the words before, so that neither arm pays for what the other finds in its prompt cache.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

from lab import Lab, report
from lab.paired import Pairs, Spread
from peers_parts import server

#: What a key press may take beyond the call.
LIMIT_MS = 30

#: Requests to which the small model has a short answer: they are among its examples.
WORDS = (
    "follow the last 50 lines of app.log",
    "pack the folder site into site.tar.gz",
    "unpack photos.zip into the folder pics",
)
_PATH = "/v1/completions"
_MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    measured: str
    figure: str
    limit: str = ""
    met: str = ""


def main() -> int:
    """Measure, print the table; exit status 0 when the limit is met."""
    run = report.Report(report.parser(__doc__), rounds=20)
    directory = run.options.model_dir or os.path.join(os.environ.get("CARO_TEST_MODELS", ""), "models")
    model = os.path.abspath(os.path.join(directory, _MODEL))
    if not os.path.isfile(model):
        raise SystemExit(f"the small model of the tests is needed, and not at {model}: make ready")
    with Lab(model) as lab:
        pairs, alone = measure(lab, model, run.rounds)
    beyond = pairs.difference()
    met = beyond.median <= LIMIT_MS
    rows = [
        Row(
            "a key press, beyond the bare HTTP call",
            str(pairs),
            beyond.text(" ms"),
            f"{LIMIT_MS} ms",
            "yes" if met else "NO",
        ),
        Row("of it, a key press that is answered from the cache", "", alone.text(" ms")),
    ]
    cells = [tuple(asdict(row).values()) for row in rows]
    print(report.table([("what", "measured", "figure", "limit", "met"), *cells]))
    run.close(f"{len(WORDS)} requests", {"rows": [asdict(row) for row in rows]})
    return 0 if met else 1


def measure(lab: Lab, model: str, rounds: int) -> tuple[Pairs, Spread]:
    """Return key presses over bare calls, and what a press takes that needs no server."""
    bodies = {words: _body(lab, words) for words in WORDS}
    address = server.start(sys.executable, model, lab.env).address
    _prefer(lab, address)
    presses, calls = [], []
    for i in range(rounds):
        for words in WORDS:
            _call(address, bodies[words])
            pressed = lab.press(words).finished_ms if i % 2 else None
            calls.append(_call(address, bodies[words]))
            presses.append(lab.press(words).finished_ms if pressed is None else pressed)
    _prefer(lab, address, cache=True)
    for words in WORDS:
        lab.press(words)
    alone = [lab.press(words).finished_ms for _ in range(rounds) for words in WORDS]
    return Pairs(presses, calls), Spread.of(alone)


def _call(address: str, body: bytes) -> float:
    """Ask and read the whole answer; return the milliseconds, without those of the connection."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    connection.connect()  # llama.cpp's server closes each connection behind a streamed answer
    began = time.perf_counter()
    connection.request("POST", _PATH, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    elapsed = time.perf_counter() - began
    connection.close()
    if response.status != 200 or b"[DONE]" not in answer:
        raise SystemExit(f"the server gave no answer: {response.status} {answer[:300]!r}")
    return elapsed * 1e3


def _prefer(lab: Lab, url: str, *, cache: bool = False) -> None:
    """Let the server at `url` answer in `lab`, and no other model."""
    settings = {
        "cache": cache,
        "backend.preferred": "vllm",
        "backend.fallback": False,
        "backend.vllm.enabled": True,
        "backend.vllm.url": url,
        "backend.vllm.model": "smollm2",
    }
    with open(os.path.join(lab.env["CARO_HOME"], "config.toml"), "w", encoding="utf-8") as file:
        file.writelines(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())


def _body(lab: Lab, words: str) -> bytes:
    """Return what a key press on `words` sends to a server."""
    with _recorder() as (url, bodies):
        _prefer(lab, url)
        lab.press(words)
    return bodies[-1]


@contextmanager
def _recorder() -> Iterator[tuple[str, list[bytes]]]:
    """Run a server that keeps what it is sent, and always has the same answer; give its URL and the list."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'data: {"choices": [{"text": "ls", "finish_reason": "stop"}]}\n\n')

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as recorder:
        thread = threading.Thread(target=recorder.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{recorder.server_port}", bodies
        recorder.shutdown()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
