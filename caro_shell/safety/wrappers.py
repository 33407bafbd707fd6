"""Programs that run another one: what it is, and with whose rights and where."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from caro_shell.safety.arguments import split
from caro_shell.safety.call import SOMETHING, UNKNOWN, Call, Stdin, Word
from caro_shell.safety.entering import entered
from caro_shell.safety.found import found_by, found_by_fd, found_files, whole
from caro_shell.safety.output import read_text
from caro_shell.safety.runners import WRAPPERS, Wrapper

#: Deepest that one program is looked for inside another.
DEEPEST = 12
#: Most words that a program is called for one by one.
_MOST = 12

_FILTERS = frozenset("grep egrep fgrep rg head tail awk sed uniq comm fzf".split())
_LISTERS = frozenset("git rg ag grep egrep fgrep locate cat comm jq docker kubectl ps pgrep lsof".split())


def assigned(call: Call) -> dict[str, tuple[str, ...]]:
    """Return the variables that `env` or `sudo` sets for the program in it."""
    wrapper = WRAPPERS.get(call.program)
    found = split(call.words, wrapper.valued, ends=True).operands if wrapper and wrapper.assigns else ()
    pairs = [
        word.text.partition("=")
        for word in itertools.takewhile(lambda word: re.match(r"\w+=", word.text), found)
    ]
    return {name: (value,) for name, _, value in pairs}


def inner(call: Call) -> Iterator[Call]:
    """Yield the calls that `call` makes, one level down. Scripts (`sh -c`) are the reader's."""
    program = call.program
    if call.words and call.name.text.strip(UNKNOWN) == "" and re.fullmatch(r"[\w./-]*[a-z]", call.texts[0]):
        yield replace(call, name=call.words[0], words=call.words[1:])  # `$SUDO rm`: as if it were not there
    wrapper = WRAPPERS.get(program)
    if wrapper and not (program in ("command", "builtin") and call.texts[:1] in (("-v",), ("-V",))):
        yield from _wrapped(call, wrapper)
    elif program in ("xargs", "gxargs"):
        yield from _by_xargs(call)
    elif program == "zargs":
        yield from _by_zargs(call)
    elif program.startswith("zf_"):  # zsh/files
        yield replace(call, name=replace(call.name, text=program[3:]))
    elif program == "parallel":
        yield from _by_parallel(call)
    elif program in ("find", "gfind"):
        yield from _by_find(call)
    elif program in ("fd", "fdfind"):
        yield from _by_fd(call)
    else:
        yield from entered(call)


def _wrapped(call: Call, wrapper: Wrapper) -> Iterator[Call]:
    found = split(call.words, wrapper.valued, ends=True)
    rest = list(found.operands)[wrapper.before :]
    if wrapper.before and rest and rest[0].text.startswith("-"):
        rest = list(split(rest, wrapper.valued, ends=True).operands)
    if call.program in ("ssh", "mosh"):  # a loop has put several hosts in the place of one
        rest = list(itertools.dropwhile(lambda word: word.also, rest))
    while wrapper.assigns and rest and re.match(r"\w+=", rest[0].text):
        rest = rest[1:]
    while len(rest) > 1 and rest[0].text.isdigit():  # `mpirun -np 2`
        rest = rest[1:]
    if len(rest) == 1 and " " in rest[0].text:  # a line, which the reader reads
        return
    cwd = found.values.get("--chdir") or found.values.get("-D" if call.program == "sudo" else "-C")
    if rest:
        yield replace(
            call,
            name=rest[0],
            words=tuple(rest[1:]),
            cwd=cwd.text if cwd and call.program in ("sudo", "env") else call.cwd,
            root=call.root or wrapper.root,
            away=wrapper.away or call.away,
        )


def _by_xargs(call: Call) -> Iterator[Call]:
    found = split(
        call.words,
        "-I -L -n -P -s -d -a -E --max-args --max-procs --delimiter --replace --arg-file",
        ends=True,
    )
    mark = found.values.get("-I") or found.values.get("--replace")
    holder = mark.text if mark else "{}" if found.has("-i", "--replace") else ""
    between = (
        "\0"
        if found.has("-0", "--null")
        else "\n"
        if holder or found.has("-d", "--delimiter", "-L")
        else None
    )
    arriving = given(call, between)
    listed = found.values.get("-a") or found.values.get("--arg-file")
    if listed:
        made = listed.made_by or (Call(Word("cat"), (listed,), call.start, call.end, call.cwd),)
        arriving = given(replace(call, stdin=Stdin(made)), between)
    if not found.operands:
        return
    name, *words = found.operands
    if holder:
        yield from _each(call, name, words, holder, arriving)
    else:
        yield replace(call, name=name, words=(*words, *arriving))


def given(call: Call, between: str | None = None) -> tuple[Word, ...]:
    """Return the words that arrive on standard input: files that were found, or something unknown.

    Where the text is known, it is parted at `between`, at blanks without one.
    """
    text = call.stdin.text
    if (
        text is None
        and between is not None
        and not (call.stdin.calls and any(w.glob for w in call.stdin.calls[-1].words))
    ):
        text = read_text(call)
    if text is not None and UNKNOWN not in text:
        if between == "\0" and any(one.program in ("printf", "print") for one in call.stdin.calls[-1:]):
            between = "\n"  # which `printed` puts in its place
        parts = [one.strip("\n") for one in text.split(between)]
        return tuple(Word(part, call.start, call.end) for part in parts if part)
    if call.stdin.text is not None:
        return tuple(Word(part, call.start, call.end) for part in call.stdin.text.split())
    for upstream in reversed(call.stdin.calls):
        if upstream.program in _GREPS and _inverts(upstream):
            continue
        found = found_by(upstream)
        if found is not None:
            picked = upstream is not call.stdin.calls[-1]
            return tuple(
                replace(word, some=word.some or (picked and _picks(call, upstream))) for word in found
            )
        if upstream.program in (
            "git",
            "rg",
            "ag",
            "grep",
            "egrep",
            "fgrep",
            "locate",
            "cat",
            "comm",
            "jq",
            "docker",
            "kubectl",
            "ps",
            "pgrep",
            "lsof",
        ):
            break
    return (Word(SOMETHING, call.start, call.end, some=True, made_by=call.stdin.calls),)


