"""How far a long task has come, on standard error: a bar on a terminal, occasional lines elsewhere."""

from __future__ import annotations

import sys
import time

from tqdm import tqdm

from caro_shell.sanitise import printable
from caro_shell.sizes import readable

#: Percent and seconds between two lines where there is no terminal.
LINE_STEP = 10
LINE_PAUSE_S = 2.0


class _Bar(tqdm):  # type: ignore[type-arg]  # the class is generic in its stubs only
    monitor_interval = 0  # no thread behind the bar's back

    def __init__(self, label: str, total: int) -> None:
        super().__init__(
            desc=label,
            total=total,
            file=sys.stderr,
            unit="B",
            unit_scale=True,
            leave=False,
            dynamic_ncols=True,
            smoothing=0.05,  # wheels arrive in bursts
        )


class Progress:
    """Progress through `total` bytes under a `label`; nothing at all when `quiet`."""

    def __init__(self, label: str, total: int, *, quiet: bool = False) -> None:
        self._label = printable(label)
        self._total = total
        self._base = 0
        self._quiet = quiet
        self._bar = _Bar(self._label, total) if sys.stderr.isatty() and not quiet else None
        self.start_at(0)

    def advance(self, count: int) -> None:
        """Move on by `count` bytes."""
        self._done += count
        if self._bar is not None:
            self._bar.update(count)
        elif (
            not self._quiet and self._percent() >= self._next_percent and time.monotonic() >= self._next_time
        ):
            self._expect_next_line()
            amount = f"{readable(self._done)} of {readable(self._total)}"
            print(f"{self._label}: {self._percent()} % ({amount})", file=sys.stderr)

    def expect(self, total: int) -> None:
        """Take `total` bytes for the whole, where that was not known before."""
        self._total = total
        if self._bar is not None:
            self._bar.total = total
        self._expect_next_line()

    def begin_at(self, base: int) -> None:
        """Begin with the next of several files, before which `base` bytes are done."""
        self._base = base

    def start_at(self, done: int) -> None:
        """Go to `done` bytes of the file and measure the rate from there."""
        done += self._base
        self._done = done
        self._expect_next_line()
        if self._bar is not None:
            self._bar.initial = done
            self._bar.reset(self._total)
            self._bar.n = self._bar.last_print_n = done
            self._bar.refresh()

    def say(self, sentence: str) -> None:
        """Show a sentence without tearing the bar."""
        if not self._quiet:
            tqdm.write(f"caro: {printable(sentence)}", file=sys.stderr)

    def _expect_next_line(self) -> None:
        self._next_percent = (self._percent() // LINE_STEP + 1) * LINE_STEP
        self._next_time = time.monotonic() + LINE_PAUSE_S

    def _percent(self) -> int:
        return self._done * 100 // self._total if self._total else 100

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
