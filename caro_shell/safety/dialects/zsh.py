"""zsh in the words of bash."""

from __future__ import annotations

from caro_shell.safety.dialects.text import Piecewise
from caro_shell.safety.dialects.zshblocks import Blocks
from caro_shell.safety.dialects.zshwords import FORMS


def plain(line: str) -> tuple[str, list[int]]:
    """Return `line` as bash would have it, and the place in it of each character."""
    places = list(range(len(line) + 1))
    text = line
    for pattern, form in FORMS:
        text, moved = Piecewise.replaced(text, pattern, form)
        places = [places[place] for place in moved]
    text, moved = Blocks(text).read()
    return text, [places[place] for place in moved]
