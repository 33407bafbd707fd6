"""Pure: what a person is told when a server fails, as a table for each kind of server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from caro_shell.errors import HttpStatus, RemoteError, RemoteUnreachable

#: How servers say that a prompt is too long for the model.
TOO_LONG = r"context (length|size|window)|(prompt|input).{0,40}(too long|exceeds)"

_MOST_NAMES = 5


class Case(NamedTuple):
    """One way to fail and the sentence for it: an HTTP status, and a pattern of the server's own words."""

    statuses: Sequence[int]
    said: str
    sentence: str

    def fits(self, error: HttpStatus) -> bool:
        """Say whether `error` is such a failure."""
        return error.status in self.statuses and bool(re.search(self.said, error.detail, re.IGNORECASE))


@dataclass(frozen=True)
class Failures:
    """The sentences of one kind of server; of `cases` the first that fits is taken.

    `refused` is for nobody at that address, `wrong_server` for somebody else. All have places for `where`,
    `model`, `others` (the models that there are) and what the backend adds, `cases` also for `detail` (the
    server's own words) and `again` (when to try again).
    """

    refused: str
    wrong_server: str
    cases: tuple[Case, ...]

    def sentence(self, error: RemoteError, where: str) -> str:
        """Return the sentence for `error` of the server at `where`, or nothing: its own says it best."""
        if isinstance(error, HttpStatus):
            return next((case.sentence for case in self.cases if case.fits(error)), "")
        refused = isinstance(error, RemoteUnreachable) and str(error).startswith(f"{where} refuses")
        return self.refused if refused else ""


def particulars(error: RemoteError) -> dict[str, str]:
    """Return what `error` itself brings to its sentence."""
    if not isinstance(error, HttpStatus):
        return {}
    again = f"in {error.retry_after_s:.0f} s" if error.retry_after_s else "in a moment"
    return {"detail": error.detail or f"status {error.status}", "again": again}


def listed(names: Sequence[str]) -> str:
    """Return the names of the models that there are as a part of a sentence."""
    more = ["..."] if len(names) > _MOST_NAMES else []
    return f" (it has {', '.join([*names[:_MOST_NAMES], *more]) or 'none'})"
