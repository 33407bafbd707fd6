"""Pure: a line of bash, zsh or fish as the simple commands in it, those in substitutions among them.

No more of the grammar than it takes to say which words go to which command; the pieces are the scanner's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from caro_shell.errors import NoCommandFound
from caro_shell.parse.scan import Piece, Scanner

#: What stands in a word's text for a part that only the running shell knows.
UNKNOWN = "\0"


class Word(NamedTuple):
    """A word: `text` as a program would see it, `raw` as it stands in the line, and where that begins."""

    text: str
    raw: str
    start: int


Command = tuple[Word, ...]


@dataclass(frozen=True)
class Line:
    """A line taken apart.

    `commands` are its simple commands, each at least a name, in the order in which they end; `functions` are
    the names that the line itself defines. `plain` says that it is made of words, pipes and redirections
    alone, in an order that every shell accepts.
    """

    commands: tuple[Command, ...]
    functions: frozenset[str]
    plain: bool


def read(line: str, shell: str) -> Line | None:
    """Return `line`, written for `shell`, taken apart; None where it ends too early to be."""
    scanner, reader = Scanner(line, shell), _Reader(line, fish=shell == "fish")
    try:
        for piece in scanner:
            reader.take(piece, len(scanner.open))
    except NoCommandFound:
        return None
    if scanner.open:
        return None
    reader.end()
    return Line(tuple(reader.commands), frozenset(reader.functions), reader.plain)


#: Words in the place of a command behind which another command begins, or that end one.
_KEYWORDS = ["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time", "coproc"]
_KEYWORDS += ["fi", "done", "esac", "}", "always"]
_FISH_KEYWORDS = ["if", "else", "while", "begin", "and", "or", "not", "!", "time", "end"]
#: Words in the place of a command, and in what place they put the words behind them.
_HEADS = {
    "for": "words",
    "select": "words",
    "foreach": "words",
    "case": "pattern",
    "[[": "test",
    "function": "name",
    "repeat": "word",
}
_FISH_HEADS = {"for": "words", "switch": "words", "case": "words", "function": "name"}
#: Places of one word that is no part of a command, and the place behind it.
_ONE_WORD = {"target": "argument", "first target": "command", "word": "command"}

_ASSIGNMENT = re.compile(r"\w+(?:\[[^]]*\])?\+?=")
_PARAMETER = re.compile(r"\w+|[@*#?$!-]")
_BRACES = re.compile(r"\{[^{}]+\}?")
_FUNCTION = re.compile(r"(?:^|[\s;&|{])([\w.:-]+) *\( *\)$")
_REDIRECTION = re.compile(r".*[<>].*")


@dataclass
class _Frame:
    """What stands in one pair of brackets, or in none; `reads` says whether that is commands.

    `place` is that of the next word: command, argument, target (of a redirection), or one of `_HEADS`.
    """

    reads: bool
    place: str = "command"
    words: list[Word] = field(default_factory=list)
    word: Word | None = None
    empty: bool = True  # since the last operator


class _Reader:
    """Puts the pieces of a line together to words, and the words to commands."""

    def __init__(self, line: str, *, fish: bool) -> None:
        self.commands: list[Command] = []
        self.functions: set[str] = set()
        self.plain = True
        self._line = line
        self._fish = fish
        #: For each bracket that is open the frame that words go to; quotes are in the one around them.
        self._stack = [_Frame(reads=True)]
        self._quoted = [False]
        self._at = 0
        self._dollar = False  # a parameter's name is next

    def take(self, piece: Piece, depth: int) -> None:
        """Take the next piece, behind which so many brackets and quotes are open."""
        frame = self._stack[-1]
        if depth >= len(self._stack):
            self._open(piece.text, depth)
        elif depth < len(self._stack) - 1:
            self._close(piece.text)
        elif not frame.reads:
            pass
        elif self._quoted[-1] or piece.kind == "word":
            self._add(piece.text)
        elif piece.kind == "gap":
            self._end_word()
        elif piece.kind == "pattern":
            self._end_word()
            frame.place, self.plain = "command", False
        else:
            self._operator(piece.text)
        self._at += len(piece.text)

    def end(self) -> None:
        """Note that the line is over."""
        self.plain = self.plain and not self._stack[0].empty
        self._end_command()

    def _open(self, text: str, depth: int) -> None:
        frame, quotes = self._stack[-1], text == '"'
        follows = frame.word is not None
        if text in ("$(", "<(", ">(", "`", "${", "$((", '"') or follows or (self._fish and text == "("):
            self._add("" if quotes else UNKNOWN)
        self.plain = self.plain and text in ('"', "${")
        lists = frame.reads and frame.place not in ("pattern", "test") and (self._fish or not follows)
        reads = text in ("$(", "<(", ">(", "`") or (text == "(" and lists)
        inner = frame if quotes else _Frame(reads=reads)
        while len(self._stack) <= depth:
            self._stack.append(inner)
            self._quoted.append(quotes)

    def _close(self, text: str) -> None:
        if self._quoted.pop():
            self._stack.pop()
            return
        inner, frame = self._stack.pop(), self._stack[-1]
        if inner is frame:  # arithmetic has two brackets
            return
        if inner.reads:
            self._end_command(inner)
        if text == ")" and frame.place == "pattern":
            frame.place, frame.word = "command", None
        elif text == ")" and len(frame.words) < 2 and not self._fish:
            defined = _FUNCTION.search(self._line, 0, self._at + 1)
            if defined:
                self.functions.add(defined[1])
                frame.words, frame.word, frame.place = [], None, "command"

    def _add(self, text: str) -> None:
        """Add a piece to the word."""
        frame = self._stack[-1]
        if not frame.reads:
            return
        literal = text if self._quoted[-1] else self._literal(text)
        if self._dollar:
            self._dollar = False
            name = _PARAMETER.match(literal)
            literal = literal[name.end() :] if name else literal
        elif self._quoted[-1] and text.startswith("\\"):
            literal = text[1:] if text[1:] in ('"', "\\", "$", "`") else text
        if text in ("$", "${"):  # the second is none in fish
            self._dollar, literal = True, UNKNOWN
            self.plain = self.plain and not (self._fish and text == "${")
        word = frame.word or Word("", "", self._at)
        frame.word = word._replace(text=word.text + literal)
        frame.empty = False

    def _literal(self, text: str) -> str:
        """Return the text of a piece outside double quotes, as a program would see it."""
        if text.startswith("'"):
            return re.sub(r"\\(['\\])", r"\1", text[1:-1]) if self._fish else text[1:-1]
        if text.startswith("$'"):
            return UNKNOWN
        return text[1:] if text.startswith("\\") else _BRACES.sub(UNKNOWN, text)

    def _operator(self, text: str) -> None:
        frame = self._stack[-1]
        if _REDIRECTION.fullmatch(text):
            if frame.word is not None and frame.word.text.isdigit():
                frame.word = None  # a file descriptor
            self._end_word()
            self.plain = self.plain and not frame.place.endswith("target")
            if frame.place != "test":
                frame.place = "target" if frame.words else "first target"
            frame.empty = False
            return
        if frame.place == "test" or (frame.place == "pattern" and text == "|"):
            self._end_word()
            return
        self.plain = self.plain and text in ("|", "&&", "||", ";", "&") and not frame.empty
        in_case = text.startswith(";;") or text == ";&"
        self._end_command()
        if in_case:
            frame.place = "pattern"
        if text in (";", "&", ""):
            frame.empty = False

    def _end_command(self, frame: _Frame | None = None) -> None:
        frame = frame or self._stack[-1]
        self._end_word(frame)
        self.plain = self.plain and not frame.place.endswith("target")
        if frame.words:
            self.commands.append(tuple(frame.words))
        frame.words, frame.place, frame.empty = [], "command", True

    def _end_word(self, frame: _Frame | None = None) -> None:
        """Put the word, if there is one, in its place."""
        frame = frame or self._stack[-1]
        word, frame.word, self._dollar = frame.word, None, False
        if word is None:
            return
        word = word._replace(raw=self._line[word.start : self._at])
        if frame.place == "argument":
            frame.words.append(word)
        elif frame.place == "command":
            self._begin(frame, word)
        elif frame.place == "name":
            self.functions.add(word.text)
            frame.place = "words" if self._fish else "command"
        elif frame.place in _ONE_WORD:
            frame.place = _ONE_WORD[frame.place]
        elif (frame.place, word.raw) in (("test", "]]"), ("pattern", "esac")):
            frame.place = "command"

    def _begin(self, frame: _Frame, word: Word) -> None:
        """Take a word in the place of a command."""
        head = (_FISH_HEADS if self._fish else _HEADS).get(word.raw)
        if head:
            frame.place, self.plain = head, False
        elif word.raw in (_FISH_KEYWORDS if self._fish else _KEYWORDS):
            self.plain = False
        elif not _ASSIGNMENT.match(word.raw) and not word.raw.startswith("-"):  # "time -p ls"
            frame.words.append(word)
            frame.place = "argument"
