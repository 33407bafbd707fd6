"""What the hook leaves in a shell: a short written list, before and after a press."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable

import pytest

from tests.terminal import CTRL_G, PtyTerminal

pytestmark = pytest.mark.shell

_SNAPSHOT = {
    "zsh": "{ set +m; typeset +; typeset +f; setopt; alias; trap; bindkey -L; zle -l; } > FILE",
    "bash": "{ declare -p | cut -c1-60 | cut -d= -f1; declare -p PROMPT_COMMAND PS2; declare -F; shopt; "
    "set -o; alias; trap; for m in emacs vi-insert vi-command; do bind -m $m -p; bind -m $m -X; "
    "bind -m $m -s; done; } > FILE",
    "fish": "begin; set -n; functions -an; alias; bind -a; trap; end > FILE",
}
_OURS = re.compile(r"caro|^interactivecomments$|\^G|C-g|\\cg|C-m|C-j|\\r|PROMPT_COMMAND|\\e\[900")
#: Names that change from one command to the next by themselves.
_RESTLESS = re.compile(
    r"^(declare )?(-\S+ )?(_|\?|\$|RANDOM|SECONDS|LINENO|HISTCMD|EPOCH\w*|SRANDOM|BASH_\w+|PIPESTATUS|"
    r"FUNCNAME|status|pipestatus|READLINE_\w+|COLUMNS|LINES|COPROC|m|history|CMD_DURATION|"
    r"fish_\w+|__f\w*|fish_kill\w*|argv|FISH_\w+)\b"
)


def _taken(terminal: PtyTerminal, shell: str, file: Path) -> set[str]:
    terminal.run(_SNAPSHOT[shell].replace("FILE", str(file)) + "; echo ta''ken", "\ntaken")
    terminal.send("\x0c")
    terminal.wait_for(lambda: terminal.text() == "$", "a clear screen")
    return {
        line for line in file.read_text(errors="replace").splitlines() if not _RESTLESS.match(line.strip())
    }


def test_only_what_is_written_down_changes(
    scripted: Path, open_terminal: Callable[..., PtyTerminal], hook: str, shell: str, own_home: Path
) -> None:
    (own_home / f"caro.{shell}").rename(own_home / "later")
    (own_home / f"caro.{shell}").touch()
    terminal = open_terminal()
    before = _taken(terminal, shell, own_home / "before")
    terminal.run(f"source {own_home}/later; echo lo''aded", "\nloaded")
    terminal.send("\x0c")
    terminal.wait_for(lambda: terminal.text() == "$", "a clear screen")
    loaded = _taken(terminal, shell, own_home / "loaded")
    assert not [line for line in before ^ loaded if not _OURS.search(line)]
    assert [line for line in loaded - before if "_caro_rewrite" in line]

    for words in ("say true", "fail"):
        terminal.send(words)
        terminal.wait_for_text(words)
        terminal.send(CTRL_G)
        terminal.wait_for_text("$ true" if words == "say true" else "caro: the scripted model is unwell")
        pressed = _taken(terminal, shell, own_home / "pressed")
        assert not [line for line in loaded ^ pressed if "_caro_fresh" not in line]


def test_loading_prints_nothing_and_a_strict_shell_takes_it(
    scripted: Path, open_terminal: Callable[..., PtyTerminal], shell: str
) -> None:
    strict = {
        "zsh": "setopt no_unset warn_create_global ksh_arrays sh_word_split\n",
        "bash": "set -u\n",
        "fish": "",
    }
    terminal = open_terminal(before=strict[shell])
    terminal.wait_for(lambda: terminal.text() == "$", "prompt and nothing else")
    terminal.send("say ls" + CTRL_G)
    terminal.wait_for_line("ls")
    terminal.wait_for(lambda: terminal.text() == "$ ls", "the command and nothing else")


def test_aliases_do_not_bend_it(
    scripted: Path, open_terminal: Callable[..., PtyTerminal], shell: str
) -> None:
    names = "printf print zle history bind bindkey trap emulate declare"
    aliases = "".join(f"alias {name}='false'\n" for name in names.split())
    if shell == "fish":
        aliases = ""  # fish's aliases are functions: whoever redefines `set` has no working fish
    terminal = open_terminal(before=aliases)
    terminal.send("say ls" + CTRL_G)
    terminal.wait_for_text("$ ls")
