"""Pure: every program that a line calls, those among them that another one runs, with their words read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from caro_shell.check import line
from caro_shell.check.arguments import Options, Reading, read
from caro_shell.check.line import UNKNOWN, Command, Word
from caro_shell.check.vocabulary import RUNNERS, SHELLS

#: How deep one program may run another.
_DEEPEST = 8
_ASSIGNMENT = re.compile(r"\w+=")


class Lookup(Protocol):
    """Who knows what programs take."""

    def __call__(self, program: str, subcommand: str = "") -> Options | None:
        """Return what `program`, as it stands in a line, takes; None where that is not known."""


@dataclass(frozen=True)
class Call:
    """A program that is called: by which `name`, and with what `unknown` options of which `program`."""

    name: Word
    arguments: Command
    program: str
    unknown: tuple[str, ...]


def calls(found: line.Line, options: Lookup, depth: int = 0) -> Iterator[Call]:
    """Yield what `found` calls."""
    for command in found.commands:
        yield from _called(command, options, depth)


def _called(command: Command, options: Lookup, depth: int) -> Iterator[Call]:
    if depth > _DEEPEST:
        return
    name, arguments = command[0], command[1:]
    program = os.path.basename(name.text)
    takes = options(name.text)
    reading = read(arguments, takes or Options(ends=program in RUNNERS))
    yield Call(name, arguments, program, tuple(reading.unknown) if takes else ())
    for inner in reading.runs:
        yield from _called(inner, options, depth + 1)
    if reading.script is not None and program in SHELLS:
        yield from _in_script(reading.script, program, options, depth)
    if program in RUNNERS:
        yield from _run(program, arguments, reading, options, depth)
    elif takes and takes.ends and reading.operands:
        yield from _of_subcommand(name, program, reading, options)


def _of_subcommand(name: Word, program: str, reading: Reading, options: Lookup) -> Iterator[Call]:
    """Yield the call of a subcommand that has a page of its own, as those of git have."""
    subcommand, *rest = reading.operands
    takes = options(name.text, subcommand.text) if re.fullmatch(r"[a-z][a-z0-9-]*", subcommand.text) else None
    if takes:
        unknown = tuple(read(tuple(rest), takes).unknown)
        yield Call(name, tuple(rest), f"{program} {subcommand.text}", unknown)


def _run(program: str, arguments: Command, reading: Reading, options: Lookup, depth: int) -> Iterator[Call]:
    """Yield what is run by a program that runs another."""
    if program == "command" and any(word.text in ("-v", "-V") for word in arguments):
        return
    operands = reading.operands
    while operands and _ASSIGNMENT.match(operands[0].text):
        operands = operands[1:]
    inner = tuple(operands[RUNNERS[program] :])
    if len(inner) == 1 and program == "watch":
        yield from _in_script(inner[0], "sh", options, depth)
    elif inner:
        yield from _called(inner, options, depth + 1)


def _in_script(script: Word, shell: str, options: Lookup, depth: int) -> Iterator[Call]:
    found = line.read(script.text, shell) if UNKNOWN not in script.text else None
    if found:
        yield from calls(found, options, depth + 1)
