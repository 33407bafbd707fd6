"""zsh and fish put into the nearest words of bash, so that one grammar reads all three."""

from __future__ import annotations

import re

from caro_shell.safety.dialects import fish, zsh
from caro_shell.safety.dialects.text import Piecewise

#: A command that is written as a list in braces, which the grammar does not read.
_LIST = re.compile(r"(?:(?<=^)|(?<=[;&|])|(?<=[;&|] ))\{([^\s{},;]+),([^\s{};]*)\}")


def plain(line: str, shell: str) -> tuple[str, list[int]]:
    """Return `line`, written for `shell`, as bash would have it, and the place in it of each character."""
    if shell == "zsh":
        return zsh.plain(line)
    if shell == "fish":
        return fish.plain(line)
    return Piecewise.replaced(line, _LIST, lambda found: f"{found[1]},{found[2]}".replace(",", " "))
