"""What a peer is here: a program in an environment of its own, whose command can be run and looked at."""

from __future__ import annotations

import os
import re
import shutil
from abc import ABC, abstractmethod
from dataclasses import dataclass

from lab import terminal

from peers_parts.server import Server

#: Some line editors ask the terminal where the cursor is before they go on.
_WHERE, _HERE = b"\x1b[6n", b"\x1b[1;1R"


@dataclass(frozen=True)
class Answer:
    """What one call brought: its output, its terminal's last line, exit status, milliseconds to the end."""

    text: str
    screen: str
    status: int
    finished_ms: float

    def fault(self) -> str:
        """Say what a hook would put into the line instead of one command, or ""."""
        line = self.text.strip()
        if not line:
            return f"nothing (exit status {self.status}: {self.screen})"
        if line[0] == "`" == line[-1]:
            return "the command in a Markdown fence" if "\n" in line else "the command in backquotes"
        return f"{len(line.splitlines())} lines" if "\n" in line else ""


class Peer(ABC):
    """One program that does caro's job. `packages`, itself first, are pinned: figures are to be had again.

    Its settings are in the throw-away home of a `Lab`, and the only server it knows is on this machine.
    """

    packages: tuple[str, ...]
    called: str
    #: On the screen when the command is there and an Enter is waited for. It is pressed at once.
    waits: re.Pattern[bytes] | None = None

    def __init__(self, bin_dir: str, env: dict[str, str], server: Server) -> None:
        """Take the program from `bin_dir` and its settings from the home in `env`, a `Lab`'s environment."""
        self.server = server
        self._bin, self._home = bin_dir, env["HOME"]
        self.env = {**env, "SHELL": shutil.which("zsh") or "/bin/zsh", "NO_PROXY": "127.0.0.1"}

    @classmethod
    def title(cls) -> tuple[str, str]:
        """Return its name, and its version and command."""
        name, _, version = cls.packages[0].partition("==")
        return name, f"{version}, {cls.called}"

    @abstractmethod
    def command(self, words: str) -> tuple[list[str], str | None]:
        """Return what the peer's hook runs for `words`, and what it gives it on standard input."""

    def ask(self, words: str) -> Answer:
        """Run the command on a terminal of its own, its output read from a pipe, as the hook does."""
        command, given = self.command(words)
        pressed = False

        def keys(shown: bytes, new: bytes) -> bytes:
            nonlocal pressed
            enter = not pressed and self.waits is not None and self.waits.search(shown) is not None
            pressed = pressed or enter
            return _HERE * new.count(_WHERE) + b"\r" * enter

        ran = terminal.run([os.path.join(self._bin, command[0]), *command[1:]], self.env, given, keys)
        screen = ran.drawn[-1][1].decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(screen) if line.strip()), "")
        return Answer(ran.output.decode("utf-8", "replace").rstrip("\n"), last, ran.status, ran.finished_ms)

    def _write(self, name: str, text: str, mode: int = 0o600) -> str:
        """Write a file of the home; return its path."""
        path = os.path.join(self._home, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path
