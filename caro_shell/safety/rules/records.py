"""Files that keep what happened, the history of a shell and the logs of a system, deleted or emptied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from caro_shell.safety.arguments import split
from caro_shell.safety.call import SOMETHING, UNKNOWN, Call, Word
from caro_shell.safety.found import found_files
from caro_shell.safety.places import absolute
from caro_shell.safety.rules.deleting import shown_path
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_HISTORY = re.compile(
    r"(?:/home/[^/]+|/Users/[^/]+|/root|~|\.)?(?:/[^/]*)*/\.\*?(?:[a-z]*_)?history\*?|(?:.*/)?fish_history|(?:.*/)?\.[\w*]+_history"
)
#: Logs that say who came in and what the system did; wildcards and places not known stand for all of them.
_RECORDS = re.compile(
    r"(?:/private)?/(?:var|run)/log/(?:.*[*?\0\1].*|(?:auth|secure|syslog|messages|kern|daemon|user|sudo|boot|cron|mail(?:log)?"
    r"|wtmp|btmp|utmp|lastlog|faillog|tallylog|system|install|dmesg|ufw|fail2ban|dpkg)(?:\.log)?(?:[.-].*)?|(?:journal|audit|asl|apt|samba)(?:/.*)?)"
)
_BELOW = re.compile(r"(?:/private)?/(?:var|run)/log/.+")
_OLD = re.compile(r".*(?:\.(?:gz|xz|bz2|zst|old|\d+)|\.\[0-9\]|-\d{8})")
_DELETERS = ("rm", "unlink", "shred", "wipe", "srm", "truncate", "gshred")
_SILENT = (":", "true", "cat", "echo", "printf")


def _gone(call: Call) -> Iterator[tuple[Word, bool]]:
    """Yield the files that `call` deletes or empties, and whether nothing is put in their place."""
    found = split(call.words, "-s -n -r --size --iterations --reference")
    texts = call.texts
    if call.program in _DELETERS:
        smaller = call.program != "truncate" or not (found.values.get("-s") or Word("0")).text.startswith("+")
        yield from ((word, True) for word in found.operands if smaller)
    elif call.program == "find" and "-delete" in texts:
        names = [value for test, value in zip(texts, texts[1:]) if test in ("-name", "-iname")]
        narrow = {"-mtime", "-mmin", "-ctime", "-atime", "-size", "-newermt"} & set(texts)
        for word in found_files(call) if not narrow else ():
            yield from ((replace(word, text=f"{word.text}/{name}", glob=True), True) for name in names)
    elif call.program == "tee" and not found.has("-a", "--append"):
        yield from ((word, True) for word in found.operands)
    elif call.program in ("cp", "mv", "install", "ln") and len(found.operands) > 1:
        *sources, target = found.operands
        if target.text == "/dev/null":
            yield from ((word, True) for word in sources)
        elif call.program == "mv" or sources[0].text == "/dev/null":
            yield target, True
    yield from ((word, True) for word in _rewritten(call))
    for one in call.redirects:
        if one.writes and one.fd != "2":
            yield one.target, call.program in _SILENT


def _rewritten(call: Call) -> Iterator[Word]:
    """Yield what `dd` writes, and what `sed -i` or `perl -i` takes lines out of."""
    if call.program == "dd":
        yield from (
            Word(word.text[3:], word.start, word.end) for word in call.words if word.text.startswith("of=")
        )
    edits = call.program in ("sed", "gsed", "perl") and any(
        re.match(r"-\w*i|--in-place", text) for text in call.texts
    )
    if edits and (call.program == "perl" or re.search(r"(?:^|[\s;}/$\d])d\b", " ".join(call.texts))):
        operands = split(call.words).operands
        yield from operands[1:] or operands


def _records(call: Call, home: str) -> Iterator[Reason]:
    del home
    if call.program in ("echo", "printf") and not call.redirects:
        return
    for word, emptied in _gone(call):
        path = absolute(word.text, call.cwd)
        if not word.known and path.strip(UNKNOWN + SOMETHING) == "":
            continue
        if _HISTORY.fullmatch(path):
            yield said(
                Level.DANGER, f"deletes the history kept in {shown_path(word.text)}, not recoverable", call
            )
        elif _OLD.fullmatch(path) and _BELOW.fullmatch(path):
            yield said(Level.CAUTION, f"deletes old logs ({shown_path(word.text)})", call)
        elif _RECORDS.fullmatch(path) or (word.glob and _BELOW.fullmatch(path)):
            yield said(
                Level.DANGER, f"deletes or empties the log {shown_path(word.text)}: its traces are lost", call
            )
        elif emptied and _BELOW.fullmatch(path):
            yield said(Level.CAUTION, f"deletes or empties the log {shown_path(word.text)}", call)


EVERY = (_records,)
