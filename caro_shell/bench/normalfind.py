"""Pure: an expression of find in a normal form: tests in one order, times as seconds, sizes as bytes."""

from __future__ import annotations

import re
from typing import Callable

#: What takes no value, of all that find has; whatever else begins with a dash takes one.
_BARE = frozenset(
    [
        "-acl",
        "-daystart",
        "-delete",
        "-depth",
        "-empty",
        "-executable",
        "-false",
        "-follow",
        "-ls",
        "-mount",
        "-nogroup",
        "-nouser",
        "-not",
        "-or",
        "-o",
        "-a",
        "-and",
        "-print",
        "-print0",
        "-prune",
        "-quit",
        "-readable",
        "-true",
        "-writable",
        "-xdev",
        "-xattr",
    ]
)
_ACTIONS = ("-delete", "-exec", "-execdir", "-ok", "-okdir", "-ls", "-print", "-print0", "-prune", "-quit")
_OPTIONS = re.compile(r"-[EHLPXdsx]+")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_BYTES = {"": 512, "c": 1, "k": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def normal(words: list[str], command: Callable[[list[str]], list[str]]) -> list[str]:
    """Return the words behind `find` in their normal form; `command` does the same for a command in it."""
    at = 0
    while at < len(words) and _OPTIONS.fullmatch(words[at]):
        at += 1
    options = sorted({f"-{letter}" for word in words[:at] for letter in word[1:]})
    paths = []
    while at < len(words) and words[at] not in ("(", "!") and not words[at].startswith("-"):
        paths.append(words[at])
        at += 1
    return [*options, *paths, *_Expression(words[at:], command).read()]


class _Expression:
    """Reads an expression from its first word to its last."""

    def __init__(self, words: list[str], command: Callable[[list[str]], list[str]]) -> None:
        self._words = list(words)
        self._command = command

    def read(self) -> list[str]:
        """Return the whole expression; a -print at its end says nothing where it is the only action."""
        alternatives = self._alternatives()
        *tests, last = alternatives[0] if len(alternatives) == 1 and alternatives[0] else ("",)
        if last == "-print" and not any(part.split()[0] in _ACTIONS for part in tests):
            alternatives = [tests]
        joined = " -o ".join(" ".join(parts) for parts in alternatives)
        return [*filter(None, [joined]), *self._words]

    def _alternatives(self) -> list[list[str]]:
        found = [self._conjunction()]
        while self._next() in ("-o", "-or"):
            self._words.pop(0)
            found.append(self._conjunction())
        acts = any(part.split()[0].lstrip("!(") in _ACTIONS for parts in found for part in parts)
        return found if acts else sorted(found)

    def _conjunction(self) -> list[str]:
        """Return the parts up to an "or", those that only look sorted as far as none acts."""
        tests: list[str] = []
        acts: list[str] = []
        while self._next() not in (None, ")", "-o", "-or"):
            if self._next() in ("-a", "-and"):
                self._words.pop(0)
                continue
            part = self._primary()
            (acts if acts or part.split()[0] in _ACTIONS else tests).append(part)
        return [*sorted(tests), *acts]

    def _primary(self) -> str:
        word = self._words.pop(0)
        if word in ("!", "-not") and self._words:
            return f"! {self._primary()}"
        if word == "(":
            inner = self._alternatives()
            if self._next() == ")":
                self._words.pop(0)
            only = len(inner) == 1 and len(inner[0]) == 1
            joined = " -o ".join(" ".join(parts) for parts in inner)
            return joined if only else f"( {joined} )"
        if word in ("-exec", "-execdir", "-ok", "-okdir"):
            return self._run(word)
        if word in _BARE or not word.startswith("-") or not self._words:
            return word
        return _measured(word, self._words.pop(0))

    def _run(self, word: str) -> str:
        inner = []
        while self._words and self._words[0] not in (";", "+"):
            inner.append(self._words.pop(0))
        end = self._words.pop(0) if self._words else ""
        return " ".join([word, *(self._command(inner) if inner else []), end])

    def _next(self) -> str | None:
        return self._words[0] if self._words else None


def _measured(name: str, value: str) -> str:
    """Return a test with its value; a time is one of seconds, a size of bytes."""
    time = re.fullmatch(r"-([acmB])(min|time)", name)
    amount = re.fullmatch(r"([+-]?)(\d+)([a-zA-Z]?)", value)
    if time and amount and (not amount[3] or amount[3] in _SECONDS):
        unit = _SECONDS[amount[3]] if amount[3] else 60 if time[2] == "min" else 86400
        return f"-{time[1]}time {amount[1]}{int(amount[2]) * unit}s"
    if name == "-size" and amount and amount[3] in _BYTES:
        return f"-size {amount[1]}{int(amount[2]) * _BYTES[amount[3]]}c"
    return f"{name} {value}"
