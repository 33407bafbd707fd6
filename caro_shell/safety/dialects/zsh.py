"""zsh in the words of bash."""

from __future__ import annotations

import re
from functools import partial

from caro_shell.safety.dialects.text import Piecewise
from caro_shell.safety.dialects.zshblocks import Blocks
from caro_shell.safety.dialects.zshwords import FORMS

#: Aliases that are put in wherever their name stands.
_GLOBAL = re.compile(r"(?:alias -g\s+|galiases\[)(\w+)\]?='([^']*)'")

#: Most of them that are put in, and how much text they may add, in characters.
_MOST, _LONGEST = 4, 2048


def _same(text: str, _: re.Match[str]) -> str:
    return text


def plain(line: str) -> tuple[str, list[int]]:
    """Return `line` as bash would have it, and the place in it of each character."""
    places = list(range(len(line) + 1))
    text = line
    for name, same in _GLOBAL.findall(line)[:_MOST]:
        if text.count(name) * len(same) < _LONGEST:
            pattern = re.compile(rf"(?<=\s){name}(?=[\s;|&]|$)")
            text, moved = Piecewise.replaced(text, pattern, partial(_same, same))
            places = [places[place] for place in moved]
    for pattern, form in FORMS:
        text, moved = Piecewise.replaced(text, pattern, form)
        places = [places[place] for place in moved]
    text, moved = Blocks(text).read()
    return text, [places[place] for place in moved]
