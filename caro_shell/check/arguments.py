"""Pure: which options a program takes, in a notation of our own, and a command's words read by it.

The notation is words: `-a` and `-k:` are letters, the second with a value; `--all`, `--key:` and `--color?`
long ones, without a value, with one (behind "=" or as the next word) and with one behind "=" alone; likewise
`-i?` for a letter with a value only where it is glued on. `+` says that options end at the first operand, `=`
that each is a whole word behind one dash and never a bundle (`find -name`), where `-exec;` takes all up to a
semicolon or a plus. Behind the value of `-c!` all is the program's that it runs. `~` says that letters in a
bundle may be something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from caro_shell.check.line import UNKNOWN, Command, Word


@dataclass(frozen=True)
class Options:
    """What a program takes: each option, with its dashes, and what follows it: "", or one of ":?;!", or "::".

    `ends` says that options end at the first operand, `whole` that there are no bundles, `vague` that what
    looks like one may be a word.
    """

    takes: Mapping[str, str] = field(default_factory=dict)
    ends: bool = False
    whole: bool = False
    vague: bool = False

    def __or__(self, other: Options) -> Options:
        """Return what one or the other takes; where both know an option, the values are those of this one."""
        takes = {**other.takes, **self.takes}
        ends, whole = self.ends or other.ends, self.whole or other.whole
        return Options(takes, ends, whole, self.vague and other.vague)


def parse(notation: str) -> Options:
    """Return the options that `notation` describes."""
    words = notation.split()
    takes = {}
    for word in words:
        if word.startswith("-"):
            name = word[:2] + word[2:].rstrip(":?;!")  # "-?" is an option
            takes[name] = word[len(name) :]
    return Options(takes, ends="+" in words, whole="=" in words, vague="~" in words)


def format_(options: Options) -> str:
    """Return the notation that `parse` reads as `options`."""
    marks = ["+"] * options.ends + ["="] * options.whole + ["~"] * options.vague
    return " ".join([*marks, *(name + value for name, value in options.takes.items())])


@dataclass
class Reading:
    """A command's words read by its program's options.

    `unknown` are options that the program does not take, `operands` what is left, `runs` the commands among
    the options' values (`find -exec`), and `script` the value of an option that has a whole line (`sh -c`).
    """

    unknown: list[str] = field(default_factory=list)
    operands: list[Word] = field(default_factory=list)
    runs: list[Command] = field(default_factory=list)
    script: Word | None = None


def read(arguments: Command, options: Options) -> Reading:
    """Read `arguments`, which are a command's words behind its name."""
    reading = Reading()
    words = iter(arguments)
    for word in words:
        text = word.text
        if text == "--" and not options.whole:
            reading.operands += words
        elif len(text) < 2 or text[0] != "-" or text[1] == UNKNOWN:
            reading.operands.append(word)
            if options.ends:
                reading.operands += words
        elif options.whole:
            _whole(text, options, words, reading)
        elif text.startswith("--"):
            _long(text, options, words, reading)
        else:
            _bundle(text, options, words, reading)
    return reading


def _whole(text: str, options: Options, words: Iterator[Word], reading: Reading) -> None:
    name = text if text in options.takes else text.partition("=")[0]
    value = options.takes.get(name)
    if value is None:
        if UNKNOWN not in name and not text[1:].isdigit():
            reading.unknown.append(name)
    elif value == ";":
        inner = []
        for word in words:
            if word.text in (";", "+"):
                break
            inner.append(word)
        if inner:
            reading.runs.append(tuple(inner))
    else:
        _value("" if "=" in text else value, words, reading)


def _long(text: str, options: Options, words: Iterator[Word], reading: Reading) -> None:
    name, equals, _ = text.partition("=")
    if UNKNOWN in name:
        return
    found = [name] if name in options.takes else [known for known in options.takes if known.startswith(name)]
    if not found and f"--{name[5:]}" in options.takes and name.startswith("--no-"):
        return
    if not found:
        reading.unknown.append(name)
    elif not equals and options.takes[found[0]] != "?":
        _value(options.takes[found[0]], words, reading)


def _value(kind: str, words: Iterator[Word], reading: Reading) -> None:
    """Take the value of an option, which is the next word, from `words`."""
    if kind == "!":
        reading.script = next(words, None)
        reading.operands += words
    else:
        for _ in kind:
            next(words, None)


def _bundle(text: str, options: Options, words: Iterator[Word], reading: Reading) -> None:
    """Read letters behind one dash, the last perhaps with a value."""
    whole = options.takes.get(text)
    if whole is not None or text.partition("=")[0] in options.takes:
        _value("" if whole in (None, "?") else str(whole), words, reading)
        return
    for at, letter in enumerate(text[1:], 2):
        if letter.isdigit() or letter == UNKNOWN:
            return  # a number, or the value of a letter that may have one
        value = options.takes.get(f"-{letter}")
        if value is None:
            if len(text) == 2 or not options.vague:
                reading.unknown.append(f"-{letter}")
            return
        if value:
            if value != "?" and at == len(text):
                _value(value, words, reading)
            return
