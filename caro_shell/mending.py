"""Small repairs of a command by what there is in the person's directory, and by how the request spells it.

    mending.mended("sort -u /etc/hosts", "sort etc/hosts, each line once", "/srv/image")
    "sort -u etc/hosts"  # where /srv/image/etc/hosts is

A model sees words alone, and knows the names that most people have better than those that stand there. Only
how a file's name is written is changed, a whole word that the request holds, and only where a look decides
it; and two commands that never do what they seem to.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator

from caro_shell.check import mentions
from caro_shell.timebox import within

#: Seconds that looking may take: a directory may lie on a server that does not answer.
LIMIT_S = 0.2
#: Most names of a directory that are looked at.
_MOST = 5000
#: A name with blanks, of which only the end has the ending of a file.
_FILE_WITH_BLANK = re.compile(r"[\w-]+(?: [\w-]+)* [\w-]+\.\w{1,5}")
#: Programs that mean another machine's files, or make the name that they are given.
_ELSEWHERE = re.compile(r"\b(?:ssh|scp|sftp|rsync|docker|podman|kubectl|lxc|adb|chroot|vagrant|wsl)\b")
_MAKES = re.compile(r"[>]|\b(?:mv|cp|ln|touch|tee|install|rename|mkdir|dd|curl|wget|tar|zip)\b")
# In these no two ways lead over the same text: while an expression is tried, nothing else runs in the daemon.
_MAKES_DIRECTORIES = re.compile(r"((?:sudo )?mkdir )([\w.@%+=:,~/-]+(?: [\w.@%+=:,~/-]+)* ?)")
_LOOKS_AT_PROCESSES = re.compile(
    r"(?P<before>(?:sudo )?ps\b[^|'\"`$;&]*\| ?grep (?P<flags>(?:-[Eiwc]+ )*))"
    r"(?P<quote>['\"]?)(?P<first>\w)(?P<name>[\w.-]*)(?P=quote)(?P<behind> *\|.*)?",
    re.DOTALL,
)
#: A find that ends, before a pipe or at all, with a test by a program that prints nothing.
_ONLY_TESTS = re.compile(
    r"(?P<find>find (?:[^|;&'\"`$\\]|'[^']*'|\\[^|&'\"`$])*?"
    r"-exec (?:test |\[ |grep -\w*q|cmp -s )[^|;&]*?(?:\\;|';'))(?P<behind> *\|.*)?",
    re.DOTALL,
)
_QUESTION = re.compile(r"(?:which|what|who|where|when|how|is|are|does?|can|has|have)\b", re.IGNORECASE)
_ASKED_ABOUT = re.compile(r"(?<![\w*?./-])(\w[\w.-]*)\?(?!\S)")
#: Programs to which a question's mark is a part of a pattern.
_TAKES_PATTERNS = re.compile(r"\b(?:[a-z]*grep|rg|ag|ack|sed|awk|gawk|perl|ls|find|fd|locate|case)\b")


def mended(command: str, words: str, cwd: str) -> str:
    """Return `command`, an answer to the request `words`, with the names in it as they are in `cwd`.

    `cwd` is a directory, or "" where none is known.
    """
    return within(LIMIT_S, lambda: _mended(command, words, cwd if os.path.isabs(cwd) else ""), command)


def _mended(command: str, words: str, cwd: str) -> str:
    names = list(mentions.names(words))
    command = _told(_but_itself(_unasked(command, words)))
    if cwd:
        said = (word.strip(".,:;!?()'\"") for word in words.split() if "/" in word)
        names += [word for word in said if word not in names and _is_there(cwd, word)]
        for name in names:
            command = _as_it_is(command, name, words, cwd)
            command = _here(command, name, words, cwd)
        command = _with_parents(command, cwd)
    for name in names:
        if " " in name and (_is_file(name) or (cwd and _is_there(cwd, name))):
            command = _as_one_word(command, name)
    return command


def _unasked(command: str, words: str) -> str:
    """Take a question's mark from the word before it: "who uses port 22?" is about no port `22?`."""
    if not _QUESTION.match(words) or _TAKES_PATTERNS.search(command):
        return command
    for asked in _ASKED_ABOUT.findall(words):
        command = re.sub(rf"(?<![\w*?.])({re.escape(asked)})\?(?![\w*?.])", r"\1", command)
    return command


