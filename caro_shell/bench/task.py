"""The tasks of the benchmark: words, the files they are about, and commands that do what the words say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import tomli

from caro_shell.errors import ConfigError
from caro_shell.resources import resource

LEVELS = ("easy", "medium", "hard")
SPLITS = ("dev", "test")
#: Whose tools a task is for, as in `sys.platform`. Only those of Linux are run here.
PLATFORMS = ("linux", "darwin")

#: What of the output is looked at; `output.seen` says how.
OUTPUTS = ("text", "names", "numbers", "nothing")


@dataclass(frozen=True)
class Entry:
    """A file of a fixture.

    It holds `text`, or filler of `size` ("3M", "200K", "77"), or is a symbolic link to `link`. It was changed
    `age` ago ("40d", "3h", "10m"); `mode` is octal, and must let the owner read it.
    """

    text: str = ""
    size: str = ""
    link: str = ""
    age: str = ""
    mode: str = ""


@dataclass(frozen=True)
class Fixture:
    """The home directory that a task starts in: files by their paths, then what the bash text `setup` does.

    A path that ends in a slash is a directory's.
    """

    files: Mapping[str, Entry]
    setup: str = ""

    @cached_property
    def names(self) -> frozenset[str]:
        """The last parts of the paths."""
        return frozenset(os.path.basename(path.rstrip("/")) for path in self.files)


@dataclass(frozen=True)
class Task:
    """One task. Its `topic` is the name of its file, its `id` unique among all.

    The commands of `accept` all come to the same; those of `also` are right too, by another reading of the
    words. `output` is one of `OUTPUTS`, in this order if `ordered`. Text of the task's `shell` that runs in
    front of the command (`before`) or behind it (`after`) shares its session; what `after` prints is
    compared as it is. Tasks that are `short` are asked where time is short, too; those that are `everyday`
    are what people ask for every day. Those of the split `test`, a directory of its own, are never looked at
    while something is improved.
    """

    id: str
    topic: str
    level: str
    split: str
    words: str
    fixture: Fixture
    accept: tuple[str, ...]
    also: tuple[str, ...] = ()
    output: str = "text"
    ordered: bool = True
    everyday: bool = False
    before: str = ""
    after: str = ""
    shell: str = "bash"
    platform: str = "linux"
    short: bool = False


def load_tasks(*, short: bool = False, split: str = "", platform: str = "linux") -> tuple[Task, ...]:
    """Return the tasks for `platform`, all or only the short set or one split, in the order of the files.

    Raises ConfigError when a file cannot be used.
    """
    directory = resource("benchmarks", "tasks")
    wanted = [part for part in SPLITS if split in ("", part)]
    try:
        files = [
            os.path.join(directory, part, name)
            for part in wanted
            for name in sorted(os.listdir(os.path.join(directory, part)))
            if name.endswith(".toml")
        ]
    except OSError as error:
        raise ConfigError(
            f"the benchmark's tasks cannot be read ({error.strerror}: {directory}); install caro again"
        ) from error
    tasks = [task for file in files for task in read_tasks(file)]
    return tuple(task for task in tasks if task.platform == platform and (task.short or not short))


def read_tasks(path: str) -> list[Task]:
    """Return the tasks of the file at `path`, SPLIT/TOPIC.toml. Raises ConfigError when it cannot be used."""
    directory, name = os.path.split(path)
    split, topic = os.path.basename(directory), os.path.splitext(name)[0]
    try:
        with open(path, "rb") as file:
            tables = tomli.load(file)
        fixtures = {name: _fixture(table) for name, table in tables["fixture"].items()}
        return [_task(split, topic, table, fixtures) for table in tables["task"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"the benchmark's tasks in {path} cannot be used ({error!r}); install caro again"
        ) from error


def _fixture(table: dict[str, Any]) -> Fixture:
    files = {
        path: Entry(text=entry) if isinstance(entry, str) else Entry(**entry)
        for path, entry in table.get("files", {}).items()
    }
    return Fixture(files, table.get("setup", ""))


def _task(split: str, topic: str, table: dict[str, Any], fixtures: Mapping[str, Fixture]) -> Task:
    task = Task(
        split=split,
        topic=topic,
        fixture=fixtures[table.pop("fixture")],
        accept=tuple(table.pop("accept")),
        also=tuple(table.pop("also", ())),
        **table,
    )
    choices = (
        (task.level, LEVELS),
        (task.split, SPLITS),
        (task.output, OUTPUTS),
        (task.platform, PLATFORMS),
    )
    for value, known in choices:
        if value not in known:
            raise ValueError(f"{task.id}: {value} is none of {', '.join(known)}")
    return task
