"""Files and directories that would be gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from caro_shell.safety.arguments import split
from caro_shell.safety.call import EVERY as WILD
from caro_shell.safety.call import SOMETHING, UNKNOWN, Call, Word
from caro_shell.safety.found import NAMES, found_files, names_by
from caro_shell.safety.places import Place, absolute, locate
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

_GONE = "not recoverable"
#: Places that nobody deletes as a whole on purpose, and whether that takes all with it.
WIDE = {
    Place.ROOT: ("deletes the whole system", True),
    Place.EMPTY: ("deletes the whole system if the variable is empty", True),
    Place.HOME: ("deletes a whole home directory", True),
    Place.DEVICE: ("deletes a device", False),
    Place.ABOVE: ("deletes the directory above this one and all in it", False),
    Place.HERE: ("deletes everything in this directory", False),
    Place.DRIVE: ("deletes everything on a drive", False),
}


_NEEDED = re.compile(r"/dev/(?:null|zero|full|u?random|tty|std(?:in|out|err)|fd|pts|shm)")


def deleted(call: Call, word: Word, home: str, *, recursive: bool, verb: str = "deletes") -> Iterator[Reason]:  # noqa: C901, PLR0912
    """Yield what it means that `call` deletes what `word` names, with all below it if `recursive`."""
    place, shown = locate(word, home, call.cwd), shown_path(word.text)
    at = (word.start, word.end) if word.end else (call.start, call.end)
    whole = place is Place.HERE or (
        word.glob and not word.text.startswith(("/", "~")) and locate(word, home, ".") is Place.HERE
    )
    if _NEEDED.fullmatch(absolute(word.text, call.cwd)):
        yield Reason(Level.DANGER, f"{verb} {shown}, which every program needs", *at)
    elif call.strayed and whole and recursive and place not in (Place.ROOT, Place.HOME, Place.SYSTEM):
        yield Reason(
            Level.DANGER,
            f"{verb} everything in the directory that is current if the cd before fails, {_GONE}",
            *at,
        )
    elif (
        word.text in (SOMETHING, UNKNOWN)
        and recursive
        and (_read_from_list(word) or (word.some and word.text == SOMETHING))
    ):
        yield from _from_a_list(call, word, verb, at)
    elif word.some:
        yield from _some(place, shown, at)
    elif recursive and (above := _if_empty(word, home, call.cwd)):
        yield Reason(Level.DANGER, f"{verb} {above} as a whole if the variable is empty, {_GONE}", *at)
    elif place in (Place.SYSTEM, Place.PRECIOUS) and (recursive or place is Place.SYSTEM):
        yield Reason(Level.DANGER, f"{verb} everything under {shown}, {_GONE}", *at)
    elif place in (Place.VITAL, Place.PRECIOUS):
        yield Reason(Level.DANGER, f"{verb} {shown}, which the system or your account needs", *at)
    elif place in WIDE and (recursive or word.glob or place is Place.DEVICE):
        text, critical = WIDE[place]
        yield Reason(Level.DANGER, f"{text.replace('deletes', verb, 1)}, {_GONE}", *at, critical)
    elif word.glob and not recursive and _SETS_UP.fullmatch(absolute(word.text, call.cwd)):
        yield Reason(Level.DANGER, f"{verb} {shown}, without which the system does not come up, {_GONE}", *at)
    elif place is Place.CORE and word.glob and not recursive and not _LOCK.fullmatch(word.text):
        yield Reason(Level.DANGER, f"{verb} {shown}, which the system runs on, {_GONE}", *at)
    elif not recursive:
        return
    elif place is Place.CORE:
        yield Reason(Level.DANGER, f"{verb} everything under {shown}, which the system runs on, {_GONE}", *at)
    elif place is Place.INSIDE:
        deep = absolute(word.text, call.cwd).count("/") > 2  # a program's own corner
        level = Level.CAUTION if deep else Level.DANGER
        yield Reason(level, f"{verb} everything under {shown}, a part of the system, {_GONE}", *at)
    elif (place is Place.PLAIN and not word.glob and "." not in word.text.rpartition("/")[2].strip(".")) or (
        place is Place.PLAIN and re.fullmatch(r"/[^/]+/\*+", word.text)
    ):
        yield Reason(Level.CAUTION, f"{verb} everything under {shown}, {_GONE}", *at)
    elif place is Place.OPEN and SOMETHING not in word.text:
        yield Reason(Level.CAUTION, f"{verb} whatever a variable names at that moment", *at)


#: Files below /etc by which the network, the services or the logins are set up.
_SETS_UP = re.compile(
    r"/etc/(?:netplan|network|NetworkManager/system-connections|systemd/(?:system|network)|ssh|pam\.d|init\.d|default|security)/.*"
)
_LOCK = re.compile(r".*/(?:__db|\.?(?:rpm\.)?lock)[^/]*")


def _read_from_list(word: Word) -> bool:
    """Say whether `word` is a line of a file or a list that nobody sees: `while read d`, `$(cat list)`."""
    makers = [one.program for one in word.made_by]
    return bool(makers) and makers[-1] in (*_PRINTS_LINES, *_LISTS_WIDE)


_PRINTS_LINES = ("cat", "tac", "sort", "cut", "awk", "sed", "uniq", "tr", "jq", "tail", "head", "curl")


def _from_a_list(call: Call, word: Word, verb: str, at: tuple[int, int]) -> Iterator[Reason]:
    """Yield what it means to delete what a list names: of homes, of file systems, or one that nobody sees."""
    if any(one.program in _LISTS_WIDE or "/etc/passwd" in one.texts for one in word.made_by):
        yield Reason(Level.DANGER, f"{verb} every home or file system that is listed, {_GONE}", *at)
    elif not any(one.program in _LISTS_HERE for one in word.made_by):
        level = Level.DANGER if call.root else Level.CAUTION
        yield Reason(level, f"{verb} whatever a list names at that moment, with all below it", *at)


#: Programs that list what is here, of which others pick some.
_LISTS_HERE = ("ls", "find", "fd", "git", "rg", "grep", "ag", "locate", "fzf")
#: Programs that list where file systems are, and where people live.
_LISTS_WIDE = ("df", "mount", "findmnt", "lsblk", "getent", "zfs", "lvs")


def _if_empty(word: Word, home: str, cwd: str) -> str:
    """Return the place that `word` is if the variable at its end is empty, where that is wide; else ""."""
    found = re.fullmatch(
        rf"([^{UNKNOWN}{SOMETHING}]*[^{UNKNOWN}{SOMETHING}/])/+{UNKNOWN}+(?:/?\*?)", word.text
    )
    wide = (Place.ROOT, Place.SYSTEM, Place.HOME, Place.ABOVE)
    return found[1] if found and locate(Word(found[1]), home, cwd) in wide else ""


def _some(place: Place, shown: str, at: tuple[int, int]) -> Iterator[Reason]:
    """Yield what it means to delete files below a place that pass a test."""
    if place is Place.PRECIOUS and shown.endswith((".git", ".hg")):
        yield Reason(Level.DANGER, f"deletes the history of every repository below, {_GONE}", *at)
    elif place in _NOT_EVEN_SOME and not shown.startswith(("/var", "/opt", "/srv")):
        yield Reason(Level.DANGER, f"deletes files all over {shown}, {_GONE}", *at)


#: Places where not even files that pass a test are deleted as a matter of course.
_NOT_EVEN_SOME = (Place.ROOT, Place.SYSTEM, Place.VITAL, Place.EMPTY, Place.CORE)


def shown_path(text: str) -> str:
    """Return a path as a sentence shows it: what is not known in it as an ellipsis."""
    return text.replace(SOMETHING, "…").replace("\0", "…") or "this directory"


def _rm(call: Call, home: str) -> Iterator[Reason]:
    found = split(call.words)
    asks = found.has("-i", "-I", "--interactive") and not found.has("-f")
    answered = any(one.program == "yes" for one in call.stdin.calls)
    if found.has("--help", "--version") or (asks and not answered):
        return
    recursive = found.has("-r", "-R", "--recursive", "-d") or call.program in ("srm", "rimraf")
    if found.has("--no-preserve-root"):
        yield said(
            Level.DANGER,
            f"switches off what keeps rm from deleting the whole system, {_GONE}",
            call,
            critical=True,
        )
    for word in found.operands:
        for one in listed(word):
            yield from deleted(call, one, home, recursive=recursive)


def listed(word: Word) -> list[Word]:
    """Return the words that `word` becomes if it is what a program lists: `rm $(ls)`."""
    names = names_by(word.made_by[-1]) if word.made_by and word.text == UNKNOWN else None
    if names is None:
        return [word]
    return [replace(word, text=name.replace(WILD, "*"), glob=WILD in name) for name in names]


def _trashed(call: Call, home: str) -> Iterator[Reason]:
    """What goes to the bin: it can be taken out again, but a whole home or system is not moved there."""
    words = call.words[1:] if call.program == "gio" else call.words
    if call.program == "gio" and call.texts[:1] not in (("trash",), ("remove",)):
        return
    if "--empty" in call.texts:
        yield said(Level.CAUTION, f"empties the bin, {_GONE}", call)
    for word in split(words).operands:
        place = locate(word, home, call.cwd)
        if place in (Place.ROOT, Place.HOME, Place.SYSTEM, Place.EMPTY):
            yield said(Level.DANGER, f"takes away {shown_path(word.text)} as a whole", call)
        elif call.texts[:1] == ("remove",):
            yield from deleted(call, word, home, recursive=False)


def _find(call: Call, home: str) -> Iterator[Reason]:
    if "-delete" in call.texts:
        for word in found_files(call):
            yield from deleted(call, word, home, recursive=True)
            aged = {"-mtime", "-atime", "-ctime", "-mmin", "-newermt", "-newer"} & set(call.texts)
            if (
                word.some
                and aged
                and "-empty" not in call.texts
                and not set(NAMES) & set(call.texts)
                and (place := locate(word, home, call.cwd)) in (Place.PLAIN, Place.HOME)
            ):
                level = Level.DANGER if place is Place.HOME else Level.CAUTION
                yield said(level, f"deletes the older files under {shown_path(word.text)}, {_GONE}", call)


#: Directories right below the root that programs are put into one by one, if at all.
_RUNS_ON = ("bin", "boot", "etc", "lib", "lib32", "lib64", "sbin", "usr")


def _rsync(call: Call, home: str) -> Iterator[Reason]:
    found = split(
        call.words, "-e -f --exclude --include --rsh --filter --files-from --bwlimit --chmod --log-file"
    )
    deletes = any(option.startswith("--del") for option in found.options)
    if found.has("-n", "--dry-run") or len(found.operands) < 2:
        return
    target = found.operands[-1]
    if ":" in target.text.partition("/")[0]:
        target = Word(target.text.partition(":")[2] or "~", target.start, target.end)
        home = "/home/…"
    place = locate(target, home, call.cwd)
    core = absolute(target.text, call.cwd).strip("/") in _RUNS_ON
    if (place is Place.ROOT or core) and not deletes:
        yield said(Level.DANGER, "writes over the system with what the source has", call)
        return
    emptied = any(
        word.text.rstrip("/").endswith("empty")
        or word.text == "/dev/null"
        or (word.made_by and word.made_by[-1].program == "mktemp")
        for word in found.operands[:-1]
    )
    for word in found.operands[:-1] if found.has("--remove-source-files") else ():
        if locate(word, home, call.cwd) in (Place.ROOT, Place.SYSTEM, Place.HOME, Place.CORE):
            yield said(Level.DANGER, f"takes every file out of {shown_path(word.text)}", call)
    if not deletes:
        return
    if place in (Place.ROOT, Place.SYSTEM, Place.HOME, Place.EMPTY, Place.PRECIOUS, Place.ABOVE):
        yield said(Level.DANGER, f"deletes in {shown_path(target.text)} whatever the source does not have, {_GONE}", call,
                   critical=place in (Place.ROOT, Place.HOME))  # fmt: skip
    elif emptied:
        yield said(Level.DANGER, f"empties {shown_path(target.text)}, {_GONE}", call)


def _packed(call: Call, home: str) -> Iterator[Reason]:
    """`zip -m`, `7z a -sdel`: what is packed is deleted behind it."""
    found = split(call.words, "-x -i -b -n -t -P")
    moves = found.has("-m", "--move") if call.program == "zip" else "-sdel" in call.texts
    for word in found.operands[1:] if moves else ():
        yield from deleted(call, word, home, recursive=True, verb="takes away")


def _shred(call: Call, home: str) -> Iterator[Reason]:
    found = split(call.words, "-n -s --iterations --size --random-source")
    if found.has("--help"):
        return
    for word in found.operands:
        wide = list(deleted(call, word, home, recursive=True, verb="destroys"))
        yield from wide or [
            said(Level.CAUTION, f"destroys the content of {shown_path(word.text)}, {_GONE}", call)
        ]


RULES = {
    "zip": _packed, "7z": _packed, "7za": _packed, "7zz": _packed,
    "rm": _rm, "grm": _rm, "srm": _rm, "rimraf": _rm, "unlink": _rm, "find": _find, "gfind": _find,
    "gio": _trashed, "trash": _trashed, "trash-put": _trashed, "gvfs-trash": _trashed,
    "rsync": _rsync, "shred": _shred, "wipe": _shred, "gshred": _shred,
}  # fmt: skip
