"""The one way to wait for something that another process does: look until it is so, or say what was seen."""

from __future__ import annotations

import os
import time
from typing import Callable, TypeVar

#: Seconds after which a wait has failed; it is never waited for when all is well.
PATIENCE_S = float(os.environ.get("PATIENCE_S", "60"))
_LOOK_EVERY_S = 0.005

Seen = TypeVar("Seen")


def until(look: Callable[[], Seen], wanted: Callable[[Seen], object] = bool, what: str = "") -> Seen:
    """Call `look` until `wanted` holds for what it returns; return that, or fail with what was seen last."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        seen = look()
        if wanted(seen):
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE_S:g} s for {what or wanted}; last seen: {seen!r}")
        time.sleep(_LOOK_EVERY_S)
