"""What the shell makes of the value of a variable: `${x%.*}`, `${x/a/b}`, `${x:1:2}`, `${x,,}`, zsh's `${x:h}`."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable

from caro_shell.safety.call import EVERY, LONGEST, SOMETHING, UNKNOWN

SLICE = re.compile(r":\s*\(?(-?\d+)\)?(?:\s*:\s*\(?(-?\d+)\)?)?")
SWAP = re.compile(r"(//?)((?:\\.|[\w.:,;@+ -])+)(?:/((?:\\.|[\w.:,;@+/ -])*))?")
#: `${x,,}` and its like.
CASES: dict[str, Callable[[str], str]] = {
    ",,": str.lower,
    "@L": str.lower,
    "^^": str.upper,
    "@U": str.upper,
    ",": lambda text: text[:1].lower() + text[1:],
    "^": lambda text: text[:1].upper() + text[1:],
}


def sliced(values: list[str], start: int, count: str | None, *, whole: bool, first: int) -> list[str]:
    """Return `${x:start:count}`: a part of each text, or where not `whole` some of the texts, counted from `first`."""
    last = None if count is None else int(count)

    def part(of: str | list[str], at: int) -> str | list[str]:
        of = of[at if at >= 0 else max(len(of) + at, 0) :]
        return of if last is None else of[:last]

    if not whole:
        chosen = part(values, start - first if start > 0 else start)
        return values if UNKNOWN in values else list(chosen)
    return [
        value
        if value == UNKNOWN
        else SOMETHING
        if re.search(f"[{UNKNOWN}{SOMETHING}{EVERY}]", value)
        else str(part(value, start))
        for value in values
    ]


def swapped(text: str, swap: re.Match[str]) -> str:
    """Return `text` with one text in it put in the place of another: `${x/a/b}`, `${x//a/b}`."""
    if UNKNOWN in text or SOMETHING in text:
        return SOMETHING if UNKNOWN not in text else UNKNOWN
    if text.count(swap[2]) * len(swap[3] or "") > LONGEST:
        return UNKNOWN
    old, new = (re.sub(r"\\(.)", r"\1", one or "") for one in (swap[2], swap[3]))
    return text.replace(old, new, -1 if swap[1] == "//" else 1)


def modified(text: str, changes: str) -> str:
    """Return `text` as zsh's modifiers change it: `:h` is the directory, `:t` the name, `:r` without its end."""
    if UNKNOWN in text:
        return text
    for change in changes[1::2]:
        head, _, tail = text.rstrip("/").rpartition("/")
        if change == "h":
            text = head or ("/" if text.startswith("/") else ".")
        elif change == "t":
            text = tail
        elif change == "r":
            text = re.sub(r"(?<=[^/])\.[^/.]*$", "", text)
    return text


def cut(value: str, change: str) -> str:
    """Return `value` without what `%pattern`, `%%pattern`, `#pattern` or `##pattern` takes from it."""
    if value == UNKNOWN or re.search(r"[$'\"\\`]", change):
        return value if value == UNKNOWN else SOMETHING
    if change == "##*/" and re.search(f"[{UNKNOWN}{SOMETHING}]", value) is None:
        return value.rpartition("/")[2]
    plain = change.lstrip("#")
    if change[0] == "#" and plain and value.startswith(plain):
        return value[len(plain) :]
    if re.search(f"[{UNKNOWN}{SOMETHING}{EVERY}*?]", value):
        return SOMETHING
    greedy, pattern = change[0] == change[1:2], change.lstrip(change[0])
    cuts = range(len(value) + 1) if (change[0] == "%") == greedy else range(len(value), -1, -1)
    for at in cuts:
        head, tail = value[:at], value[at:]
        if fnmatch.fnmatchcase(tail if change[0] == "%" else head, pattern):
            return head if change[0] == "%" else tail
    return value
