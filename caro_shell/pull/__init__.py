"""Fetching a model: one pull at a time, source after source, resumed, verified, then given its name."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import closing
from typing import NamedTuple

from caro_shell import catalog
from caro_shell.catalog import disk
from caro_shell.errors import ModelDamaged, ModelMissing, PullError
from caro_shell.pull import https, lock, wheels
from caro_shell.pull.digest import verify
from caro_shell.pull.part import PartFile, SourceError
from caro_shell.pull.progress import Progress
from caro_shell.sizes import readable

#: Bytes of free disk beyond the model: for a wheel on its way, and for everyone else on that disk.
MARGIN = 256 << 20


class Pulled(NamedTuple):
    """Where the model is, and whether this pull brought it."""

    path: str
    fetched: bool


def pull(model: catalog.Model, *, quiet: bool = False) -> Pulled:
    """Make sure that the model is on this disk, whole and verified.

    Progress and the failures of single sources go to standard error unless `quiet`. Raises PullError
    when no source can give the model or the disk cannot take it. What has arrived is kept and the next
    pull goes on from there, after a kill or a KeyboardInterrupt as well.
    """
    path = _whole(model, quiet=quiet)
    if path:
        return Pulled(path, fetched=False)
    if not model.sources:
        raise PullError(
            f"{model.id} has no source to be fetched from; `caro model list` shows models that have"
        )
    target = os.path.join(disk.pull_directory(), model.file)

    def waiting() -> None:
        if not quiet:
            print(f"caro: another pull of {model.id} is running; waiting for it", file=sys.stderr)

    with lock.hold(target + ".lock", waiting):
        path = _whole(model, quiet=quiet)
        if path:
            return Pulled(path, fetched=False)
        try:
            _fetch(model, target, quiet=quiet)
        finally:
            wheels.sweep(target)
    return Pulled(target, fetched=True)


def _whole(model: catalog.Model, *, quiet: bool) -> str:
    """Return the path of the model if it is on this disk as the catalog says, or else nothing."""
    try:
        path = disk.locate(model)
        return path if disk.verified(path, model) or not model.sha256 else verify(model, quiet=quiet)
    except (ModelMissing, ModelDamaged):
        return ""


def _fetch(model: catalog.Model, target: str, *, quiet: bool) -> None:
    """Bring the model to `target` from the first source that can give it."""
    failures: list[str] = []
    with (
        closing(Progress(model.id, model.size, quiet=quiet)) as progress,
        closing(PartFile(target, model, progress)) as part,
    ):
        _check_room(model, part)
        for source in model.sources:
            if failures:
                progress.say(f"{failures[-1]}; trying the next source")
            failure = _try(source, model, part)
            if not failure:
                part.finish()
                disk.mark_verified(target, model)
                return
            failures.append(failure)
        again = f"go on ({readable(part.size)} are kept)" if part.size else "try again"
    raise PullError(
        f"{model.id} could not be fetched ({'; '.join(failures)}); "
        f"when that is mended, {again} with: caro model pull {model.id}"
    )


def _try(source: catalog.Source, model: catalog.Model, part: PartFile) -> str:
    """Complete the part from one source; return why that failed, or nothing."""
    # What an earlier pull left may be what is wrong, so a source that only went on gets a second chance.
    chances = 2 if part.size else 1
    try:
        for _ in range(chances):
            if isinstance(source, catalog.HttpsSource):
                https.fetch(source, part)
            else:
                wheels.fetch(source, part)
            if part.is_right():
                return ""
            part.restart()
    except SourceError as error:
        return str(error)
    return f"{source} holds another file: its SHA-256 is not that of {model.id}"


def _check_room(model: catalog.Model, part: PartFile) -> None:
    directory = os.path.dirname(part.target)
    needed = part.missing + MARGIN
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise PullError(
            f"{model.id} needs {readable(needed)} in {directory} and {readable(free)} are free; "
            "make room, or set CARO_HOME to a directory on a larger disk"
        )
