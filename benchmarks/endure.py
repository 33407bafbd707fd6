"""Presses the key for a long time: `make endure`. Nothing may be lost, left over or grow.

    endure.py [--presses 500] [--kills 50] [--model-dir DIR]

Three shells in turn, the real daemon and the default model. A third of the presses is cancelled half-way;
then the daemon is killed at random moments during presses. Each time the line must be whole and the screen
as it should be; at the end the daemon's memory is compared and no process may be left.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from lab import Lab, model_file

from caro_shell import config, hooks
from tests.terminal import CTRL_C, CTRL_G, KILL_LINE, PtyTerminal

_FRAME = re.compile("^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] ?", re.MULTILINE)

SHELLS = ("zsh", "bash", "fish")
WISHES = (
    "show how much disk space is free",
    "list the files here by size",
    "count the lines of all c files below src",
    "show who is logged in",
    "find pdf files changed in the last week",
)


class Presser:
    """Three shells, each with the hook loaded, and what has gone wrong so far."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._random = random.Random(7)
        self.faults: list[str] = []
        self.killed = self.cancelled = 0
        self.terminals = {}
        for shell in SHELLS:
            home = Path(lab.home) / shell
            home.mkdir()
            hook = home / f"caro.{shell}"
            hook.write_text(hooks.render(shell, config.Config()), encoding="utf-8")
            self.terminals[shell] = PtyTerminal(shell, f"source {hook}\n", home, {"HOME": str(home)})

    def type(self, number: int) -> tuple[PtyTerminal, str]:
        """Type words that were not typed before into the next shell, on a clear screen."""
        terminal = self.terminals[SHELLS[number % 3]]
        words = f"{WISHES[number % len(WISHES)]} number {number}"
        terminal.send(KILL_LINE + "\x0c")
        terminal.wait_for(lambda: terminal.text() == "$", "a clear screen")
        terminal.send(words)
        terminal.wait_for(lambda: terminal.text() == f"$ {words}", "the words")
        return terminal, words

    def finish(self, number: int) -> None:
        """A press that is waited for: a command and nothing else is on the screen then."""
        terminal, words = self.type(number)
        terminal.send(CTRL_G)
        self._settle(terminal, f"press {number}", lambda: words not in _joined(terminal))
        self._compare(terminal, f"press {number}")

    def cancel(self, number: int) -> None:
        """A press that is given up half-way: screen and line are as before, unless the answer was faster."""
        terminal, words = self.type(number)
        terminal.send(CTRL_G)
        terminal.wait_for(lambda: _joined(terminal) != f"$ {words}", "progress")
        time.sleep(self._random.uniform(0, 0.1))
        terminal.look()
        if words not in _joined(terminal):
            return
        terminal.send(CTRL_C)
        what = f"cancelled press {number}"
        self._settle(terminal, what, lambda: words == _joined(terminal)[2:] or words not in _joined(terminal))
        self._compare(terminal, what)
        self.cancelled += terminal.state().line == words

    def kill(self, number: int) -> None:
        """A press during which the daemon is killed: the words stay, with a sentence, or the command."""
        terminal, words = self.type(number)
        terminal.send(CTRL_G)
        time.sleep(self._random.uniform(0.0, 0.6))
        for process in self._lab.daemons():
            process.kill()
            self.killed += 1
        told = "caro: the caro daemon"
        self._settle(
            terminal, f"kill {number}", lambda: told in terminal.text() or words not in _joined(terminal)
        )
        if terminal.state().line == words:
            terminal.wait_for(lambda: told in terminal.text(), "sentence about the daemon")
        else:
            self._compare(terminal, f"kill {number}")

    def _settle(self, terminal: PtyTerminal, what: str, condition: Callable[[], bool]) -> None:
        """Wait until the screen is as `condition` wants it and there is no progress on it."""
        terminal.wait_for(lambda: condition() and not _FRAME.search(terminal.text()), f"end of {what}")

    def _compare(self, terminal: PtyTerminal, what: str) -> None:
        """Look whether the line, and nothing else, is on the screen; it may still be about to be drawn."""
        line = terminal.state().line
        try:
            terminal.wait_for(lambda: _solid(terminal.text()) == _solid(f"$ {line}"), "the line alone")
        except AssertionError:
            self.faults.append(f"{what}: {terminal.state()} on this screen:\n{terminal.text()}")


def _joined(terminal: PtyTerminal) -> str:
    """Return the screen as one line, wrapped or not."""
    return terminal.text().replace("\n", "")


def _solid(text: str) -> str:
    """Return `text` without blanks: one at the end of a row cannot be told from an empty cell."""
    return "".join(text.split())


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def main() -> int:
    """Press, kill, compare; exit status 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--presses", type=int, default=500)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--model-dir", metavar="DIR")
    args = parser.parse_args()
    with Lab(model_file(args.model_dir)) as lab:
        lab.press(WISHES[0])
        lab.press(WISHES[0], "fish")
        lab.settle()
        presser = Presser(lab)
        before = 0.0
        for number in range(args.presses):
            (presser.cancel if number % 3 == 1 else presser.finish)(number)
            if number == min(30, args.presses // 2):
                before = lab.daemon().memory_info().rss / 1e6
        after = lab.daemon().memory_info().rss / 1e6 if args.presses else 0.0
        print(f"{args.presses} presses, {presser.cancelled} of them cancelled before there was an answer")
        print(f"memory {before:.0f} MB after the first and {after:.0f} MB at the end")
        for number in range(args.kills):
            presser.kill(number)
        if args.kills:
            presser.finish(args.presses + args.kills)
        zombies = [p.pid for p in psutil.Process().children(recursive=True) if _is_zombie(p)]
        print(f"{presser.killed} kills, {len(presser.faults)} faults, {len(zombies)} zombies")
        for terminal in presser.terminals.values():
            terminal.close()
    print("\n".join(presser.faults))
    return 1 if presser.faults else 0


if __name__ == "__main__":
    sys.exit(main())
