"""Programs and texts that only the running shell knows: in variables, or made at that moment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from caro_shell.check.vocabulary import SHELLS
from caro_shell.safety.arguments import split
from caro_shell.safety.call import SOMETHING, UNKNOWN, Call
from caro_shell.safety.rules.code import (
    FETCHERS,
    HELD_TEXT,
    INTERPRETERS,
    MADE_TEXT,
    NETWORK_CODE,
    origin,
    prints_setup,
)
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason


def _open(call: Call, home: str) -> Iterator[Reason]:
    """Calls whose program, or whose whole text, is not known."""
    del home
    name = call.name
    found = origin(name.made_by) if name.made_by else None
    if found:
        yield said(*found, call)
    elif UNKNOWN in name.text or SOMETHING in name.text:
        base = name.text.rpartition("/")[2]
        whole = name.text.strip(UNKNOWN + SOMETHING) == "" or (UNKNOWN in base and base.strip(UNKNOWN) == "")
        if whole and origin(call.stdin.calls) == (Level.DANGER, NETWORK_CODE):
            yield said(Level.DANGER, NETWORK_CODE, call)
        elif whole or (UNKNOWN in base and not name.text.startswith(("/", "./", "~"))):
            yield said(
                Level.UNKNOWN, "which program it runs is known only at that moment; it cannot be judged", call
            )


def _eval(call: Call, home: str) -> Iterator[Reason]:
    del home
    for word in call.words:
        if not word.known and not word.made_by:
            remote = origin(call.stdin.calls) == (Level.DANGER, NETWORK_CODE)
            yield said(Level.DANGER, NETWORK_CODE, call) if remote else said(Level.UNKNOWN, HELD_TEXT, call)


def _shell(call: Call, home: str) -> Iterator[Reason]:
    """`sh -c "$x"`: a text that a variable holds."""
    del home
    found = split(call.words, "-o -O --rcfile --init-file", ends=True)
    file = found.operands[0] if found.operands and not found.has("-c") else None
    if file and (file.made_by or file.some) and file.text.strip(UNKNOWN + SOMETHING) == "":
        yield said(
            Level.UNKNOWN, "which file it runs is known only at that moment; it cannot be judged", call
        )
    if found.has("-c") and found.operands and not found.operands[0].made_by:
        text = found.operands[0].text
        if text.strip(UNKNOWN + SOMETHING + " ") == "":
            remote = origin(call.stdin.calls) == (Level.DANGER, NETWORK_CODE)
            yield said(Level.DANGER, NETWORK_CODE, call) if remote else said(Level.UNKNOWN, HELD_TEXT, call)


def _sourced(call: Call, home: str) -> Iterator[Reason]:
    """`source` of something that nobody can name, or that is made at that moment."""
    del home
    word = call.words[0] if call.words else None
    if word is None or (word.made_by and origin(word.made_by)):
        return
    if word.text == "/dev/stdin" or word.text.startswith("/dev/fd/"):
        made_by = word.made_by or call.stdin.calls
        maker = made_by[-1] if made_by else None
        usual = maker is not None and "/" not in maker.name.text and prints_setup(maker)
        if not usual and not (call.stdin.text and UNKNOWN not in call.stdin.text):
            yield said(Level.UNKNOWN, MADE_TEXT, call)
    elif re.search(rf"[{UNKNOWN}{SOMETHING}]", word.text.rpartition("/")[2] or UNKNOWN):
        yield said(
            Level.UNKNOWN, "which file it runs is known only at that moment; it cannot be judged", call
        )


def _held(calls: Sequence[Call], home: str) -> Iterator[Reason]:
    """Text that was fetched into a variable, and is run further on: `x=$(curl ..); eval "$x"`."""
    del home
    fetched = False
    for call in calls:
        if fetched and call.program in ("eval", *INTERPRETERS):
            texts = (
                [word.text for word in call.words if not word.made_by]
                if call.program == "eval" or "-c" in call.texts or "-e" in call.texts
                else []
            )
            fed = [
                word.text
                for one in call.stdin.calls[-1:]
                if one.program in ("echo", "printf")
                for word in one.words
            ]
            if any(
                text.strip(" ") == UNKNOWN for text in (*texts, *fed, (call.stdin.text or "").strip("\n"))
            ):
                yield said(Level.DANGER, NETWORK_CODE, call)
        fetched = fetched or (call.program in FETCHERS - {"ssh", "dig", "nc"})


RULES = {"eval": _eval, **dict.fromkeys((*SHELLS,), _shell), "source": _sourced, ".": _sourced}
EVERY = (_open,)
LINES = (_held,)
