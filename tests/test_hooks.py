"""The three hooks read side by side: the same functions under the same names in the same order."""

from __future__ import annotations

import re

import pytest

from caro_shell.resources import resource

FUNCTIONS = ["rewrite", "accept_line", "remember", "show", "sequence", "bind"]
#: zsh has no colours below the line; readline takes the line off the screen and binds one keymap at a time;
#: fish must be told where it is.
ONLY = {"zsh": {"mark", "press"}, "bash": {"draw", "everywhere"}, "fish": {"rows"}}


@pytest.mark.parametrize("shell", ["zsh", "bash", "fish"])
def test_same_functions_in_the_same_order(shell: str) -> None:
    with open(resource("shell", f"caro.{shell}"), encoding="utf-8") as file:
        names = re.findall(r"^(?:function )?_caro_(\w+)(?:\(\)| --description|$)", file.read(), re.MULTILINE)
    called = names.pop()
    assert called == "bind", "the last line binds the keys"
    assert [name for name in names if name not in ONLY[shell]] == FUNCTIONS


@pytest.mark.parametrize("shell", ["zsh", "bash", "fish"])
def test_nothing_that_comes_back_is_evaluated(shell: str) -> None:
    with open(resource("shell", f"caro.{shell}"), encoding="utf-8") as file:
        evals = [line.strip() for line in file if re.search(r"\beval\b", line)]
    assert evals == (['eval "${trapped:-\\\\builtin trap - INT}"'] if shell == "bash" else [])
