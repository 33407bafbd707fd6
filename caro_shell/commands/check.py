"""`caro check`: how risky is a command, and which part of it? For people, for scripts, and as a filter."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from typing import BinaryIO

from caro_shell import launch, safety
from caro_shell.colour import painted
from caro_shell.errors import ConfigError
from caro_shell.safety import Level, Reason, Verdict, radius
from caro_shell.sanitise import escaped, printable

_EPILOG = """\
Nothing is run. A single argument is a line as one would type it; several are the words of one command, as
sudo would be given them. caro's own options stand before the command.

  caro check 'cd / && rm -rf *'
  caro check --shell fish 'for f in *; rm -rf $f; end'
  caro check --stdin --json < commands.txt

danger   data lost for good, a right given away, code run unseen, a system made unusable
caution  it can be undone, or is narrow, but is worth a look before Enter
unknown  it cannot be judged by reading it
safe     nothing of that

What rm, find -delete, mv, cp, chmod -R, sed -i, truncate and redirects would touch here is counted, too.
With --json an object has level, critical, and for each reason its text in reasons and, in spans, where that
part of the line begins and ends, in characters.

Exit status: 0 safe, 1 caution or unknown, 3 danger, 2 usage. With --stdin: 0.
"""

_STATUS = {Level.SAFE: 0, Level.UNKNOWN: 1, Level.CAUTION: 1, Level.DANGER: 3}
#: Longest line read, in bytes; one that is longer than the judge takes is called unknown, however it goes on.
LINE_MAX = 65536
#: How far before the part in question a line is shown that is wider than the screen, in columns.
_BEFORE = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.epilog = _EPILOG
    parser.add_argument("--shell", choices=("bash", "zsh", "fish"), default="bash", help="(default: bash)")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each command")
    parser.add_argument("--stdin", action="store_true", help="read commands from standard input, one a line")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="CMD", help="what to judge")


def run(args: argparse.Namespace) -> int:
    """Judge what `args` give; return the exit status. Raises ConfigError for too little or too much."""
    words = args.command[1:] if args.command[:1] == ["--"] else args.command
    if args.stdin and words:
        raise ConfigError("give a command, or --stdin and the commands there, not both")
    if args.stdin:
        for text in _lines(sys.stdin.buffer):
            _print(text, safety.judge(text, args.shell), as_json=args.json)
        return 0
    if not words:
        raise ConfigError("give the command to be judged, in quotes: caro check 'rm -rf build'")
    text = words[0] if len(words) == 1 else shlex.join(words)
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # an argument may be any bytes
    verdict = safety.judge(text, args.shell)
    _print(text, verdict, as_json=args.json)
    if not args.json:
        touched = radius.said(text, args.shell, home=os.path.expanduser("~"), cwd=launch.cwd())
        if touched:
            print(touched)
    return _STATUS[verdict.level]


def _lines(stream: BinaryIO) -> Iterator[str]:
    """Yield the lines of `stream`, whatever bytes they are; of one that does not end the beginning."""
    while True:
        line = more = stream.readline(LINE_MAX)
        while more and not more.endswith(b"\n"):
            more = stream.readline(LINE_MAX)
        if not line:
            return
        yield line.rstrip(b"\r\n").decode("utf-8", "replace")


def _print(line: str, verdict: Verdict, *, as_json: bool) -> None:
    if as_json:
        found = {
            "level": str(verdict.level),
            "critical": verdict.critical,
            "reasons": [reason.text for reason in verdict.reasons],
            "spans": [[reason.start, reason.end] for reason in verdict.reasons],
        }
        print(escaped(json.dumps(found)), flush=True)
        return
    if not verdict.reasons:
        print(f"safe: {printable(line)}", flush=True)
    for reason in verdict.reasons:
        level = str(reason.level)
        print(painted(f"{level}: {printable(reason.text)}", level, sys.stdout))
        shown, mark = _marked(line, reason, shutil.get_terminal_size().columns - 2)
        print(f"  {shown}\n  {painted(mark, level, sys.stdout)}", flush=True)


def _marked(line: str, reason: Reason, columns: int) -> tuple[str, str]:
    """Return `line` as far as it fits into `columns`, and what marks underneath the part that is meant."""
    start = 0 if _width(line) <= columns else max(0, reason.start - _BEFORE)
    end = start + 1
    while end < len(line) and _width(line[start : end + 1]) <= columns:
        end += 1
    before, part = line[start : reason.start], line[max(start, reason.start) : min(end, reason.end)]
    return printable(line[start:end]), " " * _width(before) + "^" * max(1, _width(part))


def _width(text: str) -> int:
    """Return how many columns `text` takes when it is printed."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in printable(text)
    )
