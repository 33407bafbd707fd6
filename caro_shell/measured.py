"""How fast, and how often right, each model was found to be on this machine.

A small JSON file in the cache, shown by `caro model list`. One that is damaged or cannot be written costs
the figures and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import tempfile
from collections import deque
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from caro_shell import paths
from caro_shell.reply import Reply

#: Presses of which the median is taken, the fewest that say something, and tokens that a press must have had.
_PRESSES, _ENOUGH, _LEAST_TOKENS = 15, 3, 4
#: How far a figure of real presses must have moved to be written again.
_MOVED = 0.2


@dataclass(frozen=True)
class Figures:
    """What was measured of one model; 0 for what was not.

    `tokens_per_s` is the speed of decoding, `press_s` the median seconds of a warm answer, `right` of `of`
    the outcome of the short benchmark, `when` the date of the last of these, as 2026-11-23.
    """

    tokens_per_s: float = 0.0
    press_s: float = 0.0
    right: int = 0
    of: int = 0
    when: str = ""


def measured_file() -> str:
    """Return the path of the file, whether or not it exists."""
    return os.path.join(paths.home(), "cache", "measured.json")


def of(model_id: str) -> Figures | None:
    """Return what was measured of a model, None when nothing was."""
    return _figures(_read().get(model_id))


def note(model_id: str, **figures: float) -> None:
    """Keep `figures`, by the names that they have in `Figures`; what is not named stays as it was."""
    known = _read()
    before = _figures(known.get(model_id)) or Figures()
    known[model_id] = {**asdict(before), **figures, "when": date.today().isoformat()}  # noqa: DTZ011 - here
    _write(known)


def forget(model_id: str) -> None:
    """Keep nothing of a model any longer."""
    known = _read()
    if known.pop(model_id, None) is not None:
        _write(known)


class Meter:
    """Reads the speed off real presses; for whoever answers them."""

    def __init__(self) -> None:
        self._presses: dict[str, deque[tuple[float, float]]] = {}

    def add(self, reply: Reply) -> None:
        """Take in a reply. Only the local model's count, written anew by a model that was open already."""
        timings = reply.timings
        cold = timings.load_ms > 100 or timings.prompt_tokens > 2 * max(timings.cached_tokens, 1)
        if reply.cached or reply.backend != "embedded" or cold or timings.generated_tokens < _LEAST_TOKENS:
            return
        if timings.decode_ms > 0:
            rate = timings.generated_tokens / timings.decode_ms * 1e3
            press_s = (timings.total_ms - timings.queue_ms) / 1e3
            self._presses.setdefault(reply.model, deque(maxlen=_PRESSES)).append((rate, press_s))

    def keep(self) -> None:
        """Write the medians down where they are news, in a moment in which nobody waits."""
        for model_id, presses in self._presses.items():
            if len(presses) < _ENOUGH:
                continue
            rate, press_s = (_median(column) for column in zip(*presses))
            before = of(model_id) or Figures()
            if _moved(before.tokens_per_s, rate) or _moved(before.press_s, press_s):
                note(model_id, tokens_per_s=round(rate, 1), press_s=round(press_s, 2))


def _median(figures: tuple[float, ...]) -> float:
    return sorted(figures)[len(figures) // 2]  # `statistics` would take 2 ms of each start


def _moved(before: float, now: float) -> bool:
    return not before or abs(now - before) > _MOVED * before


def _figures(entry: Any) -> Figures | None:
    """Return an entry of the file as figures; None for one that holds something else."""
    if not isinstance(entry, dict):
        return None
    kinds: dict[str, Any] = {field.name: type(field.default) for field in fields(Figures)}
    try:
        found = Figures(**{name: kinds[name](value) for name, value in entry.items() if name in kinds})
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found.tokens_per_s + found.press_s) else None


def _read() -> dict[str, Any]:
    try:
        with open(measured_file(), encoding="utf-8") as file:
            known = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(known: dict[str, Any]) -> None:
    path = measured_file()
    draft = ""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=os.path.dirname(path))
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(known, file, indent=1)
        os.replace(draft, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(draft)
