"""Pairs that come near to each other as one conversation, in which every answer is learned.

At a key press the nearest pairs of the bank stand before the request. A conversation of pairs that are near
to each other is such a prompt for each of its answers, behind none, one, two ... others; and a token is
evaluated once for all of them. Against one prompt for each pair that is a third of the work.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from caro_shell.bank.embedding import Vectors


class Turn(NamedTuple):
    """What somebody asks for, and the command that is the answer."""

    words: str
    command: str


@dataclass(frozen=True)
class Row:
    """A pair, put to a shell and a platform."""

    words: str
    command: str
    shell: str
    platform: str
    source: str


@dataclass(frozen=True)
class Conversation:
    """A line of the data: turns in a shell on a platform; of one `held_out`, the last answer alone counts."""

    shell: str
    platform: str
    turns: tuple[Turn, ...]
    held_out: bool = False


def grouped(
    rows: Sequence[Row], vectors: Vectors, shares: Sequence[float], chance: random.Random
) -> list[Conversation]:
    """Return conversations that hold each of `rows` once, the one that others were found for at its end.

    `vectors` has a row of length 1 for the words of each of `rows`. `shares` are the shares of conversations
    with 1, 2, 3 ... turns; the last ones find less left to take. No command is twice in one: that would
    teach copying.
    """
    found = []
    for (shell, platform), members in _places(rows).items():
        free = np.array(members)
        for seed in chance.sample(members, len(members)):
            if seed not in free:
                continue
            size = chance.choices(range(1, len(shares) + 1), shares)[0]
            near = free[np.argsort(-(vectors[free] @ vectors[seed]), kind="stable")]
            turns = _unlike(seed, near.tolist(), rows, size)
            free = free[~np.isin(free, turns)]
            said = tuple(Turn(rows[row].words, rows[row].command) for row in reversed(turns))
            found.append(Conversation(shell, platform, said))
    return found


def held(rows: Sequence[Row], apart: Sequence[int], vectors: Vectors, most: int) -> list[Conversation]:
    """Return a conversation for each row `apart`, by turns behind none and the `most` nearest others."""
    found, places = [], _places(rows)
    out = frozenset(apart)
    for count, seed in enumerate(apart):
        row = rows[seed]
        others = np.array([one for one in places[row.shell, row.platform] if one not in out], int)
        near = others[np.argsort(-(vectors[others] @ vectors[seed]), kind="stable")]
        turns = _unlike(seed, near.tolist(), rows, 1 + most * (count % 2))
        said = tuple(Turn(rows[one].words, rows[one].command) for one in reversed(turns))
        found.append(Conversation(row.shell, row.platform, said, held_out=True))
    return found


def _places(rows: Sequence[Row]) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        found[row.shell, row.platform].append(number)
    return found


def _unlike(seed: int, near: Sequence[int], rows: Sequence[Row], size: int) -> list[int]:
    """Return `seed` and the first of `near` that bring another command each, `size` in all."""
    turns, commands = [seed], {rows[seed].command}
    for row in near:
        if len(turns) == size:
            break
        if rows[row].command not in commands:
            turns.append(row)
            commands.add(rows[row].command)
    return turns
