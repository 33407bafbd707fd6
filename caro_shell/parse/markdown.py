"""Pure: the code in a reply that is written as Markdown, loosely as models write it."""

from __future__ import annotations

import re
from typing import NamedTuple

_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})(?=[^`]*$)[ \t]*([\w+#.-]*)[ \t]*([^`]*)$")
_SPAN = re.compile(r"```([^`]+)```|``(.+?)``|`([^`]+)`")
# "```bash ls -la```": a fence that never left its line.
_LANGUAGE = re.compile(r"^(?:bash|sh|zsh|fish|shell)\s+(?=[a-z])")


class Block(NamedTuple):
    """A fenced block: its language, in lower case and perhaps empty, and its code."""

    language: str
    code: str


def is_fence(line: str) -> bool:
    """Tell whether `line` opens or closes a fenced block."""
    return bool(_FENCE.match(line))


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of `text` in order, those that are empty left out.

    The last needs no closing fence. A block whose opening fence was the end of the prompt is for the caller
    to see: only a closing fence of it is in the text (`split_at_lone_fence`).
    """
    found: list[Block] = []
    language, code, inside = "", [""], False
    for line in text.split("\n"):
        fence = _FENCE.match(line)
        if inside and not fence and line.rstrip().endswith("```"):
            found.append(Block(language, "\n".join([*code, line.rstrip()[:-3]])))
            inside = False
        elif fence and inside and not fence[2]:
            found.append(Block(language, "\n".join(code)))
            inside = False
        elif fence:
            if inside:
                found.append(Block(language, "\n".join(code)))
            # "```bash ls -la": the command stands where the language ends.
            language, code, inside = fence[2].lower(), [fence[3]], True
        elif inside:
            code.append(line)
    if inside:
        found.append(Block(language, "\n".join(code)))
    return [block for block in found if block.code.strip()]


def split_at_lone_fence(text: str) -> tuple[str, str]:
    """Return what stands before and behind the closing fence that `text` did not open, else empty texts."""
    lines = text.split("\n")
    fences = [at for at, line in enumerate(lines) if is_fence(line)]
    if not fences and text.rstrip().endswith("```") and text.count("```") == 1:
        return text.rstrip()[:-3], ""
    if len(fences) % 2 and not _FENCE.match(lines[fences[0]])[2]:  # type: ignore[index]
        return "\n".join(lines[: fences[0]]), "\n".join(lines[fences[0] + 1 :])
    return "", ""


def spans(line: str) -> tuple[list[str], str]:
    """Return the inline code of `line`, in order, and what is left of the line without it."""
    found = [
        _LANGUAGE.sub("", match[1]) if match[1] else match[2] or match[3] for match in _SPAN.finditer(line)
    ]
    return [code.strip() for code in found if code.strip()], _SPAN.sub(" ", line)
