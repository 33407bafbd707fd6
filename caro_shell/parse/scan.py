"""Pure: a script cut into pieces, knowing at each one what quotes and brackets are open.

As much of the grammar of bash, zsh and fish as joining lines takes. It judges nothing and drops nothing but
comments and line continuations; the pieces put together again mean what the script meant.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, cast

from caro_shell.errors import NoCommandFound

if TYPE_CHECKING:
    from collections.abc import Iterator


class Piece(NamedTuple):
    """A part of the script.

    `kind` is word (or part of one), gap (blanks), newline, operator, closing (a bracket) or pattern (the
    bracket behind a pattern of `case`).
    """

    kind: str
    text: str


# A blank behind the backslash is a slip of the writer: nobody ends a line in an escaped blank.
_CONTINUED = r"\\[ \t]*\n"
_CODE = re.compile(
    rf"""
      (?P<gap> (?: [ \t] | {_CONTINUED} )+ )
    | (?P<newline> \n[ \t\n]* )
    | (?P<comment> (?<![^ \t\n;]) \#[^\n]* )
    | (?P<ansi> \$'(?:[^'\\]|\\.)*' )
    | (?P<opening> \$\(\( | \(\( | \$\( | [<>]\( | \( | \$\{{ | " | ` )
    | (?P<closing> \) )
    | (?P<operator> <<< | <<-? | &>>? | &[|!&]? | >& | <& | >\| | <> | >>? | < | ;;&? | ;&? | \|[|&]? )
    | (?P<word> \\. | [^\s\\'"$`\#&|;<>()]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_SINGLE = re.compile(r"'[^']*'")
_FISH_SINGLE = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
_DOUBLE = re.compile(
    rf"""
      (?P<gap> {_CONTINUED} )
    | (?P<unseen> [\n\t]+ )
    | (?P<closing> " )
    | (?P<opening> \$\(\( | \$\( | \$\{{ | ` )
    | (?P<word> \\. | [^"\\$`\n\t]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_PARAMETER = re.compile(
    r"""
      (?P<closing> \} )
    | (?P<opening> \$\( | \$\{ | " | ` )
    | (?P<newline> \n )
    | (?P<word> \\. | [^}\\$"`'\n]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_CLOSER = {"$((": "))", "((": "))", "${": "}", '"': '"', "`": "`"}
_DEEPEST = 64


class Scanner:
    """Cuts `script`, written for `shell`; `open` holds the closers still awaited, innermost last.

    A closer is one of `)`, `))` (arithmetic), `]` (the words of an array), `}` (a parameter), `"` and a
    backtick. Iterating raises NoCommandFound where the script cannot be kept to one line.
    """

    def __init__(self, script: str, shell: str) -> None:
        self.open: list[str] = []
        self._script = script
        self._fish = shell == "fish"

    def __iter__(self) -> Iterator[Piece]:
        at = 0
        while at < len(self._script):
            kind, text = self._next(at)
            at += len(text)
            yield from self._pieces(kind, text, at)

    def _next(self, at: int) -> tuple[str, str]:
        top = self.open[-1] if self.open else ""
        if self._script[at] == "'" and top != '"':
            return self._quoted(at, top)
        grammar = {'"': _DOUBLE, "}": _PARAMETER}.get(top, _CODE)
        match = cast("re.Match[str]", grammar.match(self._script, at))  # each grammar ends in "any character"
        kind, text = str(match.lastgroup), match[0]
        if self._fish and text in ("`", "${"):
            return "word", text
        if self._fish and text in ("((", "$(("):
            return kind, text[:-1]
        return kind, text

    def _quoted(self, at: int, top: str) -> tuple[str, str]:
        if top == "}" and '"' in self.open:
            return "word", "'"
        found = (_FISH_SINGLE if self._fish else _SINGLE).match(self._script, at)
        if not found:
            raise NoCommandFound("the answer ends inside quotes; try again, or other words")
        return "single", found[0]

    def _pieces(self, kind: str, text: str, end: int) -> Iterator[Piece]:
        if kind == "newline" and self.open[-1:] == ["}"]:
            raise NoCommandFound("the answer needs several lines; a shell line holds one")
        if kind == "operator" and text in ("<<", "<<-") and "))" not in self.open:
            raise NoCommandFound("the answer needs several lines (a here-document); a shell line holds one")
        if kind == "gap":
            blanks = re.sub(_CONTINUED, "", text)
            yield Piece("gap", (" " if "\n" in text else blanks.replace("\t", " ")) if blanks else "")
        elif kind in ("single", "ansi", "unseen"):
            yield Piece("word", self._on_one_line(kind, text))
        elif kind == "opening" and not (text == "`" and self.open[-1:] == ["`"]):
            yield self._opened(text, end)
        elif kind in ("opening", "closing"):
            yield self._closed(text)
        elif kind != "comment":
            yield Piece(kind, "" if kind == "newline" else text)

    def _on_one_line(self, kind: str, text: str) -> str:
        """Return quoted text (or, for `unseen`, a part of it) with its line breaks and tabs written out."""
        if kind == "ansi":
            return _escapes(text)
        if kind == "unseen":
            return f'"{self._escaped(text)}"'
        return re.sub(r"[\n\t]+", lambda unseen: f"'{self._escaped(unseen[0])}'", text)

    def _escaped(self, unseen: str) -> str:
        """Return line breaks and tabs as the shell reads them outside quotes."""
        if "}" in self.open or "`" in self.open:
            raise NoCommandFound("the answer's quoted text has several lines; a shell line holds one")
        return _escapes(unseen) if self._fish else f"$'{_escapes(unseen)}'"

    def _opened(self, text: str, end: int) -> Piece:
        array = text == "(" and not self._fish and self._script[end - 2 : end - 1] == "="
        closer = "]" if array else _CLOSER.get(text, ")")
        self.open += [closer] * (2 if closer == "))" else 1)
        if len(self.open) > _DEEPEST:
            raise NoCommandFound("the answer is nested too deeply to be one command")
        return Piece("word" if closer in '"}`' else "operator", text)

    def _closed(self, text: str) -> Piece:
        # A bracket that nothing opened ends a pattern of `case`.
        if text == ")" and (not self.open or self.open[-1] not in (")", "))", "]")):
            return Piece("pattern", text)
        self.open.pop()
        return Piece("closing" if text == ")" else "word", text)


def _escapes(text: str) -> str:
    return text.replace("\n", "\\n").replace("\t", "\\t")
