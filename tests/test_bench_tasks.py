"""The tasks themselves: their accepted commands work and agree, and to do nothing is never right.

Those for macOS are not run: their commands are what its tools take, and have forms to compare.
"""

from __future__ import annotations

import itertools

import pytest

from caro_shell.bench import unrun
from caro_shell.bench.judge import judging, parses
from caro_shell.bench.task import Entry, Fixture, load_tasks, read_tasks
from caro_shell.check import line
from caro_shell.errors import ConfigError
from caro_shell.prompt import SHELLS, make_prompt
from tests.sandboxed import needs_sandbox

TASKS = load_tasks()
FOR_MACOS = load_tasks(platform="darwin")
ALL = TASKS + FOR_MACOS


@pytest.mark.slow
@needs_sandbox
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_a_task_accepts_its_own_commands_and_not_doing_nothing(task):
    with judging(task) as judge:
        assert not judge.defects
        first, *others = (judge.right[command] for command in task.accept)
        assert [first.difference(other) for other in others] == [""] * len(others), "they come to the same"
        assert all(judge.right[command].difference(first) for command in task.also), (
            "these belong to `accept`"
        )
        assert judge.outcome(task.accept[0]) == first, "it comes to the same each time"
        assert judge.verdict("true").right is False


@pytest.mark.parametrize("task", FOR_MACOS, ids=lambda task: task.id)
def test_a_task_for_macos_accepts_its_own_commands_and_not_doing_nothing(task):
    accepted = (*task.accept, *task.also)
    assert [unrun.objection(task, command) for command in accepted] == [""] * len(accepted)
    assert all(line.read(command, task.shell) for command in accepted), "or their options were not looked at"
    assert unrun.objection(task, "true")
    assert (task.before, task.after) == ("", ""), "nothing is run"
    assert not task.short, "nothing is run"
    assert task.shell == "bash", "the form is known for that, and for zsh"


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.id)
def test_a_task_makes_sense(task):
    assert task.shell in SHELLS
    assert all(parses(command, task.shell) for command in (*task.accept, *task.also))
    assert task.output != "names" or task.fixture.names, "there are names to look for"
    assert all(int(entry.mode or "600", 8) & 0o400 for entry in task.fixture.files.values())
    assert task.split == "dev" or not task.short, "the short set is looked at"


def test_no_two_tasks_are_the_same_and_none_is_what_the_model_is_shown():
    assert len({task.id for task in ALL}) == len({task.words for task in ALL}) == len(ALL)
    prompts = [
        make_prompt("", shell, platform) for shell, platform in itertools.product(SHELLS, ("linux", "darwin"))
    ]
    shown = {words for prompt in prompts for words, _ in prompt.examples}
    assert not shown & {task.words for task in ALL}
    shown_commands = {command for prompt in prompts for _, command in prompt.examples}
    assert not shown_commands & {command for task in ALL for command in (*task.accept, *task.also)}


def test_the_short_set_has_all_topics_and_levels_and_takes_a_minute():
    short = load_tasks(short=True)
    assert 12 <= len(short) <= 24
    assert all(task.short for task in short)
    assert {task.topic for task in short} == {task.topic for task in TASKS if task.shell == "bash"}
    assert {task.level for task in short} == {"easy", "medium", "hard"}


def test_a_split_is_asked_for_by_its_name():
    assert len(load_tasks(split="dev")) + len(load_tasks(split="test")) == len(TASKS)
    assert all(task.split == "dev" for task in load_tasks(split="dev"))


def test_there_are_thirty_tasks_in_fish_and_thirty_for_macos():
    assert sum(task.shell == "fish" for task in TASKS) >= 30
    assert len(FOR_MACOS) >= 30
    assert {task.topic for task in FOR_MACOS} == {"macos"}


TASK = """
[fixture.one]
setup = "true"
[fixture.one.files]
"a.txt" = "text"
"b/" = { mode = "700" }
[[task]]
id = "x"
words = "w"
level = "easy"
fixture = "one"
accept = ["ls"]
"""


def test_a_file_of_tasks_is_read(tmp_path):
    path = tmp_path / "dev" / "topic.toml"
    path.parent.mkdir()
    path.write_text(TASK)
    (task,) = read_tasks(str(path))
    assert (task.id, task.topic, task.accept, task.also) == ("x", "topic", ("ls",), ())
    assert task.fixture == Fixture({"a.txt": Entry("text"), "b/": Entry(mode="700")}, "true")
    assert task.fixture.names == {"a.txt", "b"}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('level = "easy"', 'level = "dreadful"'),
        ('level = "easy"', 'level = "easy"\nplatform = "plan9"'),
        ('fixture = "one"', 'fixture = "two"'),
        ('accept = ["ls"]', ""),
        ('words = "w"', 'wrods = "w"'),
        ('mode = "700"', 'mood = "700"'),
        ("[[task]]", "[[task]"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, right, wrong):
    path = tmp_path / "dev" / "topic.toml"
    path.parent.mkdir()
    path.write_text(TASK.replace(right, wrong))
    with pytest.raises(ConfigError, match=rf"{path} cannot be used .*; install caro again"):
        read_tasks(str(path))
