"""What bash and zsh put into a line out of their history before they read it: `!!`, `!rm`, `^old^new`."""

from __future__ import annotations

import re

# Single quotes and a backslash keep it from happening, double quotes do not. Not meant: `! test`, `!=`, `!(a)`,
# `$!`, `${!x}`, and a mark at the end of a quoted sentence.
_RECALLS = re.compile(r"'[^']*'|\\.|(?<![$\[{])(?P<it>!(?:[!$*\w?-]|#))|\A(?P<swap>\^[^^\s]+\^)", re.DOTALL)


def span(line: str, shell: str) -> tuple[int, int] | None:
    """Return the first part of `line` that `shell` would replace, None for a line that stays as it is."""
    if shell == "fish" or not ("!" in line or line.startswith("^")):
        return None
    for found in _RECALLS.finditer(line):
        if found["it"] or found["swap"]:
            return found.span()
    return None
