"""The tests of find that can be made here, so that find itself need not run."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
import time
from dataclasses import dataclass, field
from typing import Callable

from caro_shell.safety.call import Call, Word

_UNITS = {"c": 1, "w": 2, "b": 512, "k": 1024, "M": 1024**2, "G": 1024**3, "": 512}
_TYPES = {"f": stat.S_ISREG, "d": stat.S_ISDIR, "l": stat.S_ISLNK}
_NEUTRAL = ("-print", "-print0", "-delete", "-depth", "-xdev", "-mount", "-and", "-a")

Test = Callable[[str, os.stat_result], bool]


@dataclass(frozen=True)
class Tests:
    """What a file must pass, and how deep it may lie."""

    every: tuple[Test, ...] = ()
    least: int = 0
    most: float = field(default=float("inf"))

    def pass_(self, path: str, depth: int) -> bool:
        """Say whether the file at `path`, so many directories below the start, passes."""
        if not self.least <= depth <= self.most:
            return False
        found = os.lstat(path)
        return all(test(path, found) for test in self.every)


def acts_first(texts: tuple[str, ...]) -> bool:
    """Say whether a test stands behind an action, which is not held back by it."""
    actions = [at for at, text in enumerate(texts) if text in ("-delete", "-exec", "-execdir")]
    behind = texts[actions[0] + 1 :] if actions else ()
    return any(text in _TESTS or text == "-empty" for text in behind)


def tests_of(call: Call) -> tuple[list[Word], Tests] | None:
    """Return where a call of find starts and what it asks; None where something in it is not known here."""
    words = list(call.words)
    starts: list[Word] = []
    while words and not words[0].text.startswith(("-", "(", "!")):
        starts.append(words.pop(0))
    every: list[Test] = []
    depths = {"-mindepth": "0", "-maxdepth": "inf"}
    while words:
        name = words.pop(0).text
        if name in ("-exec", "-execdir"):
            while words and words.pop(0).text not in (";", "+"):
                pass
        elif name in _NEUTRAL:
            continue
        elif name == "-empty":
            every.append(_empty)
        elif words and words[0].known and (name in _TESTS or name in depths):
            value = words.pop(0).text
            if name in depths:
                depths[name] = value
            else:
                every.append(_TESTS[name](value))
        else:
            return None
    try:
        tests = Tests(tuple(every), int(depths["-mindepth"]), float(depths["-maxdepth"]))
    except ValueError:
        return None
    return starts or [Word(".")], tests


def _name(value: str) -> Test:
    return lambda path, _: fnmatch.fnmatchcase(os.path.basename(path), value)


def _iname(value: str) -> Test:
    return lambda path, _: fnmatch.fnmatchcase(os.path.basename(path).lower(), value.lower())


def _path(value: str) -> Test:
    return lambda path, _: fnmatch.fnmatchcase(path, f"*{value.lstrip('.')}")


def _type(value: str) -> Test:
    kinds = [_TYPES[letter] for letter in value.split(",") if letter in _TYPES]
    return lambda _, found: any(kind(found.st_mode) for kind in kinds)


def _size(value: str) -> Test:
    read = re.fullmatch(r"([+-]?)(\d+)([cwbkMG]?)", value)
    if not read:
        raise ValueError(value)
    sign, number, unit = read[1], int(read[2]), _UNITS[read[3]]
    return lambda _, found: _compared(sign, -(-found.st_size // unit), number)


def _age(seconds: int) -> Callable[[str], Test]:
    def make(value: str) -> Test:
        read = re.fullmatch(r"([+-]?)(\d+)", value)
        if not read:
            raise ValueError(value)
        sign, number = read[1], int(read[2])
        return lambda _, found: _compared(sign, int((time.time() - found.st_mtime) // seconds), number)

    return make


def _compared(sign: str, have: int, number: int) -> bool:
    return have > number if sign == "+" else have < number if sign == "-" else have == number


def _empty(path: str, found: os.stat_result) -> bool:
    if stat.S_ISDIR(found.st_mode):
        with os.scandir(path) as entries:
            return next(entries, None) is None
    return stat.S_ISREG(found.st_mode) and found.st_size == 0


_TESTS: dict[str, Callable[[str], Test]] = {
    "-name": _name, "-iname": _iname, "-path": _path, "-wholename": _path, "-type": _type, "-size": _size,
    "-mtime": _age(86400), "-mmin": _age(60),
}  # fmt: skip
