"""Who hears how far a run is: a row on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys

from caro_shell.backends import own_environment
from caro_shell.bench.run import Result
from caro_shell.progress import Progress
from caro_shell.sanitise import printable

#: Tasks after which a line is printed where there is no terminal: so many, or a tenth of all.
_TASKS = 6


class Watcher:
    """A listener that tells a person on standard error; no word of a task or an answer is shown.

    `label` says what is running, `of` how many tasks there are; how many were right is told if `tells_right`.
    """

    def __init__(self, label: str, of: int, *, quiet: bool = False, tells_right: bool = True) -> None:
        terminal = sys.stderr.isatty()
        self._progress = Progress(sys.stderr.fileno() if terminal and not quiet else None)
        self._lines = not quiet and not terminal
        self._label, self._of, self._tells_right = label, of, tells_right
        self._done = self._right = 0
        self.clear = self._progress.clear
        if not quiet:
            print(f"caro: {label}: {of} task{'s' if of > 1 else ''}", file=sys.stderr)

    def tell(self, result: Result) -> None:
        """Hear what came of a task."""
        self._done += 1
        self._right += result.verdict.right is True
        if self._lines and self._done % max(_TASKS, self._of // 10) == 0:
            print(f"caro: {self._so_far()}", file=sys.stderr)

    def stage(self, what: str) -> None:
        """See `Listener`."""
        if not self._tells_right:
            what = what.partition(":")[0]  # behind it may stand words of a task or of its answer
        self._progress.tick(f"{self._so_far()}: {printable(what)}")

    def text(self, so_far: str) -> None:  # noqa: ARG002 - the answers would flicker past
        """See `Listener`."""
        self._progress.tick(self._so_far())

    def cancelled(self) -> bool:
        """See `Listener`."""
        return False

    environment = staticmethod(own_environment)

    def _so_far(self) -> str:
        right = f", {self._right} right" if self._tells_right else ""
        return f"{self._label}: {self._done} of {self._of} tasks{right}"
