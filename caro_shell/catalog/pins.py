"""What models without a hash in the catalog were when they were first fetched: `models/pins.json`.

The catalog holds no hash that was not checked. Where it has none, the source's own statement of that day is
kept here, and from then on the model is that file and no other.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from typing import Any

from caro_shell.catalog import disk, locking
from caro_shell.catalog.model import File, Model
from caro_shell.errors import ModelError


@dataclass(frozen=True)
class Pin:
    """A model's files as `source` (a host, or a directory) stated them on the day `when`, as 2026-11-23."""

    source: str
    when: str
    files: tuple[File, ...]

    def of(self, model: Model) -> Model:
        """Return `model` with the size and hashes of the pin, and marked as `pinned`."""
        if model.form == "mlx":
            total = sum(file.size for file in self.files)
            return replace(model, size=total, sha256=digest(self.files), files=self.files, pinned=True)
        file = self.files[0]
        return replace(model, size=file.size, sha256=file.sha256, pinned=True)


def path() -> str:
    """Return the path of the file of pins, whether or not it exists."""
    return os.path.join(disk.pull_directory(), "pins.json")


def digest(files: tuple[File, ...]) -> str:
    """Return one SHA-256 for several files: that of the lines which `sha256sum` prints, sorted by name."""
    lines = [f"{file.sha256}  {file.name}\n" for file in sorted(files, key=lambda file: file.name)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def read() -> dict[str, Pin]:
    """Return the pins by the id of their model. Raises ModelError for a file that cannot be used."""
    try:
        with open(path(), encoding="utf-8") as file:
            return {model_id: _pin(entry) for model_id, entry in json.load(file).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ModelError(
            f"{path()}, which holds the hashes of fetched models, cannot be used ({error}); "
            "remove it, and the next pull takes them anew"
        ) from error


def _pin(entry: dict[str, Any]) -> Pin:
    files = tuple(File(str(f["name"]), int(f["size"]), str(f["sha256"])) for f in entry["files"])
    if not files or not all(len(bytes.fromhex(file.sha256)) == 32 for file in files):
        raise ValueError("a hash is not a SHA-256")
    return Pin(str(entry["source"]), str(entry["when"]), files)


def keep(model_id: str, pin: Pin) -> None:
    """Write a pin, beside those there are. Raises ModelError as `read` does, or where that is impossible."""
    with locking.alone_in(disk.pull_directory()):
        _write({**read(), model_id: pin})


def forget(model_id: str) -> bool:
    """Drop a model's pin, so that the next pull takes what the source has then; say whether there was one.

    Raises ModelError as `read` does.
    """
    with locking.alone_in(disk.pull_directory()):
        pins = read()
        found = pins.pop(model_id, None) is not None
        if found:
            _write(pins)
    return found


def _write(pins: dict[str, Pin]) -> None:
    entries = {
        model_id: {
            "source": pin.source,
            "when": pin.when,
            "files": [{k: v for k, v in asdict(file).items() if k != "blob"} for file in pin.files],
        }
        for model_id, pin in pins.items()
    }
    fresh = path() + ".new"
    try:
        with open(fresh, "w", encoding="utf-8") as file:
            json.dump(entries, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path())
    except OSError as error:
        raise ModelError(f"{path()} cannot be written ({error.strerror}); see to its permissions") from error
