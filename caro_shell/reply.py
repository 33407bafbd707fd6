"""What is asked of the engine and what it says: plain data, known to everything that stands above."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Request:
    """A person's line and how they want it answered.

    `env` holds their `CARO_*` variables, `flags` settings by their key from a command line. `session` names
    the shell that asks again on the same line ("" for none); `count` is how many commands are wanted,
    `platform`, as in `sys.platform`, whose tools they are for, and `cwd` the person's directory ("": not
    known), in which a note says what a command would touch.
    """

    line: str
    shell: str = "bash"
    env: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    session: str = ""
    count: int = 1
    platform: str = sys.platform
    cwd: str = ""


@dataclass(frozen=True)
class Timings:
    """Where the time of one answer went, in milliseconds, and its size in tokens."""

    total_ms: float
    queue_ms: float
    load_ms: float = 0.0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0


@dataclass(frozen=True)
class Offer:
    """How a command is put before a person: the `line` to put there, and a `note` beside it ("" for none).

    `risk` is what it might do, as plain data: `level`, `critical` and `reasons` (see `safety.Verdict`).
    """

    line: str
    note: str = ""
    risk: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """One command, and what is known about it. `notices` are sentences to show beside it.

    `offers` say how the command and its `alternatives` are put before a person, one for each.
    `checks` is what speaks against the command: of what kind (see `check.Finding`), and a sentence.
    """

    command: str
    explanation: str | None
    confidence: float | None
    shell: str
    backend: str
    model: str
    timings: Timings
    offers: Sequence[Offer]
    cached: bool = False
    fallback_from: str | None = None
    alternatives: tuple[str, ...] = ()
    checks: Sequence[Mapping[str, str]] = ()
    notices: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Return the reply as plain data; `generated_command` is `command` under its older name."""
        named = {"command": self.command, "generated_command": self.command, "risk": self.offers[0].risk}
        return {**named, **asdict(self)}
