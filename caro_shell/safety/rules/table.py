"""The form of a rule that is data: which calls it is about, and what it says of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from caro_shell.safety.arguments import split
from caro_shell.safety.call import Call
from caro_shell.safety.verdict import Level, Reason


@dataclass(frozen=True)
class Row:
    """A rule. It holds for a call of one of `programs` (regular expression) where all the rest holds, too.

    `verbs` are the first operands, one after the other, each a regular expression ("system prune"); `options`
    one of which must be there; `unless` none of which may; `operand` a regular expression for the whole of
    an operand behind the verbs; `words` one that is looked for in all words, joined by blanks. `valued` are
    options whose value is no operand; `whole` says that letters behind one dash are one name.
    """

    programs: str
    level: Level
    text: str
    verbs: str = ""
    options: str = ""
    unless: str = ""
    operand: str = ""
    words: str = ""
    valued: str = ""
    whole: bool = False
    critical: bool = False
    needs_root: bool = False


def about(call: Call, rows: Iterable[Row]) -> Iterator[Reason]:
    """Yield what `rows` say about `call`; of a program the first row that holds speaks."""
    for row in rows:
        if re.fullmatch(row.programs, call.program) and holds(row, call):
            yield Reason(row.level, row.text, call.start, call.end, row.critical)
            return


def holds(row: Row, call: Call) -> bool:
    """Say whether `row` is about `call`, whose program it names."""
    found = split(call.words, row.valued, whole=row.whole)
    operands = [word.text for word in found.operands]
    verbs = row.verbs.split()
    if len(operands) < len(verbs) or not all(map(re.fullmatch, verbs, operands)):
        return False
    return (
        (not row.options or found.has(*row.options.split()))
        and not (row.unless and found.has(*row.unless.split()))
        and (not row.operand or any(re.fullmatch(row.operand, text) for text in operands[len(verbs) :]))
        and (not row.words or bool(re.search(row.words, " ".join(call.texts))))
        and (not row.needs_root or call.root)
    )


def said(level: Level, text: str, call: Call, *, critical: bool = False) -> Reason:
    """Return a reason that concerns the whole of `call`."""
    return Reason(level, text, call.start, call.end, critical)
