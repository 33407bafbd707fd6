"""The colours of a risk on a terminal, those of the hooks: red and bold for danger, yellow for caution."""

from __future__ import annotations

import os
from typing import TextIO

_CODES = {"danger": "1;31", "caution": "33", "unknown": "33"}


def painted(text: str, level: str, stream: TextIO) -> str:
    """Return `text` in the colour of `level`, if `stream` is a terminal and NO_COLOR is not set."""
    code = _CODES.get(level)
    if code is None or os.environ.get("NO_COLOR") or not stream.isatty():
        return text
    return f"\x1b[{code}m{text}\x1b[m"
