"""A shell in a terminal, pressed and looked at by a test: on a pty with an emulated screen, or under tmux.

`wait_for` is the only way to wait: it looks until the screen is as wanted, and its failure prints the
screen. `state` is the other oracle: a test-only key makes the shell write down its buffer and cursor.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
import uuid
from pathlib import Path
from typing import Callable, NamedTuple

import pexpect
import pyte

#: Seconds after which a wait has failed; it is never waited for when all is well.
PATIENCE_S = float(os.environ.get("PATIENCE_S", "60"))
CTRL_C, CTRL_G, CTRL_UNDO, ENTER, ESCAPE, LEFT, UP = "\x03", "\x07", "\x1f", "\r", "\x1b", "\x1b[D", "\x1b[A"
KILL_LINE = "\x05\x15"  # to the end, then delete back to the beginning
_STATE_KEY, _ASK_AGAIN_S = "\x1d", 1.0

#: Start-up files: a prompt of "$ ", no history file of the machine's, and the state key.
_RC = {
    "zsh": """
PS1='$ '; HISTFILE=; HISTSIZE=100; SAVEHIST=0; unsetopt prompt_sp; KEYTIMEOUT=1
_test_state() {{ print -rn -- "$CURSOR:$BUFFER" > {state}.new; command mv {state}.new {state} }}
zle -N _test_state; for m in emacs viins vicmd; do bindkey -M $m '^]' _test_state; done; unset m
""",
    "bash": """
PS1='$ '; HISTFILE=; HISTCONTROL=; bind 'set keyseq-timeout 50'
_test_state() {{
  printf '%s:%s' "$READLINE_POINT" "$READLINE_LINE" > {state}.new; command mv {state}.new {state}
}}
for m in emacs vi-insert vi-command; do bind -m $m -x '"\\C-]": _test_state'; done; unset m
""",
    "fish": """
function fish_mode_prompt; end; function fish_prompt; echo -n '$ '; end
set -g fish_greeting; set -g fish_escape_delay_ms 50; set -g fish_autosuggestion_enabled 0
function _test_state
    printf '%s:%s' (commandline -C) "$(commandline)" > {state}.new; command mv {state}.new {state}
end
bind \\x1d _test_state; bind -M insert \\x1d _test_state
""",
}


class State(NamedTuple):
    """The shell's own idea of its line: text, and cursor position in characters."""

    line: str
    cursor: int


class Terminal:
    """What both kinds of terminal share: one interactive `shell` that has read `rc`, in `home`."""

    def __init__(self, shell: str, rc: str, home: Path, env: dict[str, str]) -> None:
        self.shell = shell
        self._state_file = home / f"state-{uuid.uuid4().hex}"
        self.home = home
        script = home / f"rc.{shell}"
        script.write_text(_RC[shell].format(state=shlex.quote(str(self._state_file))) + rc)
        self.command = {
            "zsh": ["zsh", "-d", "-i"],
            "bash": ["bash", "--noprofile", "--rcfile", str(script), "-i"],
            "fish": ["fish", "-i"],
        }[shell]
        if shell == "zsh":
            script.rename(home / ".zshrc")
        if shell == "fish":
            (home / ".config/fish").mkdir(parents=True, exist_ok=True)
            # Without it the first fish in a home reads all manual pages, in the background.
            (home / ".local/share/fish/generated_completions").mkdir(parents=True, exist_ok=True)
            script.rename(home / ".config/fish/config.fish")
        self.env = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "CARO_HOME", "XDG_RUNTIME_DIR")},
            "ZDOTDIR": str(home),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm-256color",
            **env,
        }

    def ready(self, prompt_row: int = 0) -> None:
        """Wait for the first prompt, and until the shell reads keys."""
        self.wait_for(lambda: self.row(prompt_row) == "$", "the first prompt")
        self.state()

    def send(self, keys: str) -> None:
        """Press keys."""
        raise NotImplementedError

    def look(self) -> None:
        """Bring the screen up to date, waiting a moment for something new."""
        raise NotImplementedError

    def rows(self) -> list[str]:
        """Return all rows of the screen, without trailing blanks."""
        raise NotImplementedError

    def row(self, number: int) -> str:
        """Return one row of the screen."""
        return self.rows()[number]

    def text(self) -> str:
        """Return the screen, without trailing blanks and empty rows at its end."""
        return "\n".join(self.rows()).rstrip()

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Look until `condition()` holds; fail with the screen when it does not in time."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{self.shell}: no {what} on this screen:\n{self.text()}\n(end of screen)"
                )
            self.look()

    def wait_for_text(self, text: str) -> None:
        """Look until `text` is on the screen."""
        self.wait_for(lambda: text in self.text(), repr(text))

    def state(self) -> State:
        """Ask the shell for its buffer and cursor."""
        self._state_file.unlink(missing_ok=True)
        asked: list[float] = []

        def answered() -> bool:
            overdue = not asked or time.monotonic() - asked[-1] > _ASK_AGAIN_S
            if overdue and not self._state_file.exists():
                asked.append(time.monotonic())
                self.send(_STATE_KEY)  # again, too: a client that is still ending takes keys away
            return self._state_file.exists()

        self.wait_for(answered, "answer to the state key")
        cursor, _, line = self._state_file.read_text().partition(":")
        for _ in asked[1:]:  # of a shell that was only slow other answers come: not into the next command
            self._state_file.unlink()
            later = time.monotonic() + _ASK_AGAIN_S
            self.wait_for(lambda: self._state_file.exists() or time.monotonic() > later, "moment's rest")  # noqa: B023
            if not self._state_file.exists():
                break
        return State(line, int(cursor))

    def wait_for_progress(self, line: str, command: str) -> None:
        """Look until what is written of `command` stands behind `line` (zsh) or on the row below it."""

        def shown() -> bool:
            rows = self.text().split("\n")
            if self.shell == "zsh":
                return rows[-1].startswith(f"$ {line}  ") and rows[-1].endswith(" " + command)
            return rows[-2:-1] == ["$ " + line] and rows[-1].endswith(" " + command)

        self.wait_for(shown, f"progress of {line!r}: {command!r}")

    def wait_for_line(self, line: str) -> None:
        """Look until `line` is the last on the screen, then check that the shell agrees.

        Not earlier: keys pressed while the client runs, the state key too, are not kept.
        """
        self.wait_for(lambda: self.text().replace("\n", "").endswith(f"$ {line}".rstrip()), repr(line))
        assert self.state().line == line

    def run(self, command: str, expected: str) -> None:
        """Run a command on a cleared line and wait for what it prints."""
        self.send(KILL_LINE + command + ENTER)
        self.wait_for_text(expected)
        self.state()


