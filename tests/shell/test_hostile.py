"""Hostile surroundings in three shells: what a server, a model, a name or a neighbour may try.

Each test looks at the line, at the screen, and at every byte that the terminal was sent.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from caro_shell import paths
from tests import daemons
from tests.remote_server import Answer, RemoteServer, body, drip, endless, says, serve, stream
from tests.terminal import CTRL_G, KILL_LINE, PtyTerminal

pytestmark = [pytest.mark.shell]

COMPLETIONS = "/v1/completions"
WORDS = "list the files"
#: A title of the window, a cleared screen, the same in one byte, a question to the terminal, a turned line.
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b2J\x1b[6n\u202e\u200b"
SPELT = "^[]0;owned^G^[[2J<U+009B>2J^[[6n<U+202E><U+200B>"
FORBIDDEN = [text.encode() for text in ("\x1b]0;owned", "\x1b[6n\u202e", "\x9b2J", "\u202e", "\u200b")]

Open = Callable[..., PtyTerminal]


@pytest.fixture
def server() -> Iterator[RemoteServer]:
    with serve() as one:
        yield one


def prefer(url: str, **more: object) -> None:
    """Let the server at `url` answer, and nobody else."""
    settings = {
        "cache": False,
        "backend.fallback": False,
        "backend.preferred": "vllm",
        "backend.vllm.enabled": True,
        "backend.vllm.url": url,
        "backend.vllm.model": "smollm2",
        **more,
    }
    daemons.write_config("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))


def piece(text: str, ends: str | None = None) -> bytes:
    choice = {"index": 0, "text": text, "finish_reason": ends}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


def answer(*texts: str) -> Answer:
    return stream(*map(piece, texts), piece("", "stop"), b"data: [DONE]\n\n")


@pytest.fixture
def watched(open_terminal: Open) -> Iterator[Callable[[], PtyTerminal]]:
    """Return a function that opens a terminal; what it was sent is looked at in the end."""
    sent = []

    def start() -> PtyTerminal:
        terminal = open_terminal(size=(24, 200))
        sent.append(io.BytesIO())
        terminal._process.logfile_read = sent[-1]
        return terminal

    yield start
    assert sent
    for data in sent:
        assert [text for text in FORBIDDEN if text in data.getvalue()] == []


def press(terminal: PtyTerminal, sentence: str) -> None:
    """Press on `WORDS`; look until `sentence` is there, and whether the line is what it was."""
    terminal.send(WORDS + CTRL_G)
    terminal.wait_for_text(sentence)
    assert terminal.state() == (WORDS, len(WORDS))


@pytest.mark.parametrize("hostile", [ESCAPES, "\x1b[31m", "\u202e", "\u200b", "\u00a0"], ids=ascii)
def test_what_cannot_be_seen_in_an_answer(server: RemoteServer, watched, hostile: str) -> None:
    server.on(COMPLETIONS, answer("ls ", hostile, "-l"))
    prefer(server.url)
    press(watched(), "caro: the answer holds a character that cannot be seen (U+")


def test_what_cannot_be_seen_in_the_preview(server: RemoteServer, watched) -> None:
    shown = threading.Event()
    server.on(COMPLETIONS, stream(piece("ls " + ESCAPES), shown, piece(" -l", "stop"), b"data: [DONE]\n\n"))
    prefer(server.url)
    terminal = watched()
    terminal.send(WORDS + CTRL_G)
    terminal.wait_for_progress(WORDS, "ls " + SPELT)
    shown.set()
    terminal.wait_for_text("caro: the answer holds a character that cannot be seen (U+001B)")
    assert terminal.state() == (WORDS, len(WORDS))


def test_a_program_that_is_not_what_it_seems(server: RemoteServer, watched) -> None:
    server.on(COMPLETIONS, answer("ls | сat"))
    prefer(server.url)
    press(watched(), "caro: the answer holds letters that only look like others (сat: U+0441)")


RISKY = "rm -rf /var/www"


def test_a_line_of_many_rows_has_its_note_and_its_beginning_on_the_screen(
    server: RemoteServer, open_terminal: Open
) -> None:
    server.on(COMPLETIONS, answer(f"{RISKY}; : " + "x" * 1500))
    prefer(server.url)
    terminal = open_terminal()
    terminal.send(WORDS + CTRL_G)
    terminal.wait_for_text("caro: danger: deletes everything under /var/www, not recoverable")
    terminal.wait_for_text(f"$ {RISKY}; : x")


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        ("x" * 1700, "the answer has 1,719 characters, more than this window can show"),
        (" " * 41 + "ls", "the answer has more than 40 blanks in a row; nothing was changed"),
    ],
    ids=["letters", "blanks"],
)
def test_a_line_whose_beginning_could_be_overlooked_is_not_put_there(
    server: RemoteServer, open_terminal: Open, rest: str, why: str
) -> None:
    server.on(COMPLETIONS, answer(f"{RISKY}; : {rest}"))
    prefer(server.url)
    press(open_terminal(), f"caro: {why}")


INJECTIONS = [
    "touch pwned",
    "ls; touch pwned",
    "ls $(touch pwned)",
    "ls `touch pwned`",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "${x:-$(touch pwned)}",
    "%(?.$(touch pwned).)",
    "ls\ntouch pwned",
    "ls\rtouch pwned",
    "ls\n\ntouch pwned\n",
    "ls \\\ntouch pwned",
    "```\nls\ntouch pwned\n```",
    "ls\x1f$(touch pwned)",
    "ls\x1etouch pwned\x1e",
    "!!",
]


@pytest.mark.parametrize("text", INJECTIONS, ids=range(len(INJECTIONS)))
def test_nothing_that_a_model_writes_is_run(server: RemoteServer, watched, own_home: Path, text: str) -> None:
    server.on(COMPLETIONS, answer(*text))
    prefer(server.url)
    terminal = watched()
    terminal.send(WORDS + CTRL_G)
    terminal.wait_for(
        lambda: "caro:" in terminal.text() or f"$ {WORDS}" not in terminal.text(), "an answer or a sentence"
    )
    line = terminal.state().line
    assert "\n" not in line
    assert "\r" not in line
    assert line.isprintable()
    terminal.run("echo still here", "still here")
    assert not list(own_home.rglob("pwned"))


@pytest.mark.parametrize("text", ["$(touch pwned)", "`touch pwned`", "%n%F{red}\\e[31m", "' \"; touch pwned"])
def test_nothing_that_a_server_says_is_run(server: RemoteServer, watched, own_home: Path, text: str) -> None:
    server.on("*", says({"error": {"message": f"no {text}{ESCAPES}"}}, 500))
    prefer(server.url)
    press(watched(), f"(no {text}{SPELT}); see the server's log")
    assert not list(own_home.rglob("pwned"))


HOST = "caro: 127.0.0.1:"


@pytest.mark.parametrize(
    ("played", "sentence"),
    [
        (endless(b"x" * 50000), "sent more than 1,000,000 bytes; is it the right server?"),
        (endless(piece("x" * 2000)), "sent more than 1,000,000 bytes; is it the right server?"),
        (
            body(gzip.compress(bytes(30_000_000), 9), content_encoding="gzip"),
            "sent more than 1,000,000 bytes; is it the right server?",
        ),
        (
            body(gzip.compress(gzip.compress(bytes(30_000_000), 9), 9), content_encoding="gzip, gzip"),
            "sent an answer in an encoding that it was not asked for",
        ),
        (drip(), "did not finish its answer within 1 s; try again"),
        (body(b"data: [1]\n\n"), "caro: the server's answer cannot be read; see its log"),
        (
            body(b'data: {"choices": [{"text": 7}]}\n\n'),
            "caro: the server's answer cannot be read; see its log",
        ),
        (body(b'data: {"choices": {"0": []}}\n\n'), "caro: the server's answer broke off; try again"),
        (body(b"data: " + b"[" * 100_000 + b"\n\n"), "caro: the server's answer cannot be read; see its log"),
        (body(b""), "has no completions as vLLM has them; check backend.vllm.url"),
    ],
    ids=range(10),
)
def test_an_answer_of_another_kind(server: RemoteServer, watched, played: Answer, sentence: str) -> None:
    server.on(COMPLETIONS, played)
    prefer(server.url, **{"generation.timeout_s": 1 if "1 s" in sentence else 30})
    press(watched(), sentence)


def test_a_redirect_to_another_host_is_not_followed(server: RemoteServer, watched) -> None:
    with serve() as other:
        other.on("*", answer("ls -l"))
        server.on("*", says({}, 307, location=f"{other.url}/{ESCAPES.encode().decode('latin-1')}"))
        prefer(server.url)
        press(watched(), f"{HOST}{server.port} sends requests on to {other.url}/^[]0;owned^G^[[2J")
        assert other.requests == []


def test_names_of_files_where_one_works(server: RemoteServer, watched, own_home: Path) -> None:
    for name in (f"a\n{ESCAPES}", "$(touch pwned)", "`touch pwned`", "-rf", "; touch pwned"):
        (own_home / name).mkdir()
    server.on(COMPLETIONS, answer("ls -l"))
    prefer(server.url)
    terminal = watched()
    terminal.send(WORDS + CTRL_G)
    terminal.wait_for_line("ls -l")
    assert not list(own_home.rglob("pwned"))
    (request,) = [request for request in server.requests if request.path == COMPLETIONS]
    assert b"pwned" not in request.body, "no name of a file leaves the machine"


def test_a_file_in_the_sockets_place(watched) -> None:
    Path(paths.socket_path()).write_text("mine")
    press(watched(), f"caro: {paths.socket_path()} is in the way of the caro daemon's socket; remove it")
    assert Path(paths.socket_path()).read_text() == "mine"
    os.unlink(paths.socket_path())


@pytest.mark.parametrize("kind", ["open", "link", "another user's"])
def test_a_directory_in_place_of_the_sockets_own(watched, tmp_path: Path, kind: str) -> None:
    directory = Path(os.environ["XDG_RUNTIME_DIR"]) / "caro"
    if kind == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        directory.symlink_to(tmp_path / "elsewhere")
    else:
        directory.mkdir(mode=0o700)
    if kind == "open":
        directory.chmod(0o777)
    elif kind == "another user's":
        if os.geteuid() != 0:
            pytest.skip("only root can give a directory to another user")
        os.chown(directory, 65534, 65534)
    press(watched(), f"caro: {directory} is not a private directory of yours; remove it")


def test_a_home_that_is_a_link(server: RemoteServer, watched, own_home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (own_home / ".caro").symlink_to(tmp_path / "elsewhere")
    server.on(COMPLETIONS, answer("ls -l"))
    prefer(server.url)
    terminal = watched()
    terminal.send(WORDS + CTRL_G)
    terminal.wait_for_line("ls -l")
    terminal.send(KILL_LINE)
    assert (tmp_path / "elsewhere/log/daemon.log").exists()
