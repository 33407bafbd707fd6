"""Beside the plugins that people have, in both load orders. Those that are not on the machine are skipped."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from tests.terminal import CTRL_G, CTRL_UNDO, ENTER, PtyTerminal

pytestmark = pytest.mark.shell

NEIGHBOURS = {
    "autosuggestions": {"zsh": "/usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh"},
    "syntax-highlighting": {"zsh": "/usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh"},
    "fzf": {shell: f"/usr/share/doc/fzf/examples/key-bindings.{shell}" for shell in ("zsh", "bash", "fish")},
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_beside(
    scripted: Path, open_terminal: Callable[..., PtyTerminal], shell: str, neighbour: str, when: str
) -> None:
    plugin = NEIGHBOURS[neighbour].get(shell, "")
    if not Path(plugin).is_file():
        pytest.skip(f"no {neighbour} for {shell} here")
    terminal = open_terminal(**{when: f"source {plugin}\n"})
    terminal.send("say ls" + CTRL_G)
    terminal.wait_for_line("ls")
    terminal.send(CTRL_UNDO)
    terminal.wait_for_line("say ls")
    terminal.run("echo plain", "\nplain")
    terminal.send("# say pwd" + ENTER)
    terminal.wait_for_line("pwd")
