"""Which model the file of settings names: changed at once or not at all, with the one before remembered."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace

from caro_shell import config, paths
from caro_shell.catalog import Model, disk
from caro_shell.catalog.wanted import Wanted, wanted
from caro_shell.config import Config
from caro_shell.errors import ModelError

KEY = "backend.embedded.model"


@dataclass(frozen=True)
class Choice:
    """A model that answered: its `id`, and the `setting` that led to it, "" for the best installed."""

    id: str
    setting: str


def settings_in_file() -> Config:
    """Return the settings as the file has them, whatever the environment says."""
    return config.load(paths.config_file(), env={})


def in_use(settings: Config) -> Wanted | None:
    """Return the model that answers by `settings`; None where that one is not on this disk."""
    try:
        found = wanted(settings)
        disk.locate(found.model)
    except ModelError:
        return None
    return found


def asked_first(settings: Config) -> str:
    """Return who is asked before the embedded model, "" for nobody."""
    servers = [name for name in ("ollama", "vllm") if config.enabled(name, settings)]
    if settings.backend == "auto":
        return " or ".join(servers)
    return settings.backend if settings.backend in servers else ""


def current() -> Choice | None:
    """Return the model that the file leads to, None where it is not on this disk."""
    settings = settings_in_file()
    found = in_use(settings)
    return Choice(found.model.id, settings.model) if found else None


def previous() -> Choice | None:
    """Return what answered before the last change, None where nothing is remembered."""
    try:
        with open(_record(), encoding="utf-8") as file:
            known = json.load(file)
        return Choice(str(known["id"]), str(known["setting"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def switch_to(model: Model, before: Choice | None) -> None:
    """Name `model` in the file, and remember `before`, which answered until now. Raises ConfigError.

    The record is written first: whoever is interrupted in between has the model that they had.
    """
    if before is not None and before.id != model.id:
        _remember(before)
    _write(model.id)


def switch_back(before: Choice) -> None:
    """Make the file lead to the choice `before` again, and remember what answered until now."""
    now = current()
    if now is not None:
        _remember(now)
    restore(before)


def restore(before: Choice) -> None:
    """Make the file lead to the choice `before`: by its own setting if that still does, else by its id."""
    found = in_use(replace(settings_in_file(), model=before.setting))
    _write(before.setting if found and found.model.id == before.id else before.id)


def hold(before: Choice) -> None:
    """Name the best installed, which answers, so that a better one that is fetched does not take its place.

    `restore` undoes it.
    """
    if not before.setting:
        _write(before.id)


def forget() -> None:
    """Name no model in the file any longer: the best installed answers."""
    _write("")


def _write(model_id: str) -> None:
    from caro_shell import configfile  # noqa: PLC0415 - brings tomlkit, which a list of models spares

    configfile.edit(paths.config_file(), {KEY: model_id or None})


def _remember(choice: Choice) -> None:
    draft = _record() + ".new"
    try:
        os.makedirs(os.path.dirname(draft), exist_ok=True)
        with open(draft, "w", encoding="utf-8") as file:
            json.dump(asdict(choice), file)
        os.replace(draft, _record())
    except OSError as error:
        raise ModelError(
            f"{_record()} cannot be written ({error.strerror}), and nothing was changed; "
            "see to that, or set CARO_HOME to a directory of yours"
        ) from error


def _record() -> str:
    return os.path.join(disk.pull_directory(), "previous.json")
