"""Files whose content would be lost because something else is written over them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from caro_shell.safety.arguments import split
from caro_shell.safety.call import SOMETHING, Call, Word
from caro_shell.safety.places import TOP, Place, absolute, locate
from caro_shell.safety.rules.deleting import deleted, listed, shown_path
from caro_shell.safety.rules.table import said
from caro_shell.safety.verdict import Level, Reason

#: What the system needs, but is made or set by hand as a matter of course.
_MADE_ANEW = r"/swapfile|/proc/sys/(?:vm|net|fs)/[\w./-]+"


def written(call: Call, word: Word, home: str, *, appends: bool = False) -> Iterator[Reason]:
    """Yield what it means that `call` writes over the file `word`, or `appends` to it."""
    place, shown = locate(word, home, call.cwd), shown_path(word.text)
    at = (word.start, word.end) if word.end else (call.start, call.end)
    if place is Place.DEVICE:
        yield Reason(
            Level.DANGER, f"writes over the raw device {shown}: all data on it is lost", *at, critical=True
        )
    elif place is Place.VITAL and re.fullmatch(_MADE_ANEW, word.text):
        yield Reason(Level.CAUTION, f"writes over {shown}", *at)
    elif place is Place.VITAL and not appends:
        yield Reason(Level.DANGER, f"writes over {shown}, which the system needs", *at)
    elif place is Place.VITAL and not word.text.endswith(
        ("hosts", "environment", "profile", "fstab", "ssh_config", "bash.bashrc")
    ):
        yield Reason(Level.DANGER, f"changes {shown}, on which the security of the system rests", *at)
    elif (
        word.glob and place in (Place.HERE, Place.HOME, Place.ROOT, Place.SYSTEM, Place.CORE) and not appends
    ):
        yield Reason(Level.DANGER, f"empties every file in {shown}, not recoverable", *at)
    elif (
        (word.some or SOMETHING in word.text)
        and not appends
        and place in (Place.HOME, Place.ROOT, Place.SYSTEM, Place.CORE)
    ):
        yield Reason(Level.DANGER, f"empties files all over {shown}, not recoverable", *at)
    elif place is Place.PRECIOUS and not appends:
        yield Reason(Level.DANGER, f"writes over {shown}: what is in it now is lost", *at)
    elif place is Place.PRECIOUS and word.text.endswith("authorized_keys"):
        yield Reason(Level.DANGER, f"lets somebody else log in as you ({shown})", *at)


def _redirects(call: Call, home: str) -> Iterator[Reason]:
    for one in call.redirects:
        if not (one.writes or one.appends):
            continue
        yield from written(call, one.target, home, appends=one.appends)
        if one.writes and one.fd != "2" and one.target.known and _reads(call, one.target):
            yield Reason(Level.CAUTION, f"empties {one.target.text} before it is read: its content is lost",
                         one.target.start, one.target.end)  # fmt: skip
        log = locate(one.target, home, call.cwd) is Place.INSIDE and one.writes
        if log and call.program in (":", "true", "cat", "echo", "printf") and "/log" in one.target.text:
            yield said(Level.DANGER, f"empties the log {one.target.text}: its traces are lost", call)


#: Ways to write nothing, and the names of files that are emptied as a matter of course.
_NOTHING = {
    ":": ((),),
    "true": ((),),
    "cat": (("/dev/null",),),
    "echo": ((), ("",), ("-n",)),
    "printf": (("",),),
}
_OFTEN_EMPTIED = r".*\.(?:log|out|err|tmp|txt|lock|pid)|out\w*|log\w*"
#: Files that are made at that size, to be used as a disk or to test something.
_IMAGE = r".*(?:\.(?:img|raw|bin|qcow2|iso|dat|disk|vmdk|vdi|swap|test|tmp)|/?(?:test|dummy|random|zero|big|swap|file|disk|sample|null)[^/]*)"


def _emptied(call: Call, home: str) -> Iterator[Reason]:
    """`: > file`, `cat /dev/null > file`: it is there already, or else nobody would write that."""
    if call.texts not in _NOTHING.get(call.program, ()) or not call.name.text:
        return
    for one in call.redirects:
        usual = call.program != "cat" and re.fullmatch(_OFTEN_EMPTIED, one.target.text)
        bare = call.program == ":" and call.name.end == 0  # nothing but a redirection
        plain = locate(one.target, home, call.cwd) is Place.PLAIN and "." in one.target.text
        if one.writes and one.fd != "2" and not usual and not bare and plain:
            yield said(Level.CAUTION, f"empties {shown_path(one.target.text)}, not recoverable", call)


def _reads(call: Call, target: Word) -> bool:
    """Say whether `call`, or one before it in the pipe, reads the file that it writes over."""
    path = absolute(target.text, call.cwd)
    if path.startswith("/dev/"):
        return False
    reading = [call, *call.stdin.calls, *(one for up in call.stdin.calls for one in up.stdin.calls)]
    named = {absolute(word.text, call.cwd) for one in reading if one.away == call.away and one.program not in ("echo", "printf", "touch", "mkdir")
             for word in split(one.words).operands if word.known and word.text}  # fmt: skip
    return path in named


def _tee(call: Call, home: str) -> Iterator[Reason]:
    found = split(call.words, "--output-error")
    appends = found.has("-a", "--append")
    for word in found.operands:
        yield from written(call, word, home, appends=appends)
        empty = not appends and _silent(call.stdin.calls)
        if empty and locate(word, home, call.cwd) in (Place.INSIDE, Place.CORE):
            yield said(Level.DANGER, f"empties {shown_path(word.text)}, not recoverable", call)
        own = not appends and locate(word, home, call.cwd) is Place.PLAIN and call.program == "tee"
        if own and _silent(call.stdin.calls):
            yield said(Level.CAUTION, f"empties {shown_path(word.text)}, not recoverable", call)
        elif own and call.stdin.calls and word.known and _reads(replace(call, words=()), word):
            yield said(Level.CAUTION, f"writes over {shown_path(word.text)} while it is read", call)


def _silent(calls: Sequence[Call]) -> bool:
    """Say whether the last of `calls` prints nothing."""
    last = calls[-1] if calls else None
    return last is not None and (
        last.program in (":", "true") or (last.program == "cat" and last.texts == ("/dev/null",))
    )


def _copied(call: Call, home: str) -> Iterator[Reason]:  # noqa: C901
    found = split(call.words, "-t --target-directory -S --suffix -o -g -m --mode --owner --group")
    given = found.values.get("-t") or found.values.get("--target-directory")
    operands = found.operands
    if len(operands) < 2 and not given:
        return
    sources, target = (operands, given) if given else (operands[:-1], operands[-1])
    if call.program in ("mv", "gmv"):
        yield from _moved(call, sources, target, home)
    place = locate(target, home, call.cwd)
    if given or place in (Place.SYSTEM, Place.ROOT) or target.text.endswith("/"):
        for word in sources:  # by the name that it has there
            inside = replace(
                target, text=f"{target.text.rstrip('/')}/{word.text.rstrip('/').rpartition('/')[2]}"
            )
            known = word.known and locate(inside, home, call.cwd)
            if known is Place.VITAL or (known is Place.PRECIOUS and inside.text.endswith("/authorized_keys")):
                yield from written(call, inside, home)
        if call.program in ("mv", "gmv") and place is Place.ROOT and any(word.glob for word in sources):
            yield said(Level.DANGER, "writes over what is in /", call)
    if place in (Place.DEVICE, Place.VITAL) or (place is Place.PRECIOUS and not _is_directory(target.text)):
        yield from written(call, target, home)
    recursive = found.has("-r", "-R", "-a", "--recursive", "--archive")
    if (
        recursive
        and place in (Place.ROOT, Place.SYSTEM)
        and any(
            word.glob
            or word.text.endswith("/.")
            or word.text in (".", "./")
            or (place is Place.ROOT and posixpath.basename(word.text.rstrip("/")) in TOP)
            for word in sources
        )
    ):
        yield said(Level.DANGER, f"writes over what is in {shown_path(target.text)}", call)
    nothing = any(word.text == "/dev/null" for word in sources)
    if nothing and target.glob:
        yield from written(call, target, home)
    if nothing and place not in (Place.TEMPORARY, Place.SINK):
        level = (
            Level.DANGER
            if place in (Place.INSIDE, Place.VITAL, Place.PRECIOUS, Place.DEVICE, Place.SYSTEM, Place.CORE)
            else Level.CAUTION
        )
        yield said(level, f"empties {shown_path(target.text)}, not recoverable", call)


def _is_directory(text: str) -> bool:
    return text.endswith("/") or text.rpartition("/")[2] in _DIRECTORIES.split()


_DIRECTORIES = "Documents Desktop Pictures Music Videos Movies Library Photos Dropbox"
_DIRECTORIES += " .ssh .config .local share .aws .kube .gnupg"


def _moved(call: Call, sources: tuple[Word, ...], target: Word, home: str) -> Iterator[Reason]:
    if target.text == "/dev/null":
        for word in sources:
            wide = [
                reason
                for reason in deleted(call, word, home, recursive=True, verb="loses")
                if reason.level is Level.DANGER
            ]
            yield from wide or [
                said(Level.DANGER, f"loses {shown_path(word.text)}: /dev/null keeps nothing", call)
            ]
        return
    for word in sources:
        place = locate(word, home, call.cwd)
        if place in (Place.ROOT, Place.EMPTY, Place.HOME):
            yield said(Level.DANGER, f"moves {place.value} away", call, critical=True)
        elif place in (Place.SYSTEM, Place.VITAL):
            yield said(Level.DANGER, f"moves {shown_path(word.text)} away, which the system needs", call)


def _linked(call: Call, home: str) -> Iterator[Reason]:
    found = split(call.words, "-t -S --suffix --target-directory")
    new = split(call.words).operands[-1:]
    if new and re.fullmatch(
        r"/etc/(?:sudoers\.d|pam\.d|polkit-1/rules\.d)/.*", absolute(new[0].text, call.cwd)
    ):
        yield from written(call, new[0], home)
    elif found.has("-f", "--force") and len(found.operands) > 1:
        target = found.operands[-1]
        place = locate(target, home, call.cwd)
        instead = found.has(
            "-n", "-T", "--no-dereference", "--no-target-directory"
        ) or not target.text.startswith("/usr/")
        nothing = found.operands[0].text == "/dev/null" and "history" not in target.text
        if (
            place is Place.VITAL
            or (place is Place.SYSTEM and instead)
            or (place is Place.PRECIOUS and nothing)
        ):
            yield said(
                Level.DANGER,
                f"puts a link in the place of {shown_path(target.text)}, which the system or your account needs",
                call,
            )


def _truncated(call: Call, home: str) -> Iterator[Reason]:
    found = split(call.words, "-s -r --size --reference")
    size = found.values.get("-s") or found.values.get("--size")
    by = found.values.get("-r") or found.values.get("--reference")
    text = size.text if size else ""
    nothing = text.strip("+") == "0" or (by is not None and by.text == "/dev/null")
    if not nothing:
        shorter = by is not None or bool(re.match(r"[-<%/]|\d+[KkBb]?$", text))
        for word in found.operands if shorter else ():
            if locate(word, home, call.cwd) is Place.VITAL:
                yield from written(call, word, home)
            elif locate(word, home, call.cwd) is Place.PLAIN:
                yield said(Level.CAUTION, f"cuts off the end of {shown_path(word.text)}", call)
        return
    for word in (one for operand in found.operands for one in listed(operand)):
        place = locate(word, home, call.cwd)
        if word.glob or word.some:
            yield from written(call, word, home)
        if place in (Place.INSIDE, Place.VITAL, Place.SYSTEM, Place.PRECIOUS, Place.EMPTY):
            yield said(Level.DANGER, f"empties {shown_path(word.text)}, not recoverable", call)
        elif place is Place.PLAIN:
            yield said(Level.CAUTION, f"empties {shown_path(word.text)}, not recoverable", call)


def _dd(call: Call, home: str) -> Iterator[Reason]:
    source = next((text[3:] for text in call.texts if text.startswith("if=")), "")
    inside = any(text.startswith("conv=") and "notrunc" in text for text in call.texts)
    for word in call.words:
        name, _, value = word.text.partition("=")
        if name == "of":
            value = re.sub(r"^~(?=/|$)", home, value)
            target = Word(value, word.start, word.end, glob=word.glob)
            yield from written(call, target, home)
            lost = source == "/dev/null" or (
                source.startswith("/dev/") and (inside or not re.fullmatch(_IMAGE, value))
            )
            if lost and locate(target, home, call.cwd) is Place.PLAIN:
                yield said(Level.CAUTION, f"writes over the content of {shown_path(value)}", call)


def _zmv(call: Call, home: str) -> Iterator[Reason]:
    """Zmv of zsh, which moves by patterns: all to one name, or away from where it is needed."""
    found = split(call.words, "-p -P -o")
    if len(found.operands) < 2 or found.has("-n", "-i"):
        return
    pattern, target = found.operands[:2]
    plain = re.sub(r"[()]", "", pattern.text)
    source = replace(pattern, text=plain, glob="*" in plain)
    program = found.values.get("-p")
    if program and re.match(r"(?:.*/)?(?:rm|shred)\b", program.text):
        yield from deleted(call, source, home, recursive=True)
    elif target.text == "/dev/null" or (found.has("-f") and not re.search(r"[$*?]|/$", target.text)):
        yield said(
            Level.DANGER, f"moves all files to {shown_path(target.text)}: only one is left at most", call
        )
    elif locate(source, home, call.cwd) in (Place.ROOT, Place.SYSTEM, Place.CORE, Place.VITAL, Place.HOME):
        yield said(
            Level.DANGER, f"moves {shown_path(plain)} away, which the system or your account needs", call
        )


RULES = {
    "zmv": _zmv, "tee": _tee, "sponge": _tee, "cp": _copied, "mv": _copied, "install": _copied, "gcp": _copied, "gmv": _copied,
    "ln": _linked, "truncate": _truncated, "dd": _dd,
}  # fmt: skip
EVERY = (_redirects, _emptied)
