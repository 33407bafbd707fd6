"""Pure: a script of one or several lines, written as one line that means the same.

A shell runs a line that was put into its editor as a whole, so nothing may be lost at a line break:
inside a construct (`for ... do`, an open bracket, a trailing `|`) the line break becomes what the grammar
wants there; between two commands it becomes `&&`, because steps are given in order and each counts on the
one before. Comments are dropped: zsh takes them for words when they are typed. What cannot be said on one
line, a here-document, is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from caro_shell.errors import NoCommandFound
from caro_shell.parse.scan import Piece, Scanner
from caro_shell.sanitise import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPENS = {"if", "for", "while", "until", "case", "select", "{"}
_CLOSES = {"fi", "done", "esac", "}"}
_FISH_OPENS = {"if", "for", "while", "switch", "begin", "function"}
_FISH_CLOSES = {"end"}
#: Words that another command follows.
_LEADS = {"then", "do", "else", "elif", "if", "while", "until", "!", "time", "{", "and", "or", "not", "begin"}
#: Words that stand before a line break without a separator.
_BARE_BREAK = {"then", "do", "else", "elif", "if", "while", "until", "in", "{"}
_ENDS_COMMAND = {";", "&", "&!", "&|", ";;", ";&", ";;&"}
#: No script longer than this comes to a line of the length allowed, comments and indentation aside.
_LONGEST_SCRIPT = 8 * LONGEST
_GOES_ON = {"|", "|&", "&&", "||"}


def one_line(script: str, shell: str = "bash") -> str:
    """Return `script` on one line, its comments dropped; raises NoCommandFound when that cannot be."""
    return "".join(joint + text for joint, text in _statements(script, shell))


def first_statement(script: str, shell: str = "bash") -> str:
    """Return the first whole command of `script` on one line: as many of its lines as the grammar needs.

    Empty when there is none; raises NoCommandFound when it cannot be put on one line.
    """
    return next(_statements(script, shell), ("", ""))[1]


def _statements(script: str, shell: str) -> Iterator[tuple[str, str]]:
    """Yield (what joins it to the one before, statement) for each top-level line that is complete."""
    if len(script) > _LONGEST_SCRIPT:
        raise NoCommandFound("the answer is much too long for a line; try other words")
    joiner = _Joiner(script, shell)
    joint = ""
    for piece in joiner.pieces():
        if piece.kind == "end":
            yield joint, joiner.taken()
            joint = piece.text
        else:
            joiner.text.append(piece.text)
    rest = joiner.taken()
    joiner.check_complete()
    if rest:
        yield joint, rest


class _Joiner:
    """Replaces the newlines of a scanned script by separators; between statements by a piece named `end`."""

    def __init__(self, script: str, shell: str) -> None:
        self.text: list[str] = []
        self._scanner = Scanner(script, shell)
        self._shell = shell
        self._opens, self._closes = (_FISH_OPENS, _FISH_CLOSES) if shell == "fish" else (_OPENS, _CLOSES)
        # In fish, `else if` opens no second block.
        self._leads = _LEADS - {"else"} if shell == "fish" else _LEADS
        self._blocks = 0
        self._function = False
        self._open_at_break: tuple[str, ...] = ()
        self._last = Piece("newline", "")
        self._before_last = self._last
        self._command_next = True

    def taken(self) -> str:
        """Return the text gathered so far and forget it."""
        text = "".join(self.text).strip(" ")
        self.text = []
        return text

    def check_complete(self) -> None:
        """Raise NoCommandFound when the script ended in the middle of something."""
        dangling = self._last.kind == "operator" and self._last.text in _GOES_ON
        # zsh has short forms of its loops that are closed by nothing.
        if dangling or self._scanner.open or (self._blocks and self._shell != "zsh"):
            raise NoCommandFound("the answer stops before the command is complete; try again, or other words")

    def pieces(self) -> Iterator[Piece]:
        """Yield what the one line is made of."""
        broken, spaced, gap = False, True, ""
        for piece in self._scanner:
            if piece.kind == "newline":
                broken = spaced = self._command_next = True
                self._open_at_break = tuple(self._scanner.open)
            elif piece.kind == "gap":
                gap += piece.text
                spaced = spaced or bool(gap)
            else:
                if broken and self._last.kind != "newline":
                    yield self._separator(piece)
                elif gap:
                    yield Piece("gap", gap)
                broken, gap = False, ""
                self._note(piece, whole=spaced)
                spaced = piece.kind == "operator"
                yield piece

    def _separator(self, following: Piece) -> Piece:
        last, text = self._last, following.text
        nested = self._blocks or self._open_at_break
        if last.kind == "operator" and last.text in _ENDS_COMMAND and not nested:
            return Piece("end", " ")
        if last.kind in ("operator", "pattern") or text in _GOES_ON or following.kind == "closing":
            return Piece("gap", " ")
        if self._open_at_break[-1:] in (("]",), ("))",)):
            return Piece("gap", " ")
        if self._blocks and last.text in _BARE_BREAK and self._shell != "fish":
            return Piece("gap", " ")
        if text == "{" and (self._function or (self._before_last.text, last.text) == ("(", ")")):
            return Piece("gap", " ")
        if nested or (self._shell == "fish" and text in ("and", "or")):
            return Piece("gap", "; ")
        return Piece("end", " && ")

    def _note(self, piece: Piece, *, whole: bool) -> None:
        """Keep track of the blocks that are open and of where the next command may begin."""
        word = piece.text if piece.kind == "word" and whole else ""
        first = self._command_next
        if word in self._opens and (first or self._function):
            self._blocks += 1
        elif word in self._closes and first:
            self._blocks = max(0, self._blocks - 1)
        # A brace is a block behind `function name` too; elsewhere among the arguments it is plain text.
        self._function = (first and word == "function") or (self._function and piece.text != "{")
        self._command_next = piece.kind in ("operator", "closing", "pattern") or (
            first and word in self._leads | self._closes
        )
        self._before_last, self._last = self._last, piece
