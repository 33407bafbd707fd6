"""Pure: a normal form of a command line, in which differences that change nothing have vanished.

Gone are: how something is quoted, runs of blanks, the order and bundling of options, long names of options
that have short ones, the names of a loop's variables, a "./" in front of a path, and error messages thrown
away. Lines with the same form do the same; two that do the same may still have different forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Callable, NamedTuple, Optional

from caro_shell.bench import normalcommand
from caro_shell.bench.normaloperand import path
from caro_shell.check.arguments import Options
from caro_shell.errors import NoCommandFound
from caro_shell.parse.scan import Piece, Scanner

#: What a program takes, by its name; None where that is not known.
Known = Callable[[str], Optional[Options]]

_HEADS = frozenset(["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"])
_ASSIGNMENT = re.compile(r"\w+=")
_REDIRECTION = re.compile(r"\d*(?:&>>?|[<>].*)")
_SEEN_BY_THE_SHELL = re.compile(r"([\\*?\[$`~])")
_RUNS = ("$(", "(", "<(", ">(", "`")
_IDLE_IN_ARITHMETIC = re.compile(r"\s+|\$(?=[a-zA-Z_])")
_LOOP = re.compile(r"(?:for|read(?: -\w+)*) (\w+)")


class _Token(NamedTuple):
    """A part of a line between blanks: a word as it stands there, or an operator."""

    text: str
    operator: bool


def normal(line: str, shell: str, known: Known, *, quiet: bool = False) -> str:
    """Return the normal form of `line`, which `shell` (bash or zsh) can read.

    With `quiet` options that only make a program say what it does are gone, too. Raises NoCommandFound for
    quotes that stay open.
    """
    parts: list[str] = []
    words: list[str] = []
    tails: list[str] = []
    redirection = ""
    for token in [*_tokens(line, shell), _Token("", operator=True)]:
        if token.operator and _REDIRECTION.fullmatch(token.text):
            redirection = token.text
        elif redirection:
            tails.append(redirection + path(_word(token.text, shell, known)))
            redirection = ""
        elif not token.operator:
            words.append(_word(token.text, shell, known))
        else:
            parts += [*_command(words, known, quiet=quiet), *sorted(set(tails) - {"2>/dev/null"})]
            parts += [{";": "&&"}.get(token.text, token.text)] if token.text else []
            words, tails = [], []
    return _with_plain_names(" ".join(parts))


def _tokens(line: str, shell: str) -> Iterator[_Token]:
    scanner, word, inside = Scanner(line, shell), "", 0
    for piece in scanner:
        if inside or scanner.open or piece.kind == "word":
            word += piece.text
        elif piece.kind == "operator" and word.isdigit() and _REDIRECTION.fullmatch(piece.text):
            yield _Token(word + piece.text, operator=True)
            word = ""
        else:
            if word:
                yield _Token(word, operator=False)
                word = ""
            if piece.kind != "gap":
                yield _Token(piece.text or ";", operator=True)
        inside = len(scanner.open)
    if inside:
        raise NoCommandFound("the command ends inside quotes or brackets")
    if word:
        yield _Token(word, operator=False)


def _word(raw: str, shell: str, known: Known) -> str:
    """Return a word without its quotes; a backslash stands before what the shell itself is not to see."""
    scanner, found, inner, bracket = Scanner(raw, shell), "", "", ""
    for piece in scanner:
        within = "".join(scanner.open).strip('"')
        if bracket and not within:
            if bracket in _RUNS:
                inner = normal(inner, shell, known)
            elif bracket == "$((":
                inner = _IDLE_IN_ARITHMETIC.sub("", inner)
            found += f"{bracket}{inner}{piece.text}"
            inner = bracket = ""
        elif bracket:
            inner += piece.text
        elif within:
            bracket = piece.text
        else:
            found += _without_quotes(piece, quoted=bool(scanner.open))
    found = re.sub(r"\$\{(\w+)\}", r"$\1", re.sub(r"(?<!\\)`(.*)`", r"$(\1)", found))
    found = re.sub(r"^\$HOME\b", "~", found)
    return found or "''"


def _without_quotes(piece: Piece, *, quoted: bool) -> str:
    text = piece.text
    if text == '"':
        return ""
    if not quoted and text.startswith("'"):
        return _SEEN_BY_THE_SHELL.sub(r"\\\1", text[1:-1])
    if text.startswith("\\") and (not quoted or text[1:] in '"\\$`'):
        return _SEEN_BY_THE_SHELL.sub(r"\\\1", text[1:])
    return _SEEN_BY_THE_SHELL.sub(r"\\\1", text) if quoted and text != "$" else text


def _command(words: list[str], known: Known, *, quiet: bool) -> list[str]:
    for at, word in enumerate(words):
        if word not in _HEADS and not _ASSIGNMENT.match(word):
            return [*words[:at], *normalcommand.normal(words[at:], known, quiet=quiet)]
    return words


def _with_plain_names(form: str) -> str:
    """Return the form with the variables of its loops named by their number."""
    for number, name in enumerate(dict.fromkeys(_LOOP.findall(form))):
        form = re.sub(rf"(?<=\$){name}\b|(?<=\bfor ){name}\b|(?<=\bread ){name}\b", f"v{number}", form)
        form = re.sub(rf"(?<=\bread -r ){name}\b", f"v{number}", form)
    return form
