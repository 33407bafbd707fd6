"""`# words` and Enter, in three shells."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from tests.terminal import CTRL_C, CTRL_G, ENTER, PtyTerminal

pytestmark = pytest.mark.shell

LOOP = {
    "zsh": ("for i in 1 2; do", "done"),
    "bash": ("for i in 1 2; do", "done"),
    "fish": ("for i in 1 2", "end"),
}


def test_enter_rewrites_a_comment(terminal: PtyTerminal, own_home: Path) -> None:
    terminal.send("# say touch ran" + ENTER)
    terminal.wait_for_line("touch ran")
    assert not (own_home / "ran").exists()


def test_key_rewrites_a_comment(terminal: PtyTerminal) -> None:
    terminal.send("# say pwd" + CTRL_G)
    terminal.wait_for_line("pwd")


def test_enter_runs_a_plain_line(terminal: PtyTerminal) -> None:
    terminal.run("echo 'a  b' # say no", "\na  b")


def test_enter_after_a_rewrite_runs_it(terminal: PtyTerminal) -> None:
    terminal.send("# say echo one-two" + ENTER)
    terminal.wait_for_line("echo one-two")
    terminal.send(ENTER)
    terminal.wait_for_text("\none-two")
    terminal.run("echo three", "\nthree")


def test_a_mark_without_a_blank_is_no_request(terminal: PtyTerminal) -> None:
    terminal.send("#say no" + ENTER)
    terminal.run("echo done", "\ndone")
    assert "$ no" not in terminal.text()


def test_comment_in_a_loop_is_a_comment(terminal: PtyTerminal, shell: str) -> None:
    begin, end = LOOP[shell]
    terminal.send(begin + ENTER + "# say no" + ENTER + "echo n$i" + ENTER + end + ENTER)
    terminal.wait_for_text("\nn1\nn2")


def test_comment_in_a_here_document_is_text(terminal: PtyTerminal, shell: str) -> None:
    if shell == "fish":
        pytest.skip("fish has no here-documents")
    terminal.send("cat <<END" + ENTER + "# say title" + ENTER + "END" + ENTER)
    terminal.wait_for_text("\n# say title\n$")


def test_comment_in_a_quoted_string_is_text(terminal: PtyTerminal) -> None:
    terminal.send("echo 'a" + ENTER + "# say b" + ENTER + "c'" + ENTER)
    terminal.wait_for_text("\na\n# say b\nc\n")


def test_failure_after_enter_keeps_the_comment(terminal: PtyTerminal) -> None:
    terminal.send("# fail" + ENTER)
    terminal.wait_for_text("the scripted model is unwell")
    assert terminal.state() == ("# fail", 6)


def test_ctrl_c_after_enter_keeps_the_comment(terminal: PtyTerminal, scripted: Path) -> None:
    terminal.send("# hold ls" + ENTER)
    terminal.wait_for((scripted / "held").exists, "work begun")
    terminal.send(CTRL_C)
    terminal.wait_for((scripted / "cancelled").exists, "work stopped")
    assert terminal.state() == ("# hold ls", 9)


@pytest.mark.parametrize("value", ["false", "0", ""])
def test_enter_can_be_left_alone(
    scripted: Path, open_terminal: Callable[..., PtyTerminal], value: str
) -> None:
    terminal = open_terminal(env={"CARO_COMMENT": value})
    terminal.send("# say no" + ENTER)
    terminal.run("echo done", "\ndone")
    assert "$ no" not in terminal.text()
    terminal.send("# say yes" + CTRL_G)
    terminal.wait_for_line("yes")