def _picks(call: Call, upstream: Call) -> bool:
    """Say whether a program between `upstream` and `call` lets only some lines through."""
    between = call.stdin.calls[call.stdin.calls.index(upstream) + 1 :]
    return any(
        (one.program in _GREPS and not _inverts(one))
        or one.program in ("head", "tail", "uniq", "comm", "fzf")
        or (one.program == "sed" and not re.match(r"(?:-[Er] )?s(\W)", " ".join(one.texts)))
        or (one.program == "awk" and not re.match(r"\{", " ".join(one.texts)))
        for one in between
    )


_GREPS = ("grep", "egrep", "fgrep", "rg")


def _inverts(call: Call) -> bool:
    """Say whether a grep lets all through but what it names."""
    return any(re.fullmatch(r"-[A-Za-z]*v[A-Za-z]*|--invert-match", text) for text in call.texts)


def _by_zargs(call: Call) -> Iterator[Call]:
    """Unwrap zsh's `zargs [options] -- what arrives -- command`."""
    marks = [at for at, text in enumerate(call.texts) if text == "--"]
    if not marks or not call.words[marks[-1] + 1 :]:
        return
    first = marks[0] + 1 if len(marks) > 1 else 0
    arriving = call.words[first : marks[-1]]
    name, *rest = call.words[marks[-1] + 1 :]
    held = any(text.startswith("-i") for text in call.texts[:first])
    yield replace(call, name=name, words=tuple(_filled(rest, "{}", arriving) if held else [*rest, *arriving]))


def _by_parallel(call: Call) -> Iterator[Call]:
    words = list(split(call.words, _PARALLEL, ends=True).operands)
    arriving: list[Word] = list(given(call)) if call.stdin.calls or call.stdin.text else []
    for at, word in enumerate(words):
        if word.text in (":::", "::::"):
            words, arriving = words[:at], words[at + 1 :]
            break
    if words:
        name, *rest = words
        if any("{" in word.text for word in rest):
            yield from _each(call, name, rest, "{}", arriving)
        else:
            yield replace(call, name=name, words=(*rest, *arriving))


def parallel_lines(call: Call) -> list[str]:
    """Return the lines that `parallel` gives to a shell: a template of one word, or what it is given."""
    words = list(split(call.words, _PARALLEL, ends=True).operands)
    arriving: list[Word] = list(given(call, "\n")) if call.stdin.calls or call.stdin.text else []
    for at, word in enumerate(words):
        if word.text in (":::", "::::"):
            words, arriving = words[:at], words[at + 1 :]
            break
    if not words:
        return [UNKNOWN if word.text == SOMETHING else word.text for word in arriving]
    if len(words) == 1 and " " in words[0].text:
        text = words[0].text
        if "--nonall" in call.texts:
            return [text]
        return [
            text.replace("{}", one.text) if "{}" in text else f"{text} {one.text}" for one in arriving[:24]
        ]
    return []


_PARALLEL = "-j -P -S --jobs --colsep -a -I --delay --timeout --joblog --retries -n -N -L"


def _by_find(call: Call) -> Iterator[Call]:
    starts = tuple(map(whole, found_files(call)))
    words = list(call.words)
    while words:
        word = words.pop(0)
        if word.text not in ("-exec", "-execdir", "-ok", "-okdir"):
            continue
        command = []
        while words and words[0].text not in (";", "+"):
            command.append(words.pop(0))
        if command:
            yield replace(call, name=command[0], words=tuple(_filled(command[1:], "{}", starts)))


def _by_fd(call: Call) -> Iterator[Call]:
    for at, word in enumerate(call.words):
        if word.text in ("-x", "-X", "--exec", "--exec-batch") and at + 1 < len(call.words):
            command = call.words[at + 1 :]
            place = found_by_fd(call)
            filled = _filled(command[1:], "{}", (place,))
            if not any("{" in one.text for one in command):
                filled.append(place)
            yield replace(call, name=command[0], words=tuple(filled))


def _each(
    call: Call, name: Word, words: Sequence[Word], holder: str, arriving: Sequence[Word]
) -> Iterator[Call]:
    """Yield a call of `name` for each word that is `arriving` in the place of `holder`."""
    for one in arriving[:_MOST] or (None,):
        filled = _filled(words, holder, (one,) if one else ())
        yield replace(call, name=_filled((name,), holder, (one,))[0] if one else name, words=tuple(filled))


def _filled(words: Sequence[Word], holder: str, arriving: Sequence[Word]) -> list[Word]:
    """Return `words` with what is `arriving` in the place of `holder`."""
    filled: list[Word] = []
    for word in words:
        if word.text == holder:
            filled += arriving
        elif holder in word.text:
            first = arriving[0] if arriving else Word(SOMETHING)
            text = first.text
            if first.glob and f"/{holder}" in word.text:  # names that are listed without their directory
                text = text.rpartition("/")[2]
            filled.append(
                replace(word, text=word.text.replace(holder, text), some=first.some, glob=first.glob)
            )
        else:
            filled.append(word)
    return filled
