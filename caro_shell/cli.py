"""`caro`: picks what was asked for, and is the one place that turns an error into words and an exit status.

0 done, or a command · 1 it could not be done: the sentence says why · 2 usage or settings · 130 cancelled
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from caro_shell import __version__
from caro_shell.errors import CaroError, ConfigError
from caro_shell.sanitise import printable

#: Verbs, each a module of `caro_shell.commands` with `add_arguments(parser)` and `run(args) -> int`.
VERBS = {
    "init": "choose who writes the commands; with a shell's name, print its hook",
    "model": "see, fetch, change and remove models",
    "daemon": "see, start and stop the resident process",
    "config": "see and change the settings",
    "cache": "forget the answers that were kept",
    "check": "say how risky a command is, without running it",
    "bench": "measure how often a model is right",
    "doctor": "say what is installed, running and in the way",
}

_DESCRIPTION = """\
Turn words into a shell command. The command is printed, never run.

  caro list the ten largest files under var log
  caro --json how much memory is free
  caro -- config files changed today   (words that begin with a verb)

In zsh, bash and fish, type the words at the prompt and press Ctrl-G instead.
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with arguments, which may be a file's name, as it may reach a screen."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; return the exit status."""
    os.umask(os.umask(0o022) | 0o022)  # nobody else may write to what is made
    logging.getLogger("caro").addHandler(logging.NullHandler())  # what is for people is said as a sentence
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["help"]:
        arguments = ["--help"]
    verb = arguments[0] if arguments and arguments[0] in VERBS else ""
    if not verb and len(arguments) == 1:
        near = difflib.get_close_matches(arguments[0], VERBS, n=1, cutoff=0.75)
        if near:
            asked = printable(arguments[0])
            print(f"caro: do you mean caro {near[0]}? To ask for it: caro -- {asked}", file=sys.stderr)
            return 2
    name = verb or "generate"
    command = importlib.import_module(f"caro_shell.commands.{name}")
    parser = _Parser(
        prog=f"caro {verb}".strip(),
        description=VERBS[verb].capitalize() + "." if verb else _DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if not verb:
        parser.add_argument("--version", action="version", version=f"caro {__version__}")
        verbs = "\n".join(f"  caro {other:<8} {what}" for other, what in VERBS.items())
        parser.epilog = f"verbs (each with --help):\n{verbs}"
    command.add_arguments(parser)
    args = parser.parse_args(arguments[1:] if verb else arguments)
    try:
        status = int(command.run(args))
        sys.stdout.flush()  # here, where a broken pipe is caught
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `caro ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except CaroError as error:
        print(f"caro: {printable(str(error))}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    else:
        return status
