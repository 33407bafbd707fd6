"""Judges a line: reads it, and asks every rule about every call."""

from __future__ import annotations

import os
from dataclasses import replace

from caro_shell import sanitise
from caro_shell.safety import dialects, recalled, rules
from caro_shell.safety.call import EVERY, LONGEST, SOMETHING, UNKNOWN
from caro_shell.safety.script import Reader
from caro_shell.safety.state import State
from caro_shell.safety.verdict import Level, Reason, Verdict, verdict

_NOT_KNOWN = str.maketrans(dict.fromkeys((UNKNOWN, SOMETHING, EVERY), "*"))


def judge(line: str, shell: str = "bash", *, home: str | None = None, cwd: str | None = None) -> Verdict:
    """Return what `line`, written for `shell` (bash, zsh or fish), would risk. Nothing of it is run.

    `home` is the person's home directory, `cwd` where the line would run; without one any directory may be
    meant. Never raises: what cannot be judged is UNKNOWN.
    """
    if len(line) > LONGEST:
        return verdict([Reason(Level.UNKNOWN, "it is too long to be judged", 0, len(line))])
    own = home or os.path.expanduser("~")
    try:
        reasons = _reasons(line, shell, own, cwd or ".")
    except RecursionError:
        reasons = [Reason(Level.UNKNOWN, "it is nested too deep to be judged", 0, len(line))]
    return verdict(reasons)


def _reasons(line: str, shell: str, home: str, cwd: str) -> list[Reason]:
    state = State(home, cwd, shell)
    text, places = dialects.plain(line, shell)
    found = Reader(text, state).read()
    reasons = list(rules.about(found, home))
    recall = recalled.span(text, shell)
    if recall:
        reasons.append(
            Reason(Level.UNKNOWN, "takes something out of the history, which cannot be read here", *recall)
        )
    if found.unread and not reasons:
        reasons.append(Reason(Level.UNKNOWN, "it cannot be read as a whole", 0, len(text)))
    last = len(places) - 1
    return [
        replace(
            one, text=_shown(one.text), start=places[min(one.start, last)], end=places[min(one.end, last)]
        )
        for one in reasons
    ]


def _shown(text: str) -> str:
    """Return the text of a reason fit to be shown, whatever it quotes; `*` is what nobody knows."""
    return text if text.isascii() and text.isprintable() else sanitise.printable(text.translate(_NOT_KNOWN))
