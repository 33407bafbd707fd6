"""A model without a hash in the catalog: pinned to the one its source states when it is first fetched."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from typing import Callable

from caro_shell.catalog import File, Model, pins
from caro_shell.pull.offers import Offer
from caro_shell.pull.part import SourceError


def pinned(model: Model) -> Model:
    """Return `model` with the size and hash it was pinned to, if it was. Raises ModelError."""
    pin = None if model.sha256 or os.path.isabs(model.file) else pins.read().get(model.id)
    return pin.of(model) if pin else model


def pin(model: Model, host: str, received: tuple[File, ...], say: Callable[[str], None]) -> Model:
    """Pin `model` to the files that were `received` from `host`, and `say` so; return it with its hash."""
    today = dt.datetime.now(tz=dt.timezone.utc).date().isoformat()
    found = pins.Pin(host, today, received)
    pins.keep(model.id, found)
    model = found.of(model)
    say(f"pinned {model.id} to SHA-256 {model.sha256[:12]}… as {host} states it now")
    return model


def settled(offered: Offer, model: Model) -> Offer:
    """Return what a source offers, completed by what is known of `model`.

    Raises SourceError when the source states other files than those that the model is known to be.
    """
    known = model.files or (File(model.file, model.size, model.sha256),)
    expected = {file.name: file for file in known}
    if model.files and set(expected) != {file.name for file in offered.files}:
        raise SourceError(f"{offered.host} has other files of {model.id} now{_advice(model)}")
    return offered._replace(
        files=tuple(_one(offered.host, file, expected.get(file.name, file), model) for file in offered.files)
    )


def _one(host: str, file: File, expected: File, model: Model) -> File:
    if expected.size and file.size != expected.size:
        raise SourceError(
            f"{host} has {file.size} bytes of {file.name} instead of {expected.size}{_advice(model)}"
        )
    if expected.sha256 and file.sha256 not in ("", expected.sha256):
        raise SourceError(
            f"{host} states another SHA-256 of {file.name} now, "
            f"{file.sha256[:12]}… instead of {expected.sha256[:12]}…{_advice(model)}"
        )
    return replace(file, sha256=expected.sha256 or file.sha256)


def _advice(model: Model) -> str:
    """Return what to say of a pin that no longer fits."""
    found = pins.read().get(model.id)
    if found is None:
        return ""
    return (
        f"; {model.id} was pinned on {found.when} "
        f"(to take what is there now: caro model remove {model.id}, then pull it)"
    )
