"""The model that is measured: caro's default, already on this disk."""

from __future__ import annotations

import os

from caro_shell.catalog import disk
from caro_shell.catalog.wanted import wanted
from caro_shell.config import Config
from caro_shell.errors import CaroError


def model_file(directory: str | None) -> str:
    """Return the default model's file: in `directory`, or else where caro or its tests find it."""
    model = wanted(Config()).model
    if directory is None and "CARO_TEST_MODELS" in os.environ:
        os.environ.setdefault("CARO_HOME", os.environ["CARO_TEST_MODELS"])
    try:
        path = (
            disk.locate(model) if directory is None else os.path.abspath(os.path.join(directory, model.file))
        )
        os.stat(path)
    except (CaroError, OSError) as error:
        raise SystemExit(f"the default model is needed: {error}") from None
    return path
