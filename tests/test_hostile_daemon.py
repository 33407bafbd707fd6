"""A daemon that went bad: whatever it answers, the client lets nothing hostile onto line or screen."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence

import pytest

from caro_shell import hooks, paths, protocol
from caro_shell.protocol import RECORD_MAX
from tests.until import PATIENCE_S

pytestmark = pytest.mark.slow

RED, TITLE, CSI, BIDI, UNSEEN = "\x1b[31m", "\x1b]0;owned\x07", "\x9b2J", "\u202e", "\u200b"
HOSTILE = RED + TITLE + CSI + BIDI + UNSEEN
SPELT = "^[[31m^[]0;owned^G<U+009B>2J<U+202E><U+200B>"

SEEMING = "letters that only look like others"


@contextlib.contextmanager
def answering(*events: bytes | dict[str, str]) -> Iterator[None]:
    """Answer every request with `events`, at the daemon's own place."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(paths.socket_path())
    listener.listen()

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.recv(RECORD_MAX)
                for event in events:
                    connection.sendall(event if isinstance(event, bytes) else protocol.encode(**event))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        os.unlink(paths.socket_path())
        thread.join(PATIENCE_S)


ACCEPTED = {"event": "accepted"}


def reply(status: str, line: str, notice: str = "", **more: str) -> dict[str, str]:
    return {"event": "reply", "status": status, "line": line, "notice": notice, **more}


def press(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [*hooks.client_command(), "--shell", "bash", *arguments],
        input=b"list the files",
        capture_output=True,
        start_new_session=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


def test_what_is_fine_passes():
    with answering(ACCEPTED, reply("0", "ls -l", "so it is")):
        assert press() == (0, "ls -l\x1fso it is")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (f"ls {RED}", "the answer holds a character that cannot be seen (U+001B); nothing was changed"),
        (f"ls {CSI}", "the answer holds a character that cannot be seen (U+009B); nothing was changed"),
        (f"ls {BIDI}x", "the answer holds a character that cannot be seen (U+202E); nothing was changed"),
        (f"l{UNSEEN}s", "the answer holds a character that cannot be seen (U+200B); nothing was changed"),
        ("ls\u00a0-l", "the answer holds a character that cannot be seen (U+00A0); nothing was changed"),
        ("ls\nrm -rf ~", "the answer does not fit on one line; nothing was changed"),
        ("ls\rrm -rf ~", "the answer does not fit on one line; nothing was changed"),
        ("x" * 5000, "the answer is longer than 4,096 characters; nothing was changed"),
        ("", "the answer is empty; nothing was changed"),
        ("сurl x", f"the answer holds {SEEMING} (сurl: U+0441); nothing was changed"),
    ],
)
def test_a_command_that_may_not_be_on_a_line_is_a_sentence(line, sentence):
    with answering(ACCEPTED, reply("0", line, HOSTILE)):
        assert press() == (1, sentence)


def test_words_that_are_brought_back_may_have_lines_and_nothing_unseen():
    with answering(ACCEPTED, reply("2", "list\n\tthe files")):
        assert press() == (2, "list\n\tthe files")
    with answering(ACCEPTED, reply("2", f"list {BIDI}files")):
        code, text = press()
    assert code == 1
    assert text.startswith("your words hold a character that cannot be seen (U+202E), so they were not put")


def test_sentences_and_notices_are_spelt_out():
    with answering(ACCEPTED, reply("1", f"a\n{HOSTILE}")):
        assert press() == (1, f"a {SPELT}")
    with answering(ACCEPTED, reply("0", "ls", HOSTILE)):
        assert press() == (0, f"ls\x1f{SPELT}")


def test_what_is_shown_while_one_waits_is_spelt_out_and_bounded():
    events = [ACCEPTED, {"event": "stage", "text": HOSTILE}, {"event": "text", "text": "x" * 60000}]
    with answering(*events, b"", reply("0", "ls")):
        code, text = press("--frames", "yes")
    assert code == 0
    *frames, last = text.split("\x1e")
    assert last == "0\x1fls"
    assert all(frame.isprintable() and len(frame) < 4200 for frame in frames)


@pytest.mark.parametrize(
    "event",
    [
        reply("7", "ls"),
        reply("-1", "ls"),
        reply("130", HOSTILE),
        reply(HOSTILE, "ls"),
        {"event": "reply", "status": "0"},
        {"event": HOSTILE},
        b"\xff\x1e",
        HOSTILE.encode() + b"\x1e",
        b"event=reply\x1fline=" + b"x" * (RECORD_MAX + 1) + b"\x1e",
        b"x" * (RECORD_MAX + 1),
        b"",
    ],
    ids=range(11),
)
def test_what_is_no_reply_is_a_sentence(event):
    with answering(ACCEPTED, event):
        code, text = press()
    assert code == 1
    assert text.isprintable()
    assert len(text) < 4200


def test_what_the_daemon_says_is_not_kept_in_the_log():
    with answering(ACCEPTED, b"event=reply\x1fmy-secret-words\x1e"):
        assert press()[0] == 1
    log = paths.log_file("client")
    with open(log, encoding="utf-8") as file:
        text = file.read()
    assert "MalformedRecord" in text
    assert "my-secret-words" not in text


def details(command: str = "ls", alternatives: Sequence[str] = (), **more: object) -> str:
    offers = [{"line": line, "note": "", "risk": {"level": "safe"}} for line in (command, *alternatives)]
    values = {"command": command, "alternatives": list(alternatives), "offers": offers, "notices": []}
    return json.dumps({**values, **more})


def test_at_the_command_line_it_is_the_same(caro):
    with answering(ACCEPTED, reply("0", "ls", details=details(command=f"ls {RED}"))):
        code, out, err = caro("list the files")
    assert (code, out) == (1, "")
    assert "U+001B" in err
    with answering(ACCEPTED, reply("0", "ls", details=details(alternatives=["ls\nrm -rf ~"]))):
        assert caro("-n", "2", "list the files")[:2] == (1, "")
    with answering(ACCEPTED, reply("1", HOSTILE)):
        assert caro("list the files") == (1, "", f"caro: {SPELT}\n")
    with answering(ACCEPTED, reply("0", "ls", details=details(notices=[HOSTILE]))):
        assert caro("list the files") == (0, "ls\n", f"caro: {SPELT}\n")


def test_json_says_all_and_moves_no_terminal(caro):
    with answering(ACCEPTED, reply("0", "ls", details=details(explanation=HOSTILE + "é🎉\x7f"))):
        _, out, _ = caro("--json", "list the files")
    assert out[:-1].isprintable()
    assert "é🎉" in out
    assert json.loads(out)["explanation"] == HOSTILE + "é🎉\x7f"


def test_the_state_of_the_daemon_is_spelt_out(caro):
    state = {"version": HOSTILE, "pid": 1, "uptime_s": 1, "idle_s": 1, "model": HOSTILE, "memory_mb": 1}
    state = {**state, "answered": 1, "socket": HOSTILE}
    with answering(reply("0", json.dumps(state))):
        for arguments in (["daemon", "status"], ["daemon", "status", "--json"], ["doctor"]):
            _, out, err = caro(*arguments)
            assert all(line.isprintable() for line in (out + err).split("\n"))
            assert SPELT in out or "--json" in arguments
