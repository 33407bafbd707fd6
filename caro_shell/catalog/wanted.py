"""Which model answers, and why: the one that is named, or the best that is on this disk."""

from __future__ import annotations

import os
from typing import NamedTuple

from caro_shell.catalog import Model, disk, find, load_catalog
from caro_shell.config import Config
from caro_shell.errors import ModelError

_KEY = "backend.embedded.model"

#: Qualities in the order in which models are looked for, by the setting `model_quality`.
_ORDER = {"standard": ("standard", "high"), "high": ("high", "standard")}


class Wanted(NamedTuple):
    """A model, and why it is the one, to be read behind "because"."""

    model: Model
    why: str


def wanted(settings: Config) -> Wanted:
    """Return the GGUF model that is to answer: as named by flag, environment or file, or the best installed.

    With none installed it is the one to fetch first. Raises ModelError for a name that is none.
    """
    if settings.model:
        return Wanted(find(settings.model), _named(settings))
    known = [model for model in load_catalog().values() if model.form == "gguf"]
    ranked = [model for quality in _ORDER[settings.quality] for model in known if model.quality == quality]
    for model in ranked:
        if is_here(model):
            return Wanted(model, f"it is the best installed (model_quality = {settings.quality})")
    return Wanted(ranked[0], "it is the one to begin with, and none is here that answers unasked")


def _named(settings: Config) -> str:
    source = settings.sources.get(_KEY, "")
    if source == "flag":
        return "the command line names it"
    line = settings.lines.get(_KEY, 0) if os.path.isabs(source) else 0  # a variable wins over that line
    return f"{source} names it{f' in line {line}' if line else ''}"


def is_here(model: Model) -> bool:
    """Say whether the model is on this disk, as far as a look at its size can tell."""
    try:
        disk.locate(model)
    except ModelError:
        return False
    return True
