"""Pure: what a command is about in a normal form: paths, and the scripts of awk and sed."""

from __future__ import annotations

import re


def path(word: str) -> str:
    """Return a path without "./" in front of it, and without slashes behind it but for those of a pattern."""
    plain = re.sub(r"^\./+(?=[^/])", "", word)
    return re.sub(r"(?<=[^/*?\]])/+$", "", plain)


def operands_of(name: str, operands: list[str]) -> list[str]:
    """Return what a program called `name` is given besides options in its normal form."""
    if name == "date":
        return [word.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S") for word in operands]
    if name == "awk" and operands:
        return [_script(operands[0]), *map(path, operands[1:])]
    if name in ("sed", "grep") and operands:
        return [_substitution(operands[0]) if name == "sed" else operands[0], *map(path, operands[1:])]
    if name in ("cp", "rsync", "ditto"):  # a slash behind a directory says something to them
        return [re.sub(r"^\./+(?=.)", "", word) for word in operands]
    if name == "ls":
        return [one for one in map(path, operands) if one != "."]
    return [path(word) for word in operands]


def _script(text: str) -> str:
    """Return an awk script without the blanks that it does not need."""
    parts = re.split(r'("(?:[^"\\]|\\.)*"|/(?:[^/\\]|\\.)*/)', text)  # strings and expressions stay
    for at in range(0, len(parts), 2):
        parts[at] = re.sub(r"\s*([^\w\s])\s*", r"\1", re.sub(r"\s+", " ", parts[at]))
    return "".join(parts).replace(";}", "}")


def _substitution(script: str) -> str:
    """Return a sed command that substitutes with slashes between its parts."""
    found = re.fullmatch(r"s([|#,:@!])((?:(?!\1).)*)\1((?:(?!\1).)*)\1(\w*)", script)
    if not found:
        return script
    old, new = (part.replace("/", "\\\\/") for part in found.group(2, 3))
    return f"s/{old}/{new}/{found[4]}"
