"""The key pressed again on an unedited command, in three shells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal import CTRL_C, CTRL_G, CTRL_UNDO, ENTER, UP, PtyTerminal

pytestmark = pytest.mark.shell


def test_each_press_brings_another_command_and_then_the_words(terminal: PtyTerminal) -> None:
    terminal.send("many ls" + CTRL_G)
    terminal.wait_for_line("ls")
    for line in ("ls 2", "ls 3", "many ls", "ls"):
        terminal.send(CTRL_G)
        terminal.wait_for_line(line)
        assert terminal.state().cursor == len(line)


def test_one_undo_goes_one_press_back(terminal: PtyTerminal) -> None:
    terminal.send("many ls" + CTRL_G)
    terminal.wait_for_line("ls")
    terminal.send(CTRL_G)
    terminal.wait_for_line("ls 2")
    terminal.send(CTRL_UNDO)
    terminal.wait_for_line("ls")


def test_an_edited_command_is_words(terminal: PtyTerminal) -> None:
    terminal.send("many say" + CTRL_G)
    terminal.wait_for_line("say")
    terminal.send(" pwd" + CTRL_G)
    terminal.wait_for_line("pwd")


def test_only_the_words_go_into_the_history(terminal: PtyTerminal) -> None:
    terminal.send("many true" + CTRL_G)
    terminal.wait_for_line("true")
    terminal.send(CTRL_G)
    terminal.wait_for_line("true 2")
    terminal.send(ENTER)
    terminal.wait_for(lambda: terminal.text().count("$") == 2, "next prompt")
    terminal.state()
    terminal.send(UP)
    terminal.wait_for(lambda: terminal.rows().count("$ true 2") == 2, "the last command")
    terminal.send(UP)
    terminal.wait_for_line("# many true")


def test_ctrl_c_while_another_is_written_keeps_the_first(terminal: PtyTerminal, scripted: Path) -> None:
    terminal.send("slow ls" + CTRL_G)
    terminal.wait_for_line("ls")
    terminal.send(CTRL_G)
    terminal.wait_for_progress("ls", "ls")
    terminal.send(CTRL_C)
    terminal.wait_for(lambda: terminal.text() == "$ ls", "a clean screen")
    assert terminal.state() == ("ls", 2)
    (scripted / "release").touch()
    terminal.send(CTRL_G)
    terminal.wait_for_line("ls 2")


def test_nothing_else_is_said_and_the_words_are_back(terminal: PtyTerminal) -> None:
    terminal.send("say pwd" + CTRL_G)
    terminal.wait_for_line("pwd")
    terminal.send(CTRL_G)
    terminal.wait_for_text("caro: no other command comes to mind; here are your words")
    assert terminal.state().line == "say pwd"
