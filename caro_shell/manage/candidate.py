"""Which model comes next: the better ones of the catalogue, as far as this machine's memory goes."""

from __future__ import annotations

from caro_shell import pressure
from caro_shell.catalog import Model, load_catalog
from caro_shell.errors import ModelError
from caro_shell.sizes import readable

#: Memory that a model takes, by the size of its file: the weights, and a third more for cache and code.
_MEMORY = 4 / 3


def candidate(old: Model, quality: str) -> Model | None:
    """Return the model of the catalogue to try in place of `old`, None where it is the best of its quality.

    The catalogue begins with the one to take, of either quality; in `high`, larger ones stand behind it.
    Raises ModelError where it is known that this machine's memory cannot hold the next one.
    """
    ranked = [m for m in load_catalog().values() if m.form == "gguf" and m.quality == quality]
    ids = [model.id for model in ranked]
    better = ranked
    if old.id in ids:
        place = ids.index(old.id)
        better = ranked[place + 1 :] if quality == "high" else ranked[:place]
    elif quality == "standard" and old.quality == "high":
        better = []
    if not better:
        return None
    memory = pressure.total()
    if better[0].size * _MEMORY > memory:
        raise ModelError(
            f"this machine's memory ({readable(memory)}) is too small for {better[0].id} "
            f"({readable(better[0].size)}); {old.id} goes on answering"
        )
    return better[0]
