"""What a line runs, as far as that can be told: calls, with their words, places and streams."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property

#: Stands in a word's text for what only the running shell knows, and what may be nothing at all.
UNKNOWN = "\0"
#: Longest line that is judged, and longest value of a variable in it that is kept, in characters.
LONGEST = 8192
#: Most values of one variable that are kept.
MOST_VALUES = 200
#: Stands for what is not known, but is not empty.
SOMETHING = "\1"
#: Stands for a wildcard that the shell has put names in the place of before: quotes do not change that.
EVERY = "\2"
#: The three as a script carries them that is made of words: for the grammar a control character ends a word.
CARRIED = {ord(mark): 0xE000 + at for at, mark in enumerate((UNKNOWN, SOMETHING, EVERY))}
PUT_BACK = {carried: mark for mark, carried in CARRIED.items()}


@dataclass(frozen=True)
class Word:
    """A word as its program sees it, and where it comes from in the line (characters).

    `glob` says that the shell puts file names in its place. `some` marks files somewhere below `text` that
    pass a test (of find), instead of all of it. `made_by` are the calls whose output is in it. `also` says that
    it is another value of the variable that the word before comes from.
    """

    text: str
    start: int = 0
    end: int = 0
    glob: bool = False
    some: bool = False
    made_by: tuple[Call, ...] = ()
    also: bool = False

    @property
    def known(self) -> bool:
        """Whether nothing of it is left open."""
        return UNKNOWN not in self.text and SOMETHING not in self.text


@dataclass(frozen=True)
class Redirect:
    """A redirection: `operator` as it is written without the file descriptor, which is `fd` (or "")."""

    operator: str
    target: Word
    fd: str = ""

    @property
    def writes(self) -> bool:
        """Whether the target is written from its beginning, so that what was in it is lost."""
        return self.operator in (">", ">|", "&>", ">&") and not self.target.text.isdigit()

    @property
    def appends(self) -> bool:
        """Whether something is added to the target's end."""
        return self.operator in (">>", "&>>")


@dataclass(frozen=True)
class Stdin:
    """What a call reads: the output of `calls`, and `text` where that is known."""

    calls: tuple[Call, ...] = ()
    text: str | None = None


@dataclass(frozen=True)
class Call:
    """One program that is called with `words`.

    `cwd` is where: an absolute path, a path from the person's directory, or UNKNOWN; `strayed` says that it
    is elsewhere if a `cd` before it fails. `root` says that it has all rights, `away` where it runs if not here
    ("on another machine", "in a container").
    """

    name: Word
    words: tuple[Word, ...] = ()
    start: int = 0
    end: int = 0
    cwd: str = "."
    stdin: Stdin = field(default_factory=Stdin)
    redirects: tuple[Redirect, ...] = ()
    root: bool = False
    away: str = ""
    strayed: bool = False

    @cached_property
    def program(self) -> str:
        """The name of the program without its directory."""
        return os.path.basename(self.name.text.rstrip("/"))

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The texts of its words."""
        return tuple(word.text for word in self.words)


@dataclass(frozen=True)
class Found:
    """What a reading comes to: the calls, and whether something in the line could not be read."""

    calls: tuple[Call, ...]
    unread: bool
    bomb: tuple[int, int] | None
