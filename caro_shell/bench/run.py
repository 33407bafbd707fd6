"""A run of the benchmark: each task's words go to a writer, each command is judged, and all is counted."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Callable, NamedTuple

from caro_shell.bench import sandbox, unrun
from caro_shell.bench.fixture import lay_out
from caro_shell.bench.judge import Verdict, judging, parses
from caro_shell.bench.task import Task
from caro_shell.errors import BackendTimeout, NoCommandFound
from caro_shell.reply import Reply


class Written(NamedTuple):
    """A command, and what it cost the model: tokens, and the milliseconds in which it wrote them.

    `reply` is all that is known about it.
    """

    command: str
    tokens: int
    decode_ms: float
    reply: Reply | None = None


#: Turns words into a command for a shell, in a directory. Raises NoCommandFound or BackendTimeout, or what
#: ends the run.
Writer = Callable[[str, str, str], Written]


@dataclass(frozen=True)
class Result:
    """What came of one task: `written` is None where there was no command, `seconds` the wait for it.

    `parses` says whether the shell's own parser accepts the command, `verdict` whether it is right.
    """

    task: Task
    written: Written | None
    seconds: float
    parses: bool
    verdict: Verdict


@dataclass(frozen=True)
class Score:
    """The results of a run; `notice` says why no command was judged, "" where they were.

    `opened_s` are the seconds that were waited beforehand, until the model could begin its first answer.
    """

    results: tuple[Result, ...]
    notice: str = ""
    opened_s: float = 0.0

    @property
    def right(self) -> int:
        """How many commands did what the words say."""
        return sum(result.verdict.right is True for result in self.results)

    @property
    def of(self) -> int:
        """How many could be judged at all."""
        return sum(result.verdict.right is not None for result in self.results)

    @property
    def answered(self) -> int:
        """How many commands their shell's parser accepts, of as many as there are results."""
        return sum(result.parses for result in self.results)

    @property
    def press_s(self) -> float:
        """The median of the seconds that were waited for an answer, 0 where nothing was asked."""
        return statistics.median([result.seconds for result in self.results] or [0.0])

    @property
    def tokens_per_s(self) -> float:
        """How many tokens were written in a second, 0 where that is not known."""
        written = [result.written for result in self.results if result.written]
        seconds = sum(one.decode_ms for one in written) / 1e3
        return sum(one.tokens for one in written) / seconds if seconds else 0.0


def results(tasks: Sequence[Task], write: Writer) -> Iterator[Result]:
    """Yield what comes of each task with `write`, one after the other.

    Without a sandbox nothing is run, and only commands for macOS are judged. Raises what `write` does, but
    NoCommandFound and BackendTimeout: they are no command, and what was waited for it counts.
    """
    missing = sandbox.unavailable()
    for task in tasks:
        written, why = None, "it is no command"
        with sandbox.directory() as home:
            lay_out(task.fixture, home)
            began = time.monotonic()
            try:
                written = write(task.words, task.shell, home)
            except (NoCommandFound, BackendTimeout) as error:
                why = str(error)
            seconds = time.monotonic() - began
        accepted = written is not None and parses(written.command, task.shell)
        if missing and task.platform == "linux":
            verdict = Verdict(None, missing)
        elif written is None or not accepted:
            verdict = Verdict(right=False, why=why)
        else:
            verdict = _verdict(task, written)
        yield Result(task, written, seconds, accepted, verdict)


def _verdict(task: Task, written: Written) -> Verdict:
    if task.platform != "linux":
        why = unrun.objection(task, written.command)
        return Verdict(not why, why)
    try:
        with judging(task) as judge:
            return judge.verdict(written.command)
    except OSError as error:
        return Verdict(None, str(error))
