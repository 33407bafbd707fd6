"""Questions and answers on a terminal: lines that scroll, no full screen. The one user of prompt_toolkit."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Callable, TypeVar

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.output import ColorDepth

from caro_shell.errors import Cancelled, ConfigError
from caro_shell.sanitise import printable

#: Styles: bold is no colour, the others are left out where NO_COLOR is set.
HEADING, GOOD, BAD, CAUTION = "bold", "ansigreen", "ansired", "ansiyellow"

_INDENT = "  "
_WIDEST = 88

Value = TypeVar("Value")


def say(text: str = "", style: str = "", *, indent: str = _INDENT) -> None:
    """Print `text`, broken between words to fit the screen; what cannot be seen in it is spelt out."""
    lines = textwrap.wrap(
        printable(text),
        min(shutil.get_terminal_size().columns - 1, _WIDEST),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    if is_dumb():
        print(_encodable("\n".join(lines)))
    else:
        print_formatted_text(FormattedText([(style, "\n".join(lines))]), color_depth=_colours())


def ask(
    question: str,
    default: str = "",
    *,
    check: Callable[[str], Value],
    completions: Sequence[str] = (),
    mend: bool = False,
) -> Value:
    """Ask until `check` accepts the answer, and return what it makes of it; Enter alone is the default.

    `check` raises ConfigError with a sentence, which is shown; then the refused answer is there again, if it
    is one to `mend`. TAB completes one of `completions`. Raises Cancelled on Ctrl-C and Ctrl-D.
    """
    completes = " (TAB completes)" if completions and not is_dumb() else ""
    offered = f" [{printable(default)}]" if default else ""
    read = _reader(f"{_INDENT}{question}{completes}{offered}: ", completions)
    refused = ""
    while True:
        try:
            answer = read(refused)
        except (KeyboardInterrupt, EOFError):
            raise Cancelled from None
        try:
            return check(answer.strip() or default)
        except ConfigError as error:
            say(str(error), BAD)
            refused = answer if mend else ""


def choose(options: Sequence[str], default: int = 1) -> int:
    """Show the options with their numbers, the first is 1, and return the number chosen. Raises Cancelled."""
    for number, option in enumerate(options, 1):
        say(f"[{number}] {option}")

    def number_of(answer: str) -> int:
        if answer in map(str, range(1, len(options) + 1)):
            return int(answer)
        raise ConfigError(f"type a number from 1 to {len(options)}, or Enter for {default}")

    return ask("Your choice", str(default), check=number_of)


def agree(question: str, *, default: bool) -> bool:
    """Ask for yes or no. Raises Cancelled."""
    answers = {"y": True, "yes": True, "n": False, "no": False, "": default}

    def yes_or_no(answer: str) -> bool:
        if answer.lower() in answers:
            return answers[answer.lower()]
        raise ConfigError("type y for yes or n for no")

    return ask(f"{question} ({'Y/n' if default else 'y/N'})", check=yes_or_no)


def _reader(prompt: str, completions: Sequence[str]) -> Callable[[str], str]:
    """Return a function that reads a line behind `prompt`; it is given what stands there already."""
    if is_dumb():  # to which prompt_toolkit sends escape sequences none the less
        return lambda _: _typed(prompt)
    session: PromptSession[str] = PromptSession(
        message=prompt,
        completer=WordCompleter(list(completions), ignore_case=True, sentence=True, match_middle=True),
        complete_while_typing=False,
        color_depth=_colours(),
    )
    return lambda text: session.prompt(default=text)


def _typed(prompt: str) -> str:
    try:
        return input(_encodable(prompt))
    except (KeyboardInterrupt, EOFError):
        print()  # what is said next has a row of its own
        raise


def _encodable(text: str) -> str:
    return text.encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding)


def is_dumb() -> bool:
    """Say whether the terminal can do nothing but print."""
    return os.environ.get("TERM", "dumb") == "dumb"


def _colours() -> ColorDepth | None:
    return ColorDepth.DEPTH_1_BIT if os.environ.get("NO_COLOR") else None