def _but_itself(command: str) -> str:
    """Keep the grep of `ps | grep NAME` from being counted or passed on: its pattern is not the name then."""
    found = _LOOKS_AT_PROCESSES.fullmatch(command)
    if (
        found is None
        or not (found["behind"] or "c" in found["flags"])
        or "grep -v" in (found["behind"] or "")
    ):
        return command
    return f"{found['before']}'[{found['first']}]{found['name']}'{found['behind'] or ''}"


def _told(command: str) -> str:
    """Let a find that only lets other programs test print what passes: it does not by itself behind -exec."""
    found = _ONLY_TESTS.fullmatch(command)
    return f"{found['find']} -print{found['behind'] or ''}" if found else command


def _as_it_is(command: str, name: str, words: str, cwd: str) -> str:
    """Write a file's `name` with the capitals that it has here, if just one is spelt so and it is read."""
    if not re.fullmatch(r"[\w-]+\.[\w.-]+", name) or _MAKES.search(command) or _is_there(cwd, name):
        return command
    alike = [there for there in _listed(cwd) if there.lower() == name.lower()]
    if len(alike) != 1 or alike[0] in words or alike[0] in command:
        return command
    return _swapped(command, name, alike[0])


def _here(command: str, name: str, words: str, cwd: str) -> str:
    """Write `name` as the request does, and not as a path from elsewhere, where it is right here."""
    if name.startswith(("/", "~", ".")) or _ELSEWHERE.search(command) or not _is_there(cwd, name):
        return command
    if _swapped(command, name, "") != command:
        return command  # it is there already: the other one is where it goes to, or comes from
    # "etc/hosts" is not /etc/hosts, even if that is there; of a bare name only the manuals' placeholder goes.
    before = "/" if "/" in name else "/path/to/"
    return command if before + name in words else _swapped(command, before + name, name)


def _with_parents(command: str, cwd: str) -> str:
    """Let a plain `mkdir` make the directories above, too, where they are missing."""
    found = _MAKES_DIRECTORIES.fullmatch(command)
    made = found[2].split() if found else []
    above = [os.path.dirname(os.path.expanduser(path.rstrip("/"))) for path in made]
    if (
        found
        and not any(path.startswith("-") for path in made)
        and any(parent and not _is_there(cwd, parent) for parent in above)
    ):
        return f"{found[1]}-p {found[2]}"
    return command


def _is_file(name: str) -> bool:
    """Say whether a quoted `name` with blanks is one of a file, and no command."""
    return bool(_FILE_WITH_BLANK.fullmatch(name)) and shutil.which(name.split(maxsplit=1)[0]) is None


def _as_one_word(command: str, name: str) -> str:
    """Quote `name` wherever its blanks would make several words of it."""
    for start in reversed(list(_unquoted(command, name))):
        command = command[:start] + shlex.quote(name) + command[start + len(name) :]
    return command


def _unquoted(command: str, name: str) -> Iterator[int]:
    """Yield where `name` stands in `command` as words of their own, outside of quotes."""
    quote, at = "", 0
    while at < len(command):
        char = command[at]
        alone = command[at - 1 : at] in ("", " ") and command[at + len(name) : at + len(name) + 1] in (
            "",
            " ",
        )
        if not quote and alone and command.startswith(name, at):
            yield at
        if char == "\\" and quote != "'":
            at += 1
        elif char in "'\"" and quote in ("", char):
            quote = "" if quote else char
        at += 1


def _swapped(command: str, path: str, name: str) -> str:
    """Return `command` with `name` for each whole word, quoted or not, that is `path`."""
    word = rf"(?:(?<=\A)|(?<=[\s<>])|(?<=[\s<>]['\"])){re.escape(path)}(?=\Z|[\s;|&)]|['\"](?:\Z|[\s;|&)]))"
    return re.sub(word, lambda _: name, command)


def _is_there(cwd: str, name: str) -> bool:
    return os.path.lexists(os.path.join(cwd, name))


def _listed(cwd: str) -> list[str]:
    try:
        with os.scandir(cwd) as entries:
            return [entry.name for entry, _ in zip(entries, range(_MOST))]
    except OSError:
        return []
