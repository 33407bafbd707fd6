"""Which key, in which keymaps, in three shells."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from tests.terminal import CTRL_G, ENTER, ESCAPE, KILL_LINE, PtyTerminal

pytestmark = pytest.mark.shell

VI = {"zsh": "bindkey -v\n", "bash": "set -o vi\n", "fish": "fish_vi_key_bindings\n"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_vi_modes(scripted: Path, open_terminal: Callable[..., PtyTerminal], shell: str, when: str) -> None:
    terminal = open_terminal(**{when: VI[shell]})
    terminal.send("say ls" + CTRL_G)
    terminal.wait_for_line("ls")
    terminal.send(ESCAPE)
    terminal.state()
    terminal.send("0Dasay pwd" + ESCAPE)
    terminal.wait_for_text("say pwd")
    terminal.state()
    terminal.send(CTRL_G)
    terminal.wait_for_line("pwd")
    terminal.send("ccecho plain" + ENTER)
    terminal.wait_for_text("\nplain")


@pytest.mark.parametrize(("key", "pressed"), [("alt-g", ESCAPE + "g"), ("ctrl-x ctrl-y", "\x18\x19")])
def test_another_key(
    scripted: Path, open_terminal: Callable[..., PtyTerminal], key: str, pressed: str
) -> None:
    terminal = open_terminal(env={"CARO_KEY": key})
    terminal.send("say ls")
    terminal.wait_for_text("say ls")
    terminal.send(CTRL_G)
    terminal.send(KILL_LINE + "say pwd" + pressed)
    terminal.wait_for_line("pwd")


def test_no_key(scripted: Path, open_terminal: Callable[..., PtyTerminal], shell: str) -> None:
    terminal = open_terminal(env={"CARO_KEY": ""})
    terminal.send("# say ls" + ENTER)
    terminal.wait_for_line("ls")
    listed = {"zsh": "bindkey '^G'", "bash": "bind -X | grep -c caro_rewrite", "fish": "bind \\cg"}[shell]
    terminal.run(listed, {"zsh": '"^G" send-break', "bash": "\n0", "fish": "No binding"}[shell])


def test_loading_twice_is_harmless(
    scripted: Path, open_terminal: Callable[..., PtyTerminal], hook: str
) -> None:
    terminal = open_terminal(before=hook, after=hook)
    terminal.wait_for(lambda: terminal.text() == "$", "prompt and nothing else")
    terminal.send("# say ls" + ENTER)
    terminal.wait_for_line("ls")
    terminal.run("echo plain", "\nplain")


@pytest.mark.parametrize("key", ["banana", "f5", "ctrl-gg"])
def test_what_is_no_key_is_said_and_binds_nothing(
    scripted: Path, open_terminal: Callable[..., PtyTerminal], key: str
) -> None:
    terminal = open_terminal(env={"CARO_KEY": key}, prompt_row=1)
    assert terminal.row(0) == f"caro: CARO_KEY must be like ctrl-g, alt-g or ctrl-x ctrl-g, not {key}"
    terminal.send("echo one banana two f5")
    terminal.wait_for_text("$ echo one banana two f5")
    assert terminal.state().line == "echo one banana two f5"
