"""Pure: the words of one command in a normal form: options apart, in one order, and by one of their names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Callable, Optional

from caro_shell.bench import normalfind
from caro_shell.bench.normaloperand import operands_of, path
from caro_shell.check.arguments import Options
from caro_shell.check.vocabulary import RUNNERS

_SYSTEM = frozenset(("/bin", "/usr/bin", "/sbin", "/usr/sbin"))
_SAME = {"egrep": ("grep", "-E"), "fgrep": ("grep", "-F"), "gunzip": ("gzip", "-d")}
#: Options that are one and the same, for each program in pairs.
_NAMES = {
    "base64": "--decode -d -D -d --input -i --output -o",
    "brew": "--casks --cask --formulae --formula -q --quiet",
    "df": "--si -H",
    "du": "--si -si",
    "grep": "--recursive -r -R -r --ignore-case -i -y -i --line-number -n --count -c --invert-match -v "
    "--files-with-matches -l --files-without-match -L --word-regexp -w --extended-regexp -E",
    "gzip": "--decompress -d --uncompress -d --keep -k --stdout -c --to-stdout -c --recursive -r --best -9",
    "head": "--lines -n --bytes -c",
    "shasum": "--algorithm -a --check -c",
    "softwareupdate": "--list -l --install -i --all -a --recommended -r --download -d --restart -R",
    "sort": "--reverse -r --numeric-sort -n --human-numeric-sort -h --unique -u --key -k "
    "--field-separator -t",
    "sw_vers": "--productVersion -productVersion --productName -productName --buildVersion -buildVersion",
    "tail": "--lines -n --bytes -c",
    "tar": "--create -c --extract -x --get -x --list -t --file -f --gzip -z --gunzip -z --verbose -v "
    "--directory -C --cd -C --bzip2 -j --xz -J --append -r",
}
#: Programs of macOS that take options behind their operands, too.
_PERMUTING = frozenset(
    ["brew", "curl", "diff", "git", "grep", "gzip", "jq", "rsync", "shasum", "sort", "tar", "zgrep", "zip"]
)
#: Programs whose -v says what they do, and nothing else.
_TALKERS = frozenset(["chflags", "chmod", "chown", "cp", "ditto", "gzip", "ln", "mkdir", "mv", "rm", "tar"])
_NUMBERED = frozenset(("head", "tail"))

Known = Callable[[str], Optional[Options]]


def normal(words: list[str], known: Known, *, quiet: bool = False) -> list[str]:
    """Return the words of a command, each without quotes, in their normal form."""
    folder, name = os.path.split(words[0])
    name, *given = _SAME.get(name, (name,)) if not folder or folder in _SYSTEM else (words[0],)
    rest = [*given, *words[1:]]
    if name == "find":
        return [name, *normalfind.normal([*map(path, rest)], lambda inner: normal(inner, known))]
    if name in ("tar", "ps") and rest and re.fullmatch(r"[a-zA-Z]+", rest[0]):
        rest = _with_dash(name, rest)
    options, operands = _apart(rest, known(name) or Options(ends=name not in _PERMUTING), name)
    if name == "sed" and [option for option, _ in options].count("-e") == 1:
        operands = [dict(options)["-e"], *operands]
        options = [one for one in options if one[0] != "-e"]
    if quiet and name in _TALKERS:
        options = [one for one in options if one[0] != "-v"]
    if name in RUNNERS and operands:
        options, operands = _placeholder(options, operands)
        own, run = operands[: RUNNERS[name]], operands[RUNNERS[name] :]
        operands = [*own, *(normal(run, known, quiet=quiet) if run else ())]
    else:
        operands = operands_of(name, operands)
    options.sort(key=_name)
    return [name, *(f"{option}={value}" if value else option for option, value in options), *operands]


def _name(option: tuple[str, str]) -> str:
    return option[0]


def _with_dash(name: str, words: list[str]) -> list[str]:
    """Return the words with a dash before the letters that need none; `ps aux` is not `ps -aux`."""
    if name == "tar":
        return [f"-{words[0]}", *words[1:]]
    return [*(f"-{letter}{'=' * (letter == 'u')}" for letter in words[0]), *words[1:]]


def _apart(words: list[str], options: Options, name: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return a command's options with their values, and its operands."""
    names = _NAMES.get(name, "").split()
    alias = dict(zip(names[::2], names[1::2]))
    found: list[tuple[str, str]] = []
    operands: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            operands += rest
        elif len(word) < 2 or not word.startswith("-") or (name in RUNNERS and operands):
            operands.append(word)
            if not options.whole and name not in _PERMUTING:
                operands += rest
        else:
            found += [
                (alias.get(option, option), value) for option, value in _read(word, options, rest, name)
            ]
    return list(dict.fromkeys(found)), operands


def _read(word: str, options: Options, rest: Iterator[str], name: str) -> Iterator[tuple[str, str]]:
    """Yield the options in a word; their values may be the next ones."""
    if name in _NUMBERED and word[1:].isdigit():
        yield "-n", word[1:]
        return
    if options.whole or word.startswith("--") or (len(word) > 2 and word.partition("=")[0] in options.takes):
        option, equals, value = word.partition("=")
        kind = options.takes.get(option, "")
        if not equals and set(kind) == {":"}:
            value = " ".join(path(next(rest, "")) for _ in kind)
        yield option, value
        return
    for at, letter in enumerate(word[1:], 2):
        kind = options.takes.get(f"-{letter}", "")
        if kind:
            value = word[at:]
            if not value and (kind == ":" or (name, letter) == ("lsof", "i")):
                value = next(rest, "")
            yield f"-{letter}", value.lower() if (name, letter) == ("lsof", "i") else path(value)
            return
        yield f"-{letter}", ""


def _placeholder(options: list[tuple[str, str]], words: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return what `xargs -I` is given with {} for the text that it replaces."""
    text = dict(options).get("-I")
    if not text:
        return options, words
    put = [("-I", "{}") if option == "-I" else (option, value) for option, value in options]
    return put, [word.replace(text, "{}") for word in words]
