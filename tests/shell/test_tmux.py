"""The heart of the scenarios once more under tmux: another terminal, the same behaviour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal import CTRL_C, CTRL_G, CTRL_UNDO, ENTER, TmuxTerminal

pytestmark = pytest.mark.tmux


@pytest.fixture
def tmux(scripted: Path, shell: str, hook: str, own_home: Path) -> Iterator[TmuxTerminal]:
    terminal = TmuxTerminal(shell, hook, own_home)
    yield terminal
    terminal.close()


def test_rewrite_and_undo(tmux: TmuxTerminal) -> None:
    tmux.send("say ls -l" + CTRL_G)
    tmux.wait_for_line("ls -l")
    tmux.send(CTRL_UNDO)
    tmux.wait_for_line("say ls -l")


def test_comment_and_enter(tmux: TmuxTerminal) -> None:
    tmux.send("# say echo a-b" + ENTER)
    tmux.wait_for_line("echo a-b")
    tmux.send(ENTER)
    tmux.wait_for_text("\na-b")


def test_progress_then_ctrl_c_leaves_the_screen_as_it_was(tmux: TmuxTerminal, scripted: Path) -> None:
    tmux.run("seq 30", "\n30")
    tmux.send("hold ls")
    tmux.wait_for_text("$ hold ls")
    tmux.send(CTRL_G)
    tmux.wait_for_progress("hold ls", "ls")
    tmux.send(CTRL_C)
    tmux.wait_for((scripted / "cancelled").exists, "work stopped")
    tmux.wait_for(lambda: tmux.text().endswith("\n29\n30\n$ hold ls"), "a clean screen")
    assert tmux.state().line == "hold ls"


def test_failure_keeps_the_line(tmux: TmuxTerminal) -> None:
    tmux.send("fail" + CTRL_G)
    tmux.wait_for_text("caro: the scripted model is unwell")
    assert tmux.state() == ("fail", 4)
