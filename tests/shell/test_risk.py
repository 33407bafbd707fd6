"""The risk of a command at the line, in three shells. What is dangerous here stands behind `false &&`."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from tests.terminal import CTRL_G, CTRL_UNDO, ENTER, KILL_LINE, PtyTerminal

pytestmark = pytest.mark.shell

RISKY = "touch ran; false && rm -rf /var/www"
CRITICAL = "touch ran; false && rm -rf /"
NARROW = "touch ran; false && git branch -D old"
SENTENCE = "caro: danger: deletes everything under /var/www, not recoverable"
PLAIN = ("default", False)


def offered(terminal: PtyTerminal, words: str, line: str) -> None:
    """Press the key on `words` and wait until `line` stands there."""
    terminal.send(KILL_LINE + words)
    terminal.wait_for_text(f"$ {words}")
    terminal.send(CTRL_G)
    terminal.wait_for(lambda: f"$ {line}" in terminal.text(), f"the line {line!r}")
    assert terminal.state().line == line


def colour_of_risk(terminal: PtyTerminal, line: str, sentence: str) -> tuple[str, bool]:
    """Return how the risk is shown: zsh has no colours below the line, so there the line has them."""
    terminal.wait_for_text(sentence)
    return terminal.style(f"$ {line}", 2) if terminal.shell == "zsh" else terminal.style(sentence)


def test_danger_is_said_and_coloured_and_the_command_is_as_it_was(terminal: PtyTerminal) -> None:
    offered(terminal, f"say {RISKY}", RISKY)
    assert colour_of_risk(terminal, RISKY, SENTENCE) == ("red", True)
    assert terminal.state().cursor == len(RISKY)


def test_everyday_work_is_quiet(terminal: PtyTerminal) -> None:
    for command in ("rm -rf node_modules", NARROW):
        offered(terminal, f"say {command}", command)
        assert terminal.shell != "zsh" or terminal.style(f"$ {command}", 2) == PLAIN
    assert "caro:" not in terminal.text()


def test_what_is_critical_comes_commented_out_and_enter_brings_the_next(
    terminal: PtyTerminal, own_home: Path
) -> None:
    offered(terminal, f"many {CRITICAL}", f"# {CRITICAL}")
    terminal.wait_for_text("caro: danger: deletes the whole system, not recoverable; commented out")
    for press, line in ((ENTER, f"# {CRITICAL} 2"), (CTRL_G, f"# {CRITICAL} 3"), (ENTER, f"many {CRITICAL}")):
        terminal.send(press)
        terminal.wait_for(lambda line=line: f"$ {line}" in terminal.rows(), line)
        assert terminal.state().line == line
    assert not (own_home / "ran").exists()


def test_the_line_can_be_uncommented_and_goes_on_from_there(terminal: PtyTerminal) -> None:
    offered(terminal, f"many {CRITICAL}", f"# {CRITICAL}")
    terminal.send("\x01\x04\x04")
    terminal.wait_for(lambda: f"$ {CRITICAL}" in terminal.rows(), "the line without its mark")
    terminal.send(CTRL_G)
    terminal.wait_for(lambda: f"$ # {CRITICAL} 2" in terminal.rows(), "another command")


@pytest.mark.parametrize("accept", [ENTER, "\x1ba"])
def test_a_comment_that_is_accepted_after_all_does_nothing(
    scripted: Path, open_terminal: Callable[..., PtyTerminal], own_home: Path, shell: str, accept: str
) -> None:
    if accept != ENTER and shell != "zsh":
        pytest.skip("only zsh accepts a line with this key")
    terminal = open_terminal(env={"CARO_COMMENT": "false"} if accept == ENTER else {})
    offered(terminal, f"say {CRITICAL}", f"# {CRITICAL}")
    terminal.send(accept)
    terminal.run("echo aft''er", "\nafter")
    assert not (own_home / "ran").exists()


def test_a_comment_does_nothing_though_comments_were_turned_off(
    scripted: Path, open_terminal: Callable[..., PtyTerminal], own_home: Path, shell: str
) -> None:
    off = {"zsh": "unsetopt interactive_comments\n", "bash": "shopt -u interactive_comments\n", "fish": ""}
    terminal = open_terminal(after=off[shell], env={"CARO_COMMENT": "false"})
    offered(terminal, f"say {CRITICAL}", f"# {CRITICAL}")
    terminal.send(ENTER)
    terminal.run("echo aft''er", "\nafter")
    assert not (own_home / "ran").exists()


def test_off_says_nothing(scripted: Path, open_terminal: Callable[..., PtyTerminal]) -> None:
    terminal = open_terminal(env={"CARO_SAFETY": "off"})
    offered(terminal, f"say {CRITICAL}", CRITICAL)
    assert terminal.shell != "zsh" or terminal.style(f"$ {CRITICAL}", 2) == PLAIN
    assert "caro:" not in terminal.text()


def test_strict_says_more_and_comments_out_all_danger(
    scripted: Path, open_terminal: Callable[..., PtyTerminal]
) -> None:
    (scripted / "config.toml").write_text('[safety]\nlevel = "strict"\n')
    terminal = open_terminal()
    offered(terminal, f"say {RISKY}", f"# {RISKY}")
    terminal.wait_for_text(SENTENCE)
    offered(terminal, f"say {NARROW}", NARROW)
    assert colour_of_risk(terminal, NARROW, "caro: caution: ") == (
        "brown",  # as pyte calls it
        False,
    )


def test_without_colours_there_are_the_words(
    scripted: Path, open_terminal: Callable[..., PtyTerminal]
) -> None:
    terminal = open_terminal(env={"NO_COLOR": "1"})
    offered(terminal, f"say {RISKY}", RISKY)
    assert colour_of_risk(terminal, RISKY, SENTENCE) == PLAIN


def test_in_zsh_the_colour_goes_with_the_first_edit_and_others_keep_theirs(
    terminal: PtyTerminal, shell: str
) -> None:
    if shell != "zsh":
        pytest.skip("elsewhere the sentence is coloured")
    theirs = (
        "_theirs() { region_highlight=('0 2 fg=blue memo=b' ${region_highlight:#*memo=b}) }; zle -N _theirs"
    )
    terminal.send(
        f"{theirs}; autoload -U add-zle-hook-widget; add-zle-hook-widget line-pre-redraw _theirs{ENTER}"
    )
    offered(terminal, f"many {RISKY}", RISKY)
    assert terminal.style(f"$ {RISKY}", 2) == ("red", True)
    terminal.send("x")
    terminal.wait_for(lambda: f"$ {RISKY}x" in terminal.rows(), "the edited line")
    assert [terminal.style(f"$ {RISKY}x", at)[0] for at in (2, 3, 4)] == ["blue", "blue", "default"]
    terminal.send(CTRL_UNDO)
    terminal.wait_for(lambda: f"$ {RISKY}" in terminal.rows(), "the line again")
    terminal.send(CTRL_G)
    terminal.wait_for(lambda: f"$ {RISKY} 2" in terminal.rows(), "another")
    terminal.wait_for(lambda: terminal.style(f"$ {RISKY} 2", 2) == ("red", True), "the colour")
