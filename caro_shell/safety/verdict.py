"""What is said of a line: how risky it is, why, and which part of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Level(enum.IntEnum):
    """How much a line asks for; of two, the higher one counts.

    UNKNOWN stands above SAFE alone: what cannot be judged is never called safe, and hides nothing worse.
    """

    SAFE = 0
    UNKNOWN = 1
    CAUTION = 2
    DANGER = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Reason:
    """Why: `text` is plain words without a full stop, `start` and `end` the part of the line, in characters.

    `critical` marks what takes the whole system, the whole home or a raw device with it.
    """

    level: Level
    text: str
    start: int
    end: int
    critical: bool = False


@dataclass(frozen=True)
class Verdict:
    """What was found, the worst reason first. Without reasons a line is safe."""

    reasons: tuple[Reason, ...] = ()

    @property
    def level(self) -> Level:
        """The level of the worst reason."""
        return self.reasons[0].level if self.reasons else Level.SAFE

    @property
    def critical(self) -> bool:
        """Whether the line should not even stand there ready to run."""
        return any(reason.critical for reason in self.reasons)


def verdict(reasons: list[Reason]) -> Verdict:
    """Return the verdict that `reasons` make: each text once, the worst first, else by where they begin."""
    texts: dict[str, Reason] = {}
    for reason in sorted(reasons, key=lambda one: (-one.critical, -one.level, one.start)):
        texts.setdefault(reason.text, reason)
    return Verdict(tuple(texts.values()))
