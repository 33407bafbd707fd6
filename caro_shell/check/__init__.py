"""Is a command fit to be given? What can be said against it without running it.

    from caro_shell import check

    check.findings("sort --by-size a", "sort a by size", "bash", "linux")
    (Finding(kind='option', text='sort has no option --by-size'),)

Where something is not known, nothing is said: a false alarm would spoil a right answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from caro_shell.check import line, mentions, misuse, syntax
from caro_shell.check.calls import calls
from caro_shell.check.programs import Programs

#: Most findings of one command; the first say enough.
MOST = 4
_NAME = re.compile(r"[A-Za-z0-9_][\w.+-]*")


class Finding(NamedTuple):
    """One thing against a command, as a sentence without its full stop.

    `kind` is syntax, name (of a program), option or words (a name in the request that is left out); or note:
    it may well be right, and another answer would be no better.
    """

    kind: str
    text: str

    @property
    def is_fault(self) -> bool:
        """Whether another answer may be better."""
        return self.kind != "note"


def findings(
    command: str, words: str, shell: str, platform: str, *, path: str | None = None
) -> tuple[Finding, ...]:
    """Return what speaks against `command` as an answer to the request `words`.

    `shell` is bash, zsh or fish, `platform` as in `sys.platform`; `path` is the person's search path for
    programs, of which nothing is said where it is None.
    """
    found = line.read(command, shell)
    if found is None or not found.plain:
        complaint = syntax.complaint(command, shell, path)
        if complaint:
            return (Finding("syntax", f"{shell} cannot read it: {complaint}"),)
    said = list(_about_calls(found, words, Programs(shell, platform, path), platform)) if found else []
    said += [Finding("words", f"it leaves out {name}") for name in mentions.missing(words, command)]
    return tuple(dict.fromkeys(said))[:MOST]


def _about_calls(found: line.Line, words: str, programs: Programs, platform: str) -> Iterator[Finding]:
    defined = found.functions | _installed(found)
    for call in calls(found, programs.takes):
        name = call.name.text
        if _NAME.fullmatch(name) and name not in defined and programs.lacks(name):
            named = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words, re.IGNORECASE)
            yield Finding("note" if named else "name", f"there is no program {name} here")
        for option in call.unknown:
            yield Finding("option", f"{call.program} has no option {option}")
        for fault in misuse.said(call, platform):
            yield Finding("option", fault)


def _installed(found: line.Line) -> set[str]:
    """Return the names that the line may install before it calls them."""
    texts = ([word.text for word in command] for command in found.commands)
    return {text for command in texts if "install" in command or "-S" in command for text in command}
