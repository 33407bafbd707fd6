"""What bash and zsh put into a line out of their history before they read it: `!!`, `!rm`, `^old^new`."""

from __future__ import annotations

import re

# Single quotes and a backslash keep it from happening, double quotes do not. Not meant: `! test`, `!=`, `!(a)`,
# `$!`, `${!x}`, `[!a]`, and a mark at the end of a quoted sentence.
_PIECES = re.compile(
    r"(?P<single>'[^']*')|(?P<escaped>\\.)|(?P<double>\")|(?P<it>(?<![$\[{])!(?:[!$*\w?-]|#))", re.DOTALL
)
_SWAP = re.compile(r"\^[^^\s]+\^")


def span(line: str, shell: str) -> tuple[int, int] | None:
    """Return the first part of `line` that `shell` would replace, None for a line that stays as it is."""
    if shell == "fish":
        return None
    swap = _SWAP.match(line)
    if swap:
        return swap.span()
    at, quoted = 0, False
    while "!" in line and (found := _PIECES.search(line, at)):
        if found["it"]:
            return found.span()
        quoted ^= bool(found["double"])
        # Between double quotes an apostrophe is a letter like others.
        at = found.start() + 1 if found["single"] and quoted else found.end()
    return None
