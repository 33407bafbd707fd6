"""`remove`: a model's files are deleted, and only those that caro fetched or made."""

from __future__ import annotations

import os
import shlex

from caro_shell import measured
from caro_shell.catalog import Model, disk, load_catalog, pins, removal
from caro_shell.catalog.wanted import is_here
from caro_shell.errors import ModelError, ModelMissing
from caro_shell.manage import choice
from caro_shell.sizes import readable


def what_speaks_against(model: Model) -> str:
    """Return why one may not want `model` removed, as a sentence, or nothing."""
    found = choice.in_use(choice.settings_in_file())
    if found is None or found.model.id != model.id:
        return ""
    others = (m for m in load_catalog().values() if m.form == "gguf" and m.quality != "test")
    if not any(is_here(other) for other in others if other.id != model.id):
        return f"{model.id} is the only model here: without it nothing can answer."
    return f"{model.id} is the model in use: without it the best of the others answers."


def remove(model: Model) -> list[str]:
    """Delete the model, what a pull of it has left, and its pin; return sentences about that.

    If the file of settings names it, that ends, unless there was nothing but the pin. Raises ModelMissing
    when there is nothing at all of it, ModelError for a file that is not caro's to delete, or cannot be
    deleted.
    """
    if os.path.isabs(model.file):
        raise ModelError(
            f"{model.file} is a file of your own, which caro leaves alone; delete it yourself with: "
            f"rm {shlex.quote(model.file)}"
        )
    settings, found = choice.settings_in_file(), choice.in_use(choice.settings_in_file())
    before = _room()
    removed = removal.remove(model)
    freed = before - _room()
    unpinned = _unpinned(model)
    if not removed:
        if not unpinned:
            raise ModelMissing(_elsewhere(model))
        return [f"There was no file of {model.id} to remove.", *unpinned]
    said = [f"{model.id} is removed: {readable(freed)} freed.", *unpinned]
    measured.forget(model.id)
    if settings.model and settings.model in (model.id, model.short):
        choice.forget()
    now = choice.current()
    if now is None:
        said.append("No model is left; fetch one with: caro model pull")
    elif found and found.model.id == model.id:
        said.append(f"{now.id} answers from now on, the best that is left.")
    return said


def _unpinned(model: Model) -> list[str]:
    """Forget what the model was at its first pull; return a sentence about that, none without a pin."""
    try:
        if not pins.forget(model.id):
            return []
    except ModelError as error:
        return [f"Its pin stays: {error}."]
    return ["Its pin is forgotten: the next pull takes what its source has then."]


def _elsewhere(model: Model) -> str:
    try:
        path = disk.locate(model)
    except ModelError:
        return f"nothing of {model.id} is on this disk; caro model list shows what is"
    return f"{path} belongs to the installation, not to you, so caro leaves it alone; delete it yourself"


def _room() -> int:
    """Return the bytes that all in the directory of pulls take."""
    room = 0
    for directory, _, names in os.walk(disk.pull_directory()):
        for name in names:
            entry = os.lstat(os.path.join(directory, name))
            room += min(entry.st_size, entry.st_blocks * 512)
    return room
