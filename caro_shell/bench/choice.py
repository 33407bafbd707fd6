"""Which tasks a run has."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from caro_shell.bench.task import Task
from caro_shell.errors import ConfigError


def chosen(
    tasks: Iterable[Task], shell: str, topics: Collection[str] = (), *, everyday: bool = False
) -> list[Task]:
    """Return those of `tasks` that are for `shell`.

    Only those of the named `topics`, if there are any, and the everyday ones, if so said. Raises ConfigError
    when there are none, or no such topic.
    """
    tasks = [task for task in tasks if task.shell == shell]
    known = sorted({task.topic for task in tasks})
    for topic in topics:
        if tasks and topic not in known:
            raise ConfigError(f"there is no topic {topic} here; there are: {', '.join(known)}")
    found = [
        task for task in tasks if (task.everyday or not everyday) and (not topics or task.topic in topics)
    ]
    if not found:
        raise ConfigError(f"there is no such task for {shell} in this split; ask for less")
    return found
