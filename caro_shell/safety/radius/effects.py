"""Which paths a call would delete, change, empty or write over: the few programs where that is plain."""

from __future__ import annotations

import contextlib
import fnmatch
import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Callable

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call, Word
from caro_shell.safety.radius.matching import Tests, acts_first, tests_of

#: Most paths of one call that are looked at.
_MOST = 2000
#: Most directories that are read for one pattern: nobody could stop a walk through all of `/*/*/*/*/*`.
MOST_DIRECTORIES = 1000


@dataclass(frozen=True)
class Effect:
    """What happens to `paths` (absolute): `verb` is delete, change, overwrite or empty.

    `deep` says that all below them is meant, `tests` which of it.
    """

    verb: str
    paths: tuple[str, ...]
    deep: bool = False
    tests: Tests | None = None


def of(calls: Sequence[Call]) -> Iterator[Effect]:
    """Yield the effects of `calls`, as far as they are known, that happen on this machine."""
    for call in calls:
        if call.away or not call.cwd.startswith("/"):
            continue
        if call.program in _EFFECTS:
            yield from _EFFECTS[call.program](call)
        yield from _made("overwrite", call, [one.target for one in call.redirects if one.writes])


def _made(verb: str, call: Call, words: Sequence[Word], *, deep: bool = False) -> Iterator[Effect]:
    paths = tuple(path for word in words if word.known and not word.some for path in paths_of(word, call.cwd))
    if paths:
        yield Effect(verb, paths[:_MOST], deep)


def paths_of(word: Word, cwd: str) -> list[str]:
    """Return the paths that there are for `word`, as the shell would put them in its place."""
    pattern = os.path.join(glob.escape(cwd), word.text)
    found = matches(pattern) if word.glob else [os.path.join(cwd, word.text)]
    return [os.path.normpath(one) for one in found if os.path.lexists(one) and not one.startswith("/dev/")]


def matches(pattern: str) -> list[str]:
    """Return the paths that match an absolute `pattern`: of very many directories only the first are read."""
    found, unread = ["/"], MOST_DIRECTORIES
    for part in filter(None, pattern.split("/")):
        if not glob.has_magic(part):
            found = [os.path.join(path, part) for path in found]
            continue
        matching: list[str] = []
        for path in found[:unread]:
            with contextlib.suppress(OSError):
                names = fnmatch.filter(os.listdir(path), part)
                matching += [os.path.join(path, name) for name in names if name[0] != "." or part[0] == "."]
        unread = max(0, unread - len(found))
        found = matching
    return sorted(path for path in found if os.path.lexists(path))


def _rm(call: Call) -> Iterator[Effect]:
    found = split(call.words)
    yield from _made("delete", call, found.operands, deep=found.has("-r", "-R", "--recursive"))


def _rights(call: Call) -> Iterator[Effect]:
    found = split(call.words, "--reference --from")
    if found.has("-R", "--recursive"):
        yield from _made("change", call, found.operands[1:], deep=True)


def _sed(call: Call) -> Iterator[Effect]:
    found = split(call.words, "-e -f --expression --file")
    if found.has("-i", "--in-place"):
        scripts = found.has("-e", "-f", "--expression", "--file")
        yield from _made("change", call, found.operands if scripts else found.operands[1:])


def _truncate(call: Call) -> Iterator[Effect]:
    yield from _made("empty", call, split(call.words, "-s -r --size --reference").operands)


def _over(call: Call) -> Iterator[Effect]:
    """`cp` and `mv` onto what is there."""
    found = split(call.words, "-t -S --suffix --target-directory")
    if len(found.operands) < 2 or found.has(
        "-n", "--no-clobber", "-i", "--interactive", "-b", "--backup", "-t"
    ):
        return
    *sources, target = found.operands
    if not target.known:
        return
    place = os.path.join(call.cwd, target.text)
    if not os.path.isdir(place):
        yield from _made("overwrite", call, [target])
        return
    names = [os.path.basename(path) for word in sources if word.known for path in paths_of(word, call.cwd)]
    there = [path for path in (os.path.join(place, name) for name in names) if os.path.isfile(path)]
    if there:
        yield Effect("overwrite", tuple(there[:_MOST]))


def _find(call: Call) -> Iterator[Effect]:
    texts = call.texts
    runs = [texts[at + 1] for at, text in enumerate(texts[:-1]) if text in ("-exec", "-execdir")]
    deletes = "-delete" in texts or any(os.path.basename(name) in ("rm", "unlink") for name in runs)
    if runs and any(re.fullmatch(r"-\w*[rR]\w*|--recursive", text) for text in texts):
        return  # what lies below a directory that passes need not pass itself
    found = tests_of(call) if deletes and not acts_first(call.texts) else None
    if found:
        starts, tests = found
        paths = tuple(path for word in starts for path in paths_of(word, call.cwd))
        if paths:
            yield Effect("delete", paths, deep=True, tests=tests)


_EFFECTS: dict[str, Callable[[Call], Iterator[Effect]]] = {
    "rm": _rm, "unlink": _rm, "chmod": _rights, "chown": _rights, "chgrp": _rights, "sed": _sed, "cp": _over,
    "mv": _over, "truncate": _truncate, "find": _find,
}  # fmt: skip
