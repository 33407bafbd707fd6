"""What a waiting person sees: a spinner and the command so far. Imported on every key press.

Drawn on the row below the person's line, or handed to a shell that draws it itself. Shells track their
cursor by relative moves, so the row is made with an index (which scrolls when there is none below) and a
move back up, and left without a trace.
"""

from __future__ import annotations

import os
import select
from time import monotonic

from caro_shell.protocol import RECORD_END
from caro_shell.sanitise import LONGEST, printable

#: Seconds before anything is drawn (a fast answer should not flash), and between two frames.
FIRST_FRAME_S = 0.08
FRAME_S = 0.1

_UTF8_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ASCII_FRAMES = "|/-\\"
_SAVE, _RESTORE, _CLEAR = "\x1b7", "\x1b8", "\x1b[K"
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


class Progress:
    """Draws on the terminal `fd` (None: draws nothing)."""

    def __init__(self, fd: int | None) -> None:
        self._fd = None if os.environ.get("TERM", "dumb") == "dumb" else fd
        locale = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or ""
        self._frames = _UTF8_FRAMES if "utf" in locale.lower() else _ASCII_FRAMES
        self._frame = 0
        self._text = ""
        #: Rows of the person's line that are below the cursor.
        self.rows_below = 0
        self._shown = False
        self._due = monotonic() + FIRST_FRAME_S

    def wait(self, fd: int) -> None:
        """Return when `fd` can be read, drawing a frame whenever one is due."""
        while not select.select([fd], [], [], max(0.0, self._due - monotonic()))[0]:
            self._draw()

    def show(self, text: str) -> None:
        """Show `text` beside the spinner from now on, what cannot be seen in it spelt out."""
        self._text = printable(text[:LONGEST])
        if self._shown:
            self._draw()

    def tick(self, text: str) -> None:
        """Show `text` now if a frame is due: for work done in this very thread."""
        self._text = printable(text[:LONGEST])
        if monotonic() >= self._due:
            self._draw()

    def _draw(self) -> None:
        self._due = monotonic() + FRAME_S
        if self._fd is None:
            return
        frame = self._next_frame()
        row = "" if self._shown else self._down() + f"\x1b[{self.rows_below + 1}A"
        self._shown = True
        text = _fit(self._text, self._columns() - 3)
        self._write(f"{row}{_SAVE}{self._down()}\r{_DIM}{frame} {text}{_PLAIN}{_CLEAR}{_RESTORE}")

    def _next_frame(self) -> str:
        self._frame += 1
        return self._frames[(self._frame - 1) % len(self._frames)]

    def clear(self) -> None:
        """Take the row away again."""
        if self._shown:
            self._write(f"{_SAVE}{self._down()}\r{_CLEAR}{_RESTORE}")
            self._shown = False

    def _down(self) -> str:
        """Return an index for each row down to that of the progress."""
        return "\x1bD" * (self.rows_below + 1)

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._fd or 0).columns or 80
        except OSError:
            return 80

    def _write(self, text: str) -> None:
        if self._fd is None:
            return
        try:
            os.write(self._fd, text.encode("utf-8", "replace"))
        except OSError:
            self._fd = None


class Frames(Progress):
    """Writes each frame as a record to `fd`, for a shell that draws it behind the line."""

    def _draw(self) -> None:
        self._due = monotonic() + FRAME_S
        self._shown = True
        self._write(f"{self._next_frame()} {self._text}{RECORD_END}")

    def clear(self) -> None:
        """Do nothing: the shell takes away what it drew."""


def width(text: str) -> int:
    """Return how many columns `text` takes; a character from U+1100 on is taken to be two wide."""
    return sum(1 if char < "\u1100" else 2 for char in text)


def _fit(text: str, columns: int) -> str:
    """Return the end of `text` that fits."""
    taken = 0
    for i in range(len(text) - 1, -1, -1):
        taken += width(text[i])
        if taken > columns:
            return text[i + 1 :]
    return text
