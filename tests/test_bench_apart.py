"""Nothing that the model is shown or taught is a task of the benchmark, nor nearly one."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

import caro_shell
from caro_shell.bank import pairs
from caro_shell.bench.likeness import Shingles, normalised
from caro_shell.bench.task import load_tasks
from caro_shell.prompt import SHELLS, make_prompt
from caro_shell.resources import resource

#: The share of common sequences of four characters from which on one request is nearly the other. Requests
#: for another thing in the same words ("the largest file in logs", "... in photos") have less.
NEARLY = 0.5

TASKS = [task for platform in ("linux", "darwin") for task in load_tasks(platform=platform)]
GOLD = {normalised(command) for task in TASKS for command in (*task.accept, *task.also)}
WORDS = Shingles(task.words for task in TASKS)
SHOWN = {
    pair
    for shell, platform in itertools.product(SHELLS, ("linux", "darwin"))
    for pair in make_prompt("", shell, platform).examples
}
BANK = {(pair.words, pair.command) for pair in pairs.read(resource("models", "bank"))}


def offence(words: str, command: str) -> str:
    """Say how a pair comes too near to a task, "" where it does not; never to which task."""
    if normalised(command) in GOLD:
        return "its command is an accepted one"
    return "its words are nearly a task's" if WORDS.nearest(words) >= NEARLY else ""


@pytest.mark.parametrize("found", [SHOWN, BANK], ids=["fixed examples", "bank"])
def test_no_pair_is_a_task(found):
    assert len(found) > 30
    near = {pair: offence(*pair) for pair in found}
    assert {pair: why for pair, why in near.items() if why} == {}


def test_a_task_in_other_letters_or_words_would_be_seen():
    for task in TASKS[::10]:
        assert offence(task.words.upper() + "!", "nothing alike")
        assert offence(f"please {task.words} now", "nothing alike") or len(task.words) < 30
        assert offence("nothing alike at all", task.accept[0].replace("'", '"'))
    assert not offence("print the weather of tomorrow in my town", "curl wttr.in")


def test_no_code_holds_the_words_of_a_task():
    source = normalised(" ".join(path.read_text() for path in Path(caro_shell.__file__).parent.rglob("*.py")))
    held = [task.id for task in TASKS if len(task.words.split()) > 3 and normalised(task.words) in source]
    assert held == []
