"""The main job: the real default model, started by the first key press, in three shells."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Callable

import pytest

from tests.terminal import CTRL_G, CTRL_UNDO, ENTER, PtyTerminal

pytestmark = [pytest.mark.shell, pytest.mark.model]

MODELS = Path(os.environ.get("CARO_TEST_MODELS", Path.home() / ".cache/caro/test-home"))


@pytest.fixture
def with_model(own_home: Path) -> None:
    """Let CARO_HOME hold the tests' models, and the prefix states of earlier runs."""
    assert (MODELS / "models").is_dir(), "no models for the tests: run tests/bootstrap.sh models"
    home = Path(os.environ["CARO_HOME"])
    home.mkdir()
    (home / "models").symlink_to(MODELS / "models")
    (MODELS / "cache").mkdir(exist_ok=True)
    (home / "cache").symlink_to(MODELS / "cache")
    (home / "config.toml").write_text("cache = false")  # the model itself is to answer


def test_words_become_a_command_that_works(
    with_model: None, open_terminal: Callable[..., PtyTerminal], own_home: Path
) -> None:
    logs = own_home / "var" / "log"
    logs.mkdir(parents=True)
    for size in range(1, 13):
        (logs / f"size{size:02}.log").write_bytes(b"x" * 4096 * size * 8)
    terminal = open_terminal(size=(30, 100))
    terminal.send(f"list the ten largest files under {logs}")
    terminal.wait_for_text("under ")
    terminal.send(CTRL_G)
    terminal.wait_for(lambda: "list the" not in terminal.text() and "$ " in terminal.text(), "a command")
    terminal.wait_for(lambda: re.search(r"\$ \w+ ", terminal.text()) is not None, "a command")
    command = terminal.state().line
    assert str(logs) in command

    terminal.send(CTRL_UNDO)
    terminal.wait_for_line(f"list the ten largest files under {logs}")
    terminal.run(command + "; echo do''ne", "\ndone")
    shown = re.findall(r"size(\d\d)\.log$", terminal.text(), re.MULTILINE)
    assert shown == [f"{size:02}" for size in range(12, 2, -1)], terminal.text()

    terminal.send("# show how much memory is free" + ENTER)
    terminal.wait_for(lambda: "$ free" in terminal.text(), "a command for a comment")


def test_without_a_model_the_line_stays(open_terminal: Callable[..., PtyTerminal]) -> None:
    terminal = open_terminal(size=(24, 120))
    terminal.send("list files" + CTRL_G)
    terminal.wait_for_text("is not on this disk; fetch it with: caro model pull")
    assert terminal.state() == ("list files", 10)
