"""`caro init` on a pty, with pyte as the screen, and the two kinds of server that it may be told of."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence

import pexpect
import pyte

from tests.remote_server import Answer, Exchange, RemoteServer, says, stream
from tests.until import until

CTRL_C, CTRL_D, CTRL_U, ENTER, TAB = "\x03", "\x04", "\x15", "\r", "\t"
MODELS = ("llama3.2:3b", "qwen2.5-coder:7b", "qwen2.5-coder:1.5b")
KEY = "s3cret-key"


class Wizard:
    """One run of `caro init`."""

    def __init__(self, *arguments: str, columns: int = 80, rows: int = 60, **env: str) -> None:
        self.raw = b""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        # Nothing else of the machine's: it might name a proxy, a key or a locale.
        ours = {name: os.environ[name] for name in ("PATH", "HOME", "CARO_HOME", "XDG_RUNTIME_DIR")}
        self._process = pexpect.spawn(
            sys.executable,
            ["-m", "caro_shell", "init", *arguments],
            env={**ours, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **env},
            dimensions=(rows, columns),
        )
        self._process.delaybeforesend = None
        self._screen.write_process_input = self._process.send  # where the cursor is

    def text(self) -> str:
        """Return the screen, without trailing blanks and empty rows at its end."""
        return "\n".join(row.rstrip() for row in self._screen.display).rstrip()

    def wait_for(self, pattern: str) -> None:
        """Wait until `pattern`, a regular expression, is on the screen."""
        until(self._look, lambda text: re.search(pattern, text), pattern)

    def wait_for_words(self, text: str) -> None:
        """Wait until `text` is on the screen, wherever its lines are broken."""
        self.wait_for(r"\s+".join(map(re.escape, text.split())))

    def asks(self, question: str) -> None:
        """Wait until the row of the cursor begins with `question`."""
        until(self._look, lambda _: self._row().startswith(f"  {question}"), question)

    def press(self, keys: str) -> None:
        self._process.send(keys)

    def answer(self, question: str, answer: str = "") -> None:
        """Type the answer, and Enter, when the question is asked; wait until that is seen."""
        self.asks(question)
        row = self._screen.cursor.y
        self.press(answer + ENTER)
        until(self._look, lambda _: self._screen.cursor.y != row, f"Enter after {question}")

    def status(self) -> int:
        """Wait for the end; return the exit status."""
        while self._read():
            pass
        self._process.close()
        assert self._process.exitstatus is not None, self.text()
        return self._process.exitstatus

    def close(self) -> None:
        self._process.close(force=True)

    def _row(self) -> str:
        return self._screen.display[self._screen.cursor.y]

    def _look(self) -> str:
        assert self._read(), f"the end came, on this screen:\n{self.text()}"
        return self.text()

    def _read(self) -> bool:
        try:
            data = self._process.read_nonblocking(65536, timeout=0.05)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        self._stream.feed(data)
        return True


def play_ollama(server: RemoteServer, models: Sequence[str] = MODELS, command: str = "ls -l") -> None:
    """Let `server` be an Ollama that answers everything with `command`."""
    server.on("/api/version", says({"version": "0.33.0"}))
    server.on("/api/tags", says({"models": [{"name": name} for name in models]}))
    server.on("/api/generate", stream(*_lines({"response": command}, {"response": "", "done": True})))


def play_vllm(
    server: RemoteServer, models: Sequence[str] = ("qwen2.5-coder",), command: str = "ls -l"
) -> None:
    """Let `server` be a vLLM that wants KEY and answers everything with `command`."""
    written = stream(
        *(b"data: %s\n" % line for line in _lines(_choice(command, None), _choice("", "stop"))),
        b"data: [DONE]\n\n",
    )
    server.on("/v1/models", _guarded(says({"data": [{"id": name} for name in models]})))
    server.on("/v1/completions", _guarded(written))


def _choice(text: str, reason: str | None) -> dict[str, object]:
    return {"choices": [{"text": text, "finish_reason": reason}]}


def _lines(*objects: object) -> list[bytes]:
    return [json.dumps(one).encode() + b"\n" for one in objects]


def _guarded(answer: Answer) -> Answer:
    def guarded(exchange: Exchange) -> None:
        allowed = exchange.request.headers.get("authorization") == f"Bearer {KEY}"
        (answer if allowed else says({"error": "Unauthorized"}, 401))(exchange)

    return guarded
