"""A key press that a server answers, or ought to: in three shells, with the real daemon.

The servers are llama.cpp's own with the small model, and one that plays what a test tells it to. The embedded
model, where there is one at all, is the small model as well: it is asked aside what it would have written.
"""

from __future__ import annotations

import http.client
import json
import os
import threading
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Callable
from urllib.parse import urlsplit

import pytest

from tests import daemons
from tests.llama_server import started
from tests.remote_server import HOLD, Exchange, RemoteServer, drip, refused, seen, serve, stream
from tests.terminal import CTRL_C, CTRL_G, KILL_LINE, LEFT, PtyTerminal
from tests.until import PATIENCE_S, until

pytestmark = [pytest.mark.shell, pytest.mark.model]

TESTS_HOME = Path(os.environ.get("CARO_TEST_MODELS", Path.home() / ".cache/caro/test-home"))
SMALL = str(TESTS_HOME / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf")
EMBEDDED = {"backend.embedded.model": SMALL}
KEY = "k3y"
COMPLETIONS = "/v1/completions"
# Both are among the examples that a model is shown: the small one says them after, and ends there.
WORDS, OTHER_WORDS = "follow the last 50 lines of app.log", "pack the folder site into site.tar.gz"
UNREACHABLE = "caro: vllm not reachable, used the embedded model"

Open = Callable[..., PtyTerminal]

needs_llama = pytest.mark.skipif(
    not find_spec("xllamacpp"), reason="there is a wheel of xllamacpp for Linux only"
)


@pytest.fixture(scope="module")
def llama() -> Iterator[str]:
    """The URL of llama.cpp's own server."""
    with started(SMALL, KEY) as running:
        yield running.url


@pytest.fixture
def server() -> Iterator[RemoteServer]:
    with serve() as one:
        yield one


@pytest.fixture(autouse=True)
def prefix_states(own_home: Path) -> None:
    """Keep what the embedded model has read for the next test."""
    (TESTS_HOME / "cache").mkdir(exist_ok=True)
    daemons.caro_home().mkdir()
    (daemons.caro_home() / "cache").symlink_to(TESTS_HOME / "cache")


def prefer(url: str, more: Mapping[str, object] | None = None) -> None:
    """Let the server at `url` be asked; `more` are further settings."""
    settings = {
        "cache": False,
        "generation.timeout_s": PATIENCE_S,
        "backend.preferred": "vllm",
        "backend.vllm.enabled": True,
        "backend.vllm.url": url,
        "backend.vllm.model": "smollm2",
        **(more or {}),
    }
    daemons.write_config("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))


def piece(text: str, ends: str | None = None) -> bytes:
    choice = {"index": 0, "text": text, "finish_reason": ends}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


ANSWER = stream(piece("ls"), piece(" -lS", "stop"), b"data: [DONE]\n\n")


class Relay:
    """Hands requests to the server at `url`, its answers back; after the first text it waits for `go_on`."""

    def __init__(self, url: str) -> None:
        self.texts: list[str] = []
        self.go_on = threading.Event()
        self.ended = threading.Event()
        self._host = urlsplit(url).netloc

    def __call__(self, exchange: Exchange) -> None:
        request = exchange.request
        connection = http.client.HTTPConnection(self._host, timeout=PATIENCE_S)
        connection.request(request.method, request.path, request.body, request.headers)
        response = connection.getresponse()
        exchange.head(response.status, transfer_encoding="chunked")
        while True:
            data = response.read1(65536)
            if not data:
                break
            exchange.chunk(data)
            self.texts += _texts(data)
            if self.texts:
                exchange.await_event(self.go_on)
        exchange.send(b"0\r\n\r\n")
        connection.close()
        if self.texts:
            self.ended.set()


def _texts(events: bytes) -> list[str]:
    """Return the texts in one piece of an answer; llama.cpp's server cuts none of its events in two."""
    values = [json.loads(line[6:]) for line in events.split(b"\n") if line.startswith(b"data: {")]
    return [choice["text"] for value in values for choice in value["choices"] if choice.get("text")]


def logged() -> str:
    """Return what the daemon has logged, if there is one yet."""
    return daemons.log() if (daemons.caro_home() / "log/daemon.log").exists() else ""


def wait_for_stand_in(terminal: PtyTerminal, notice: str) -> None:
    """Look until `notice` is there; check that the line is what the embedded model makes of `WORDS`."""
    terminal.wait_for_text(notice)
    line = terminal.state().line
    assert "answered by embedded" in daemons.log()
    aside = {"flag.backend.preferred": "embedded", "shell": terminal.shell, "line": WORDS}
    assert line == daemons.ask("rewrite", **aside)["line"] != WORDS
    assert terminal.text().count("caro:") == 1


@needs_llama
def test_the_line_becomes_what_the_server_writes(
    llama: str, server: RemoteServer, open_terminal: Open
) -> None:
    relay = Relay(llama)
    server.on("*", relay)
    prefer(server.url, {"backend.vllm.model": ""})  # and there is no embedded model on this disk
    terminal = open_terminal(env={"VLLM_API_KEY": KEY})
    terminal.send(WORDS + CTRL_G)
    terminal.wait_for(lambda: bool(relay.texts), "text from the server")
    terminal.wait_for_progress(WORDS, relay.texts[0].strip())
    relay.go_on.set()
    terminal.wait_for(relay.ended.is_set, "end of the server's answer")
    terminal.wait_for_line("".join(relay.texts).strip())
    assert "caro:" not in terminal.text()
    assert f"answered by vllm ({SMALL})" in daemons.log()


@needs_llama
def test_a_server_that_is_killed_while_it_writes(open_terminal: Open) -> None:
    with started(SMALL, KEY, talkative=True) as running:
        # A model of another name is sent a conversation; there nothing but its limit ends an answer.
        prefer(running.url, {**EMBEDDED, "backend.vllm.model": "another", "generation.max_tokens": 900})
        terminal = open_terminal(env={"VLLM_API_KEY": KEY})
        terminal.send(WORDS)
        terminal.wait_for_text(WORDS)
        terminal.send(CTRL_G)
        terminal.wait_for(lambda: _beside_spinner(terminal) not in ("", "waiting for vllm"), "text")
        running.process.kill()
        wait_for_stand_in(terminal, UNREACHABLE)
    assert "broke the connection before its answer was complete" in daemons.log()


def _beside_spinner(terminal: PtyTerminal) -> str:
    """Return what stands beside the spinner, "" for no progress."""
    _, _, behind = terminal.text().partition("$ " + WORDS)
    return behind.strip()[2:]


def test_an_answer_that_breaks_off(server: RemoteServer, open_terminal: Open) -> None:
    shown = threading.Event()

    def answer(exchange: Exchange) -> None:
        exchange.head(transfer_encoding="chunked")
        exchange.chunk(piece("rm"))
        exchange.await_event(shown)
        exchange.reset()

    server.on(COMPLETIONS, answer)
    prefer(server.url, EMBEDDED)
    terminal = open_terminal()
    terminal.send(WORDS + CTRL_G)
    terminal.wait_for_progress(WORDS, "rm")
    shown.set()
    wait_for_stand_in(terminal, UNREACHABLE)
    assert f"127.0.0.1:{server.port} broke the connection" in daemons.log()


def test_an_answer_that_takes_too_long(server: RemoteServer, open_terminal: Open) -> None:
    server.on(COMPLETIONS, drip())
    prefer(server.url, {**EMBEDDED, "generation.timeout_s": 1})
    terminal = open_terminal()
    terminal.send(WORDS + CTRL_G)
    wait_for_stand_in(terminal, "caro: vllm did not answer in time, used the embedded model")
    assert seen(server.hung_up)
    assert f"127.0.0.1:{server.port} did not finish its answer within 1 s" in daemons.log()


def test_ctrl_c_hangs_up_on_an_answer_without_end(server: RemoteServer, open_terminal: Open) -> None:
    server.on(COMPLETIONS, stream(piece("ls"), HOLD), ANSWER)
    prefer(server.url)
    terminal = open_terminal()
    terminal.send(WORDS + LEFT * 3)
    before = terminal.state()
    terminal.send(CTRL_G)
    terminal.wait_for_progress(WORDS, "ls")
    terminal.send(CTRL_C)
    terminal.wait_for(server.hung_up.is_set, "end of the connection")
    assert terminal.state() == before == (WORDS, len(WORDS) - 3)
    terminal.wait_for(lambda: terminal.text() == "$ " + WORDS, "clean screen")
    until(logged, lambda log: "cancelled after" in log)
    terminal.send(CTRL_G)
    terminal.wait_for_line("ls -lS")


def test_a_host_is_named_before_words_go_there(server: RemoteServer, open_terminal: Open) -> None:
    # All that would leave the machine goes to the proxy instead, which is the server.
    server.on(COMPLETIONS, ANSWER)
    prefer("http://gpu.example:8000", EMBEDDED)
    terminal = open_terminal(env={"http_proxy": server.url}, size=(24, 200))
    terminal.send(WORDS + CTRL_G)
    terminal.wait_for_text("caro: from now on your words go to http://gpu.example:8000, readable")
    assert terminal.state() == (WORDS, len(WORDS))
    assert server.requests == []
    terminal.send(CTRL_G)
    terminal.wait_for_line("ls -lS")
    # More than once where the answer leaves out a file of the words, as this one does.
    assert {request.path for request in server.requests} == {f"http://gpu.example:8000{COMPLETIONS}"}


def test_without_fallback_the_servers_failure_is_said(server: RemoteServer, open_terminal: Open) -> None:
    server.on(COMPLETIONS, Exchange.reset, ANSWER)
    prefer(server.url, {**EMBEDDED, "backend.fallback": False})
    terminal = open_terminal(size=(24, 120))
    terminal.send(WORDS + LEFT * 3)
    before = terminal.state()
    terminal.send(CTRL_G)
    terminal.wait_for_text(f"caro: 127.0.0.1:{server.port} broke the connection before its answer was")
    assert terminal.state() == before == (WORDS, len(WORDS) - 3)
    terminal.send(CTRL_G)
    terminal.wait_for(lambda: "$ ls -lS" in terminal.rows(), "answer of the server, asked again")


def test_nobody_at_the_servers_address(open_terminal: Open) -> None:
    with refused() as url:
        prefer(url)  # there is no embedded model either
        terminal = open_terminal(size=(24, 120))
        terminal.send(WORDS)
        terminal.wait_for_text(WORDS)
        sentence = f"caro: no server listens at {urlsplit(url).netloc}; start it, or correct backend.vllm.url"
        for times in (1, 2):  # the second press is told as much as the first
            terminal.send(CTRL_G)
            until(logged, lambda log: log.count("no answer: RemoteUnreachable: no server") == times)  # noqa: B023
            terminal.wait_for_text(sentence)
            assert terminal.state().line == WORDS


def test_auto_without_a_server_is_the_embedded_model(open_terminal: Open) -> None:
    with refused() as url:
        prefer(url, {**EMBEDDED, "backend.preferred": "auto"})
        terminal = open_terminal()
        for times, words in enumerate((WORDS, OTHER_WORDS), 1):
            terminal.send(KILL_LINE + words + CTRL_G)
            until(logged, lambda log: log.count("answered by embedded") == times)  # noqa: B023
            terminal.wait_for(lambda: words not in terminal.text(), "a command")  # noqa: B023
            assert terminal.state().line
            assert "caro:" not in terminal.text()
        assert daemons.log().count("vllm is passed over") == 1
