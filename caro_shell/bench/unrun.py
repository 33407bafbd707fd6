"""Whether a command for another system is right: nothing is run, its form is compared with accepted ones."""

from __future__ import annotations

from functools import partial

from caro_shell import check
from caro_shell.bench.normalform import normal
from caro_shell.bench.task import Task
from caro_shell.check import options
from caro_shell.errors import NoCommandFound


def objection(task: Task, command: str) -> str:
    """Say why `command`, which the task's shell can read, is not right; "" where it is.

    This is stricter than a run: what is right in a way that the task does not list counts as wrong.
    """
    for finding in check.findings(command, "", task.shell, task.platform):
        if finding.kind in ("name", "option"):
            return finding.text
    accepted = {form(task, known) for known in (*task.accept, *task.also)}
    return "" if form(task, command) in accepted else "it is none of the known ways"


def form(task: Task, command: str) -> str:
    """Return the normal form of `command`, the command itself where it has none."""
    known = partial(options.known, platform=task.platform)
    try:
        return normal(command, task.shell, known, quiet=task.output == "nothing")
    except NoCommandFound:
        return command
