"""The row below the cursor, on an emulated screen: where it is, how wide, and that nothing of it stays."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import threading

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from caro_shell import progress
from caro_shell.progress import FIRST_FRAME_S, FRAME_S, Progress

ROWS, COLUMNS = 6, 30
FRAME_END = b"\x1b8"


class Terminal:
    """A pty of `COLUMNS` with a pyte screen behind it."""

    def __init__(self) -> None:
        self.master, self.fd = os.openpty()
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)

    def type(self, text: str) -> None:
        """Put `text` on the screen, as a shell would."""
        self._stream.feed(text.encode())

    def see_frame(self) -> None:
        """Read and draw what was written, up to the end of one frame."""
        data = b""
        while not data.endswith(FRAME_END):
            data += os.read(self.master, 1)
        self._stream.feed(data)

    def written(self) -> bytes:
        """Return all that was written and not read yet."""
        os.write(self.fd, b"END")
        data = b""
        while not data.endswith(b"END"):
            data += os.read(self.master, 4096)
        return data[:-3]

    def rows(self) -> list[str]:
        return [row.rstrip() for row in self.screen.display]

    def cursor(self) -> tuple[int, int]:
        return self.screen.cursor.y, self.screen.cursor.x


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "monotonic", clock)
    return clock


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("LC_ALL", "C")
    terminal = Terminal()
    yield terminal
    os.close(terminal.master)
    os.close(terminal.fd)


@pytest.fixture
def drawn(terminal, clock):
    """Return a progress whose next frame is due."""
    shown = Progress(terminal.fd)
    clock.now += FIRST_FRAME_S
    return shown


def test_the_row_is_below_the_cursor_which_stays(terminal, drawn):
    terminal.type("above\r\n$ some words\x1b[4D")
    before = terminal.cursor()
    drawn.tick("ls -l")
    terminal.see_frame()
    assert terminal.rows() == ["above", "$ some words", "| ls -l", "", "", ""]
    assert terminal.cursor() == before


def test_it_is_taken_away_without_a_trace(terminal, drawn):
    terminal.type("above\r\n$ some words\x1b[4D")
    before = terminal.rows(), terminal.cursor(), terminal.screen.cursor.attrs
    drawn.tick("ls -l")
    terminal.see_frame()
    drawn.clear()
    terminal.see_frame()
    assert (terminal.rows(), terminal.cursor(), terminal.screen.cursor.attrs) == before
    drawn.clear()
    assert terminal.written() == b""


def test_on_the_last_row_the_screen_scrolls_once(terminal, drawn, clock):
    terminal.type("first" + "\r\n" * (ROWS - 1) + "$ some words\x1b[2D")
    line, column = terminal.cursor()
    for text in ("l", "ls", "ls -l"):
        drawn.tick(text)
        terminal.see_frame()
        clock.now += FRAME_S
    assert terminal.rows() == ["", "", "", "", "$ some words", "- ls -l"]
    assert terminal.cursor() == (line - 1, column)
    drawn.clear()
    terminal.see_frame()
    assert terminal.rows() == ["", "", "", "", "$ some words", ""]
    assert terminal.cursor() == (line - 1, column)


def test_a_shorter_text_leaves_nothing_of_a_longer_one(terminal, drawn):
    drawn.tick("reading the examples")
    drawn.show("ls")
    terminal.see_frame()
    terminal.see_frame()
    assert terminal.rows()[1] == "/ ls"


@pytest.mark.parametrize("text", ["a" * 100 + " the end", "你好" * 50, "e\u0301" * 60, "🎉" * 40 + "x"])
def test_a_long_text_is_cut_to_the_width_and_its_end_is_shown(terminal, drawn, text):
    terminal.type("$ ")
    drawn.tick(text)
    terminal.see_frame()
    row = terminal.rows()[1]
    assert terminal.rows() == ["$", row, "", "", "", ""]
    assert wcswidth(row) <= COLUMNS
    assert row[-1] == text[-1] or row.endswith("\xe9")  # pyte composes e and its accent
    assert wcswidth(row) > COLUMNS - 5 or "\u0301" in text


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"))), st.integers(-3, 40)
)
def test_what_is_shown_is_an_end_of_the_text_and_fits(text, columns):
    shown = progress._fit(text, columns)
    assert text.endswith(shown)
    assert wcswidth(shown) <= max(columns, 0)


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_a_terminal_of_hardly_any_width_is_no_error(terminal, drawn, columns):
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    drawn.tick("ls -l")
    terminal.see_frame()
    assert "l" not in terminal.rows()[1] or columns > 3


def test_nothing_is_drawn_before_it_is_due(terminal, clock):
    shown = Progress(terminal.fd)
    shown.tick("ls")
    shown.show("ls -l")
    clock.now += FIRST_FRAME_S * 0.9
    shown.tick("ls -la")
    shown.clear()
    assert terminal.written() == b""
    clock.now += FIRST_FRAME_S * 0.2
    shown.tick("ls -la")
    assert b"ls -la" in terminal.written()
    shown.tick("ls -lah")
    assert terminal.written() == b""
    clock.now += FRAME_S
    shown.tick("ls -lah")
    assert b"ls -lah" in terminal.written()


def test_what_can_be_read_at_once_is_not_waited_for(terminal):
    reader, writer = os.pipe()
    os.write(writer, b"x")
    Progress(terminal.fd).wait(reader)
    os.close(reader)
    os.close(writer)
    assert terminal.written() == b""


def test_frames_are_drawn_while_it_waits(terminal):
    reader, writer = os.pipe()
    seen = []

    def watch() -> None:
        for _ in range(3):
            terminal.see_frame()
            seen.append(terminal.rows()[1])
        os.write(writer, b"x")

    watcher = threading.Thread(target=watch)
    watcher.start()
    shown = Progress(terminal.fd)
    shown.show("ls -l")
    shown.wait(reader)
    watcher.join()
    os.close(reader)
    os.close(writer)
    assert seen == ["| ls -l", "/ ls -l", "- ls -l"]


@pytest.mark.parametrize(("locale", "frame"), [("C.UTF-8", "⠋"), ("de_DE.utf8", "⠋"), ("C", "|"), ("", "|")])
def test_the_spinner_is_of_the_locale(terminal, clock, monkeypatch, locale, frame):
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.delenv("LC_CTYPE", raising=False)
    monkeypatch.delenv("LANG", raising=False)
    shown = Progress(terminal.fd)
    clock.now += FIRST_FRAME_S
    shown.tick("ls")
    terminal.see_frame()
    assert terminal.rows()[1] == f"{frame} ls"


@pytest.mark.parametrize("term", ["dumb", None])
def test_a_dumb_terminal_is_left_alone(terminal, clock, monkeypatch, term):
    if term is None:
        monkeypatch.delenv("TERM")
    else:
        monkeypatch.setenv("TERM", term)
    shown = Progress(terminal.fd)
    clock.now += FIRST_FRAME_S
    shown.tick("ls")
    shown.clear()
    assert terminal.written() == b""


def test_no_terminal_is_no_error(monkeypatch, clock):
    monkeypatch.setenv("TERM", "xterm")
    shown = Progress(None)
    clock.now += FIRST_FRAME_S
    shown.tick("ls")
    shown.clear()


def test_a_closed_terminal_is_no_error_and_standard_input_is_not_written_to(terminal, clock, monkeypatch):
    closed, other = os.pipe()
    os.close(other)
    os.close(closed)
    kept = os.dup(0)
    os.dup2(terminal.fd, 0)
    try:
        shown = Progress(closed)
        clock.now += FIRST_FRAME_S
        shown.tick("ls")
        clock.now += FRAME_S
        shown.tick("ls -l")
        shown.clear()
    finally:
        os.dup2(kept, 0)
        os.close(kept)
    assert terminal.written() == b""
