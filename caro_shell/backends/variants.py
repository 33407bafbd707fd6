"""Which form of the embedded model answers: MLX on Apple's GPU, or GGUF with llama.cpp on the processor."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import NamedTuple

from caro_shell.catalog import Model, disk, find, load_catalog
from caro_shell.catalog.wanted import wanted
from caro_shell.config import Config
from caro_shell.errors import BackendUnavailable, ModelError, ModelMissing


class Variant(NamedTuple):
    """A model in the form that answers, and why in that one, to be read behind "because".

    `may_fall_back` says whether llama.cpp may stand in where MLX fails.
    """

    model: Model
    why: str
    may_fall_back: bool = False


def chosen(settings: Config) -> Variant:
    """Return which model answers, and in which form: as `backend.embedded.variant` and the machine have it.

    Raises ModelError for a model that is none, ModelMissing or BackendUnavailable where MLX is asked for and
    its form of the model or its library is not here.
    """
    model = wanted(settings).model
    if settings.variant == "cpu":
        return Variant(in_gguf(settings), "backend.embedded.variant = cpu")
    if model.form == "mlx":
        _require_library(f"{model.id} is a model for MLX")
        return Variant(
            model, "it was named", may_fall_back=settings.variant == "auto" and bool(model.same_as)
        )
    if settings.variant == "mlx":
        _require_library("backend.embedded.variant = mlx")
        return Variant(_form_of(model) or _missing(model), "backend.embedded.variant = mlx")
    if not on_apple_silicon():
        return Variant(model, "only Apple silicon has a GPU that MLX is for")
    if not has_library():
        return Variant(model, "MLX is not installed")
    form = _form_of(model)
    if form is None:
        return Variant(model, "there is no MLX form of it on this disk")
    return Variant(form, "MLX runs it on the GPU", may_fall_back=True)


def in_gguf(settings: Config) -> Model:
    """Return the model to answer in GGUF: the one that is wanted, or the one with the same weights.

    Raises ModelError where there is none.
    """
    model = wanted(settings).model
    if model.form != "mlx":
        return model
    if not model.same_as:
        raise ModelError(f"{model.id} is a model for MLX alone; set backend.embedded.variant to mlx or auto")
    return find(model.same_as)


def on_apple_silicon() -> bool:
    """Say whether this machine has a GPU that MLX was made for."""
    return sys.platform == "darwin" and os.uname().machine == "arm64"


def has_library() -> bool:
    """Say whether MLX and mlx-lm are installed; nothing is imported, for that takes a second."""
    return all(importlib.util.find_spec(name) for name in ("mlx", "mlx_lm"))


def _form_of(model: Model) -> Model | None:
    """Return the model in MLX form that has the weights of `model` and is here, None for none."""
    for form in load_catalog().values():
        if form.form == "mlx" and form.same_as == model.id:
            try:
                disk.locate(form)
            except ModelError:
                continue
            return form
    return None


def _missing(model: Model) -> Model:
    raise ModelMissing(
        f"there is no MLX form of {model.id} on this disk; make one with: caro model convert {model.id}"
    )


def _require_library(why: str) -> None:
    if not has_library():
        raise BackendUnavailable(
            f"{why}, but MLX is not installed; on Apple silicon install.sh brings it (with Python 3.11 or "
            f"newer), elsewhere: {sys.executable} -m pip install 'mlx[cpu]' mlx-lm"
        )
