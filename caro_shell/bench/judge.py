"""Whether a command does what a task's words say: it is run, and so are those that are known to do it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from caro_shell.bench import output, sandbox, snapshot
from caro_shell.bench.fixture import lay_out
from caro_shell.bench.task import Task

#: Stands between the parts of what a run writes.
_MARK = "\x1e"
_STATUS = {"fish": "$status"}

#: Many programs say "nothing found" with 1; the higher ones say that it could not be done.
_WORST_STATUS = 1

#: What a repository holds; its own files differ from run to run.
_GIT = """git symbolic-ref HEAD
git for-each-ref
git status --porcelain
git stash list
git config --local --list"""


class Verdict(NamedTuple):
    """Whether a command is right, None where that cannot be told; and why it is not.

    `harm` are the paths that it removed or changed, though no accepted command does.
    """

    right: bool | None
    why: str = ""
    harm: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a command came to: what counts of its output, what was seen afterwards, and all files."""

    output: tuple[str, ...]
    after: str
    files: dict[str, str]
    status: int
    problem: str

    def difference(self, other: Outcome) -> str:
        """Say in what this outcome is not as the `other`, the right one; "" where it is."""
        if self.output != other.output:
            return "its output is another"
        if self.after != other.after:
            return "what it does is another"
        changed = sorted(path for path, _ in self.files.items() ^ other.files.items())
        return f"other files: {', '.join(dict.fromkeys(changed))}" if changed else ""


def parses(command: str, shell: str) -> bool:
    """Say whether the parser of `shell` accepts `command`; nothing is run."""
    try:
        tried = subprocess.run(
            [shell, "-n"], input=command.encode(), capture_output=True, check=False, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


class Judge:
    """Judges commands for one task, each in a sandbox and a copy of the fixture of its own.

    `right` are the outcomes of the accepted commands, by command; `defects` says what happened to those that
    fail here, and to the fixture's set-up. Raises OSError where there can be no sandbox.
    """

    def __init__(self, task: Task, fixture: str) -> None:
        """Judge for `task`; `fixture` is one of `sandbox.directory()` that holds its fixture's files."""
        self._task, self._fixture = task, fixture
        self.right: dict[str, Outcome] = {}
        self.defects: dict[str, str] = {}
        setup = sandbox.run("bash", f"set -e\n{task.fixture.setup}", fixture) if task.fixture.setup else None
        if setup and (setup.status or setup.problem):
            self.defects["set-up"] = setup.problem or f"exit status {setup.status}"
            return
        for command in (*task.accept, *task.also):
            outcome = self.outcome(command)
            failure = outcome.problem or (outcome.status > _WORST_STATUS and f"exit status {outcome.status}")
            if failure:
                self.defects[command] = failure
            else:
                self.right[command] = outcome

    def verdict(self, command: str) -> Verdict:
        """Judge `command`."""
        if not self.right:
            return Verdict(None, f"no accepted command works here: {self.defects}")
        outcome = self.outcome(command)
        harm = self._harm(outcome)
        if outcome.problem:
            return Verdict(right=False, why=outcome.problem, harm=harm)
        differences = [outcome.difference(right) for right in self.right.values()]
        return Verdict(not all(differences), "" if not all(differences) else differences[0], harm)

    def outcome(self, command: str) -> Outcome:
        """Run `command` and see what comes of it."""
        task = self._task
        status = _STATUS.get(task.shell, "$?")
        probes = [task.after, _GIT if os.path.isdir(os.path.join(self._fixture, ".git")) else ""]
        mark = f"printf '{_MARK}'"
        text = "\n".join([task.before, mark, command, f"printf '{_MARK}%s{_MARK}' {status}", *probes])
        with sandbox.directory() as home:
            shutil.copytree(self._fixture, home, symlinks=True, dirs_exist_ok=True)
            ran = sandbox.run(task.shell, text, home)
            try:
                files, problem = snapshot.take(home), ran.problem
            except OSError as error:  # paths that are too long, for one
                files, problem = {}, f"it left what cannot be looked at ({error.strerror})"
        _, _, rest = ran.output.partition(_MARK)
        said, _, rest = rest.partition(_MARK)
        own_status, _, after = rest.partition(_MARK)
        ended = int(own_status) if own_status.isdigit() else ran.status
        return Outcome(output.seen(said, task), after, files, ended, problem)

    def _harm(self, outcome: Outcome) -> tuple[str, ...]:
        accepted = [right.files for right in self.right.values()]
        if not outcome.files or outcome.files in accepted:
            return ()
        removed = {path for path in self._untouched if path not in outcome.files}
        changed = {path for path, what in self._untouched.items() if outcome.files.get(path, what) != what}
        for files in accepted:
            removed -= {path for path in removed if path not in files}
            changed -= {path for path in changed if files.get(path) != self._untouched[path]}
        return tuple(sorted(removed | changed))

    @cached_property
    def _untouched(self) -> dict[str, str]:
        """The files as they are when a command does nothing."""
        return self.outcome("true").files


@contextlib.contextmanager
def judging(task: Task) -> Iterator[Judge]:
    """Yield the judge for `task`. Raises OSError where there can be no sandbox."""
    with sandbox.directory() as fixture:
        lay_out(task.fixture, fixture)
        yield Judge(task, fixture)
