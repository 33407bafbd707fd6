"""Models that `caro model convert` made: directories that describe themselves in `caro.json`."""

from __future__ import annotations

import json
import os

from caro_shell.catalog import disk
from caro_shell.catalog.model import Model

#: How their directories are called, behind the id of the model they were made from.
SUFFIX = "-mlx-converted"
#: Written last, so a directory without it was not finished.
DESCRIPTION = "caro.json"


def descriptions() -> list[str]:
    """Return the paths of the descriptions there are, sorted."""
    directory = disk.pull_directory()
    try:
        names = sorted(name for name in os.listdir(directory) if name.endswith(SUFFIX))
    except OSError:
        return []
    paths = [os.path.join(directory, name, DESCRIPTION) for name in names]
    return [path for path in paths if os.path.isfile(path)]


def read(path: str) -> Model | str:
    """Return the model that the description at `path` stands for, or a sentence for a broken one."""
    directory = os.path.dirname(path)
    try:
        with open(path, encoding="utf-8") as file:
            about = json.load(file)
        return Model(
            id=str(about["id"]),
            title=str(about["title"]),
            file=os.path.basename(directory),
            size=disk.bytes_at(directory),
            licence=str(about["licence"]),
            context=int(about["context"]),
            chat=str(about["chat"]),
            form="mlx",
            same_as=str(about["same_as"]),
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        return f"{path} cannot be used ({error}); convert the model again, or remove {directory}"
