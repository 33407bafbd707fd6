"""Which files a call finds or lists: what a pipe into xargs, a loop or a substitution gets to see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from caro_shell.safety.arguments import split
from caro_shell.safety.call import EVERY, SOMETHING, UNKNOWN, Call, Word
from caro_shell.safety.output import output_of, printed

#: What find can ask of a file so that few pass; the other tests (size, owner, rights) narrow nothing down.
_TESTS = "-name -iname -path -ipath -wholename -regex -iregex -mtime -mmin -atime -amin -ctime -cmin -newer"
_TESTS += " -newermt -inum -samefile -lname -xtype"
#: Programs that look for names in the whole system.
_EVERYWHERE = ("locate", "mlocate", "plocate", "mdfind")


def found_by(call: Call) -> tuple[Word, ...] | None:  # noqa: C901
    """Return the files that `call` names on its output, as words; None for a program that lists none."""
    start, end = call.start, call.end
    text = printed(call)
    if text is not None:
        wild = any(word.glob for word in call.words)
        return tuple(Word(part, start, end, glob=wild and "*" in part) for part in text.split())
    if call.program in ("pwd", "dirname", "realpath", "readlink"):
        path = output_of((call,), call.cwd)
        return (Word(path, start, end),) if path.strip(UNKNOWN + SOMETHING) else None
    given = split(call.words, "-I --ignore").operands
    if call.program in ("ls", "dir", "exa", "eza"):
        places = given or (Word("."),)
        named = any(re.fullmatch(r"-\w*d\w*", text) for text in call.texts)
        return tuple(
            replace(word, start=start, end=end)
            if named or word.glob
            else Word(f"{word.text.rstrip('/')}/*", start, end, glob=True)
            for word in places
        )
    if call.program in ("fd", "fdfind"):
        return (found_by_fd(call),)
    if call.program == "git" and "ls-files" in call.texts:
        narrowed = [text for text in call.texts[call.texts.index("ls-files") + 1 :] if text not in _TRACKED]
        return (Word(".", start, end, some=True) if narrowed else Word("./*", start, end, glob=True),)
    if call.program in ("find", "gfind"):
        return tuple(map(whole, found_files(call)))
    if call.program in _EVERYWHERE:
        return (Word("/", start, end, some=True),)
    if call.program == "compgen" and "-G" in call.texts[:-1]:
        return (Word(call.texts[-1], start, end, glob=True),)
    if (call.program == "tree" and any(re.fullmatch(r"-\w*i\w*", text) for text in call.texts)) or (
        call.program == "du" and _all_of(call)
    ):
        return tuple(
            Word(f"{word.text.rstrip('/')}/*", start, end, glob=True) for word in given or (Word("."),)
        )
    if call.program == "du":
        return tuple(Word(word.text, start, end, some=True) for word in given or (Word("."),))
    return None


def _all_of(call: Call) -> bool:
    return any(re.fullmatch(r"-\w*a\w*|--all", text) for text in call.texts)


def names_by(call: Call) -> tuple[str, ...] | None:
    """Return what a variable holds that takes the output of `call`; the names of ls are without a directory."""
    found = found_by(call)
    if found is None:
        return None
    if call.program in ("ls", "dir", "exa", "eza"):
        named = [word for word in split(call.words, "-I --ignore").operands if word.glob]
        return tuple(word.text.replace("*", EVERY) for word in named) or (EVERY,)
    return tuple(f"{word.text}/{SOMETHING}" if word.some else word.text.replace("*", EVERY) for word in found)


#: Options with which `git ls-files` still lists all that is tracked.
_TRACKED = ("-z", "-c", "--cached", "--full-name", "--", ".", "*", "-o", "--others", "-co")


def found_by_fd(call: Call) -> Word:
    """Return what `fd` finds: all below a place if its pattern leaves nothing out."""
    valued = "-e --extension -t --type -E --exclude -d --max-depth -S --size --changed-within -x -X --exec"
    before = list(call.words)
    for at, word in enumerate(call.words):
        if word.text in ("-x", "-X", "--exec", "--exec-batch"):
            before = before[:at]
            break
    found = split(before, valued)
    pattern, place = (
        [*found.operands[:2], Word("."), Word(".")] if found.operands else [Word("."), Word(".")]
    )[:2]
    narrow = pattern.text not in ("", ".", ".*", "*", "^") or found.has(
        "-e", "-S", "--changed-within", "--size"
    )
    narrow = narrow or any(text.startswith("--ext") for text in found.options)
    text = place.text if narrow else place.text.rstrip("/") + "/*"
    return Word(text, call.start, call.end, some=narrow, glob=not narrow)


def found_files(call: Call) -> list[Word]:
    """Return what `find` finds: each start, and whether files below it must pass a test."""
    words = [word for word in call.words if not re.fullmatch(r"-[LHP]|-O\d?", word.text)]
    count = next((at for at, word in enumerate(words) if word.text.startswith(("-", "(", "!"))), len(words))
    starts = words[:count] or [Word(".", call.start, call.end)]
    name = _tested(call.texts)
    if name is not None and "-o" in call.texts and _any_of(call.texts):
        name = None
    if name is None:
        return starts
    below = f"/{SOMETHING}/{name}" if name else ""
    return [
        replace(word, text=word.text.rstrip("/") + below if below else word.text, some=True)
        for word in starts
    ]


def _any_of(texts: Sequence[str]) -> bool:
    """Say whether one of the alternatives that find is told in parentheses lets every name through."""
    return any(
        before in ("-o", "-or", "(") and test in NAMES and value in _ANY
        for before, test, value in zip(texts, texts[1:], texts[2:])
    )


def _tested(texts: Sequence[str]) -> str | None:
    """Return the one name that is looked for, "" for another test that narrows, None where all is found."""
    action = next(
        (at for at, text in enumerate(texts) if text == "-delete" or text.startswith(("-exec", "-ok"))),
        len(texts),
    )
    tests = list(texts[:action])
    if "-o" in tests and "(" not in tests:
        tests = tests[len(tests) - tests[::-1].index("-o") :]  # the action is the last alternative's alone
    for before, test, value in zip(["", *tests], tests, tests[1:]):
        if test in ("-name", "-iname") and before not in ("!", "-not") and not re.search(r"[*?\[]", value):
            return value
    asked = [
        (test, value)
        for before, test, value in zip(["", *tests], tests, tests[1:])
        if not (before in ("!", "-not") and test in NAMES)  # what is left out narrows nothing down
    ]
    narrow = "-empty" in tests or any(test in _TESTS.split() and value not in _ANY for test, value in asked)
    return "" if narrow else None


NAMES = ("-name", "-iname", "-path", "-ipath", "-wholename", "-regex", "-iregex")
_ANY = ("*", "*.*", "/*", "+0", "?*", ".*")


def whole(found: Word) -> Word:
    """Return what was `found` below a place as the word that stands for it: with no test, all of it."""
    return (
        found
        if found.some or not found.text
        else replace(found, text=found.text.rstrip("/") + "/*", glob=True)
    )
