"""A call's words as options and operands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from caro_shell.safety.call import Word


@dataclass(frozen=True)
class Arguments:
    """Options, each with its dash or dashes, those with a value with that; and operands."""

    options: frozenset[str] = frozenset()
    values: dict[str, Word] = field(default_factory=dict)
    operands: tuple[Word, ...] = ()

    def has(self, *names: str) -> bool:
        """Say whether one of these options is there; a long one may be shortened, as GNU's are."""
        return any(
            name in self.options
            or (name.startswith("--") and any(len(one) > 4 and name.startswith(one) for one in self.options))
            for name in names
        )


def split(words: Iterable[Word], valued: str = "", *, whole: bool = False, ends: bool = False) -> Arguments:
    """Return `words` read as options and operands.

    `valued` names the options that take the next word, or the rest of theirs. `whole` says that letters
    behind one dash are one name (find, terraform), `ends` that options end at the first operand (sudo).
    """
    takes = frozenset(valued.split())
    options: set[str] = set()
    values: dict[str, Word] = {}
    operands: list[Word] = []
    rest = iter(words)
    for word in rest:
        text = word.text
        if text == "--":
            operands += rest
        elif len(text) < 2 or text[0] != "-" or text[1].isspace():
            operands.append(word)
            if ends:
                operands += rest
        elif text.startswith("--") or whole:
            name, equals, value = text.partition("=")
            options.add(name)
            if equals:
                values[name] = Word(value, word.start, word.end, made_by=word.made_by)
            elif name in takes:
                values[name] = next(rest, Word("", word.end, word.end))
        else:
            for at, letter in enumerate(text[1:], 2):
                name = f"-{letter}"
                options.add(name)
                if name in takes:
                    glued = Word(text[at:], word.start, word.end, made_by=word.made_by)
                    values[name] = glued if text[at:] else next(rest, Word("", word.end, word.end))
                    break
    return Arguments(frozenset(options), values, tuple(operands))