class PtyTerminal(Terminal):
    """On a pseudo-terminal, with pyte as the screen."""

    def __init__(
        self,
        shell: str,
        rc: str,
        home: Path,
        env: dict[str, str] | None = None,
        size: tuple[int, int] = (24, 80),
        prompt_row: int = 0,
    ) -> None:
        super().__init__(shell, rc, home, env or {})
        rows, columns = size
        self._screen = _AnsweringScreen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._process = pexpect.spawn(
            self.command[0], self.command[1:], env=self.env, cwd=str(home), dimensions=(rows, columns)
        )
        self._process.delaybeforesend = None
        self._screen.answer = self._process.send
        self.ready(prompt_row)

    def send(self, keys: str) -> None:
        self._process.send(keys)

    def look(self) -> None:
        try:
            self._stream.feed(self._process.read_nonblocking(65536, timeout=0.05))
        except pexpect.TIMEOUT:
            pass
        except pexpect.EOF:
            raise AssertionError(f"{self.shell} has ended; its last screen:\n{self.text()}") from None

    def rows(self) -> list[str]:
        return [row.rstrip() for row in self._screen.display]

    def cursor(self) -> tuple[int, int]:
        """Return the cursor's row and column."""
        return self._screen.cursor.y, self._screen.cursor.x

    def style(self, text: str, offset: int = 0) -> tuple[str, bool]:
        """Return colour and boldness of the character `offset` in the last `text` on the screen."""
        self.wait_for(lambda: any(text in row for row in self.rows()), repr(text))
        row, column = next(
            (number, row.rindex(text)) for number, row in reversed([*enumerate(self.rows())]) if text in row
        )
        character = self._screen.buffer[row][column + offset]
        return character.fg, character.bold

    def resize(self, rows: int, columns: int) -> None:
        """Give the window another size."""
        self._screen.resize(rows, columns)
        self._process.setwinsize(rows, columns)

    def close(self) -> None:
        self._process.close(force=True)


class TmuxTerminal(Terminal):
    """Under a tmux server of its own."""

    def __init__(self, shell: str, rc: str, home: Path) -> None:
        super().__init__(shell, rc, home, {"TERM": "tmux-256color"})
        self._socket = f"caro-test-{uuid.uuid4().hex[:8]}"
        self._rows: list[str] = [""] * 24
        environment = [f"{name}={value}" for name, value in self.env.items()]
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "-c", str(home),
            shlex.join(["env", "-i", *environment, *self.command]),
        )  # fmt: skip
        self.ready()

    def send(self, keys: str) -> None:
        codes = [f"{byte:02x}" for byte in keys.encode()]
        self._tmux("send-keys", "-H", *codes)

    def look(self) -> None:
        shown = self._tmux("capture-pane", "-p").split("\n")[:24]
        self._rows = [row.rstrip() for row in shown]

    def rows(self) -> list[str]:
        return self._rows

    def close(self) -> None:
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout


class _AnsweringScreen(pyte.Screen):
    """Answers what a terminal is asked; fish 4 waits for it."""

    answer: Callable[[str], object] = staticmethod(lambda _data: None)

    def write_process_input(self, data: str) -> None:
        self.answer(data)
