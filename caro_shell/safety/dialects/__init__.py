"""zsh and fish put into the nearest words of bash, so that one grammar reads all three."""

from __future__ import annotations

import re

from caro_shell.safety.dialects import fish, zsh
from caro_shell.safety.dialects.text import Piecewise

#: A command that is written as a list in braces, which the grammar does not read.
_LIST = re.compile(r"(?:(?<=^)|(?<=[;&|])|(?<=[;&|] ))\{([^\s{},;]+),([^\s{};]*)\}")

#: A variable before a slash: the grammar reads the second one of `$a/$b/` in two words. Quoted text stays.
_BEFORE_SLASH = re.compile(r"'[^']*'|\\.|\$(?P<it>[A-Za-z_]\w*)(?=/)", re.DOTALL)


def plain(line: str, shell: str) -> tuple[str, list[int]]:
    """Return `line`, written for `shell`, as bash would have it, and the place in it of each character."""
    if shell == "fish":
        return fish.plain(line)
    if shell == "zsh":
        text, places = zsh.plain(line)
    else:
        text, places = Piecewise.replaced(
            line, _LIST, lambda found: f"{found[1]},{found[2]}".replace(",", " ")
        )
    text, moved = Piecewise.replaced(
        text, _BEFORE_SLASH, lambda found: f"${{{found['it']}}}" if found["it"] else None
    )
    return text, [places[place] for place in moved]
